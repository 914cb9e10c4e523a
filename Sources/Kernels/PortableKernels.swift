package import KernelFunctions

/// Any processor: what the other copies are compared with in tests, and what runs where nothing faster can.
///
/// Slow: each fused multiply-add is a call of the C library.
package struct PortableKernels: AllKernels {
  package typealias Instructions = PortableInstructions
  package static let name = "portable"
  package static let features: Set<String> = []
  package static var isWide: Bool { false }

  package init() {}
}
