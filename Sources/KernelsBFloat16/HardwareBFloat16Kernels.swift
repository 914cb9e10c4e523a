internal import CTileInstructions
package import KernelFunctions

/// The products in bfloat16 on processors with AVX512_BF16, which multiply two pairs of bfloat16 in the time of one
/// pair of floats.
package struct HardwareBFloat16Kernels: BFloat16Kernels {
  package static let name = "AVX-512 BF16"
  package static let features = ProcessorLevel.v4.union(["avx512_bf16"])

  package init() {}

  /// One instruction or two each.
  package enum Instructions: BFloat16Instructions {
    @inline(__always)
    package static func dot(_ sum: Floats, _ a: FloatBits, _ b: FloatBits) -> Floats {
      distfit_dot(sum, a, b)
    }
    @inline(__always)
    package static func pack(high: Floats, low: Floats) -> FloatBits { distfit_pack(high, low) }
    @inline(__always)
    package static func narrow(_ x: Floats) -> SIMD8<Int32> { distfit_narrow(x) }
    @inline(__always)
    package static func nearest(_ x: Floats) -> FloatBits { distfit_nearest(x) }
  }
}
