internal import CTileInstructions
package import KernelFunctions

/// Processors of x86-64-v4: AVX-512 F, BW, CD, DQ, VL.
package struct AVX512Kernels: AllKernels {
  package static let name = "AVX-512"
  package static let features = ProcessorLevel.v4
  package static var isWide: Bool { true }

  package init() {}

  /// One instruction each.
  package enum Instructions: VectorInstructions {
    @inline(__always)
    package static func nearest(_ x: HalfFloats) -> SIMD8<Int32> { distfit_nearest_of_eight(x) }
    @inline(__always)
    package static func squareRoot(_ x: HalfFloats) -> HalfFloats { distfit_root_of_eight(x) }
  }
}
