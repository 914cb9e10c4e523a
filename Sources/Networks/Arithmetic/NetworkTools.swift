package import Kernels

/// What networks compute with: the kernels of this processor, and buffers that are used again from step to step.
public struct NetworkTools: Sendable {
  package let kernels: any NetworkKernels
  let pool = BufferPool()

  /// The tools of this processor.
  public init() { self.init(kernels: Kernels.current.networks) }

  /// Chosen kernels: all give the same bits, at different speeds.
  package init(kernels: any NetworkKernels) { self.kernels = kernels }
}
