internal import CTileInstructions
package import KernelFunctions

/// Processors of x86-64-v3: AVX2 with fused multiply-add.
package struct AVX2Kernels: AllKernels {
  package static let name = "AVX2"
  package static let features = ProcessorLevel.v3
  package static var isWide: Bool { false }

  package init() {}

  /// One instruction each.
  package enum Instructions: VectorInstructions {
    @inline(__always)
    package static func nearest(_ x: HalfFloats) -> SIMD8<Int32> { distfit_nearest_of_eight(x) }
    @inline(__always)
    package static func squareRoot(_ x: HalfFloats) -> HalfFloats { distfit_root_of_eight(x) }
  }
}
