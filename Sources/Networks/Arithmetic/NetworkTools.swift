package import TileKernels

/// What networks compute with: the kernels of this processor, and buffers that are used again from step to step.
public struct NetworkTools: Sendable {
  package let kernels: any TileArithmetic
  let pool = BufferPool()

  /// The tools of this processor.
  public init() { self.init(kernels: Processor().kernels) }

  /// Chosen kernels: all give the same bits, at different speeds.
  package init(kernels: any TileArithmetic) { self.kernels = kernels }
}
