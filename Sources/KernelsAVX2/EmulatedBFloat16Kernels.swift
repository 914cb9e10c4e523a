package import KernelFunctions

/// The products in bfloat16 on processors without instructions for them: the bits of those that have them, more
/// slowly than in single precision.
package struct EmulatedBFloat16Kernels: BFloat16Kernels {
  package typealias Instructions = EmulatedBFloat16
  package static let name = "emulated BF16"
  package static let features = AVX2Kernels.features

  package init() {}
}
