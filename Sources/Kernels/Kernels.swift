@_exported public import KernelFunctions
import KernelsAVX2
import KernelsAVX512
import KernelsBFloat16

/// The kernels for one processor: the only place where an instruction set is chosen.
///
/// The sources of all kernels stand in KernelFunctions. Package.swift lists the modules that compile them once for
/// each instruction set; here stand, fastest first, the types in which they end up. Another instruction set is one
/// more line there and one more here.
public struct Kernels: Sendable {
  /// Those for the processor this program runs on.
  public static let current = Kernels(for: .current)

  private let copy: any AllKernels

  /// Products with factors rounded to bfloat16, by way of floats where there are no instructions for them; nil
  /// where even that is not worth its time.
  public let bfloat16: (any BFloat16Kernels)?

  /// The fastest kernels that a processor can run.
  public init(for processor: Processor) {
    copy = Self.copies(for: processor)[0]
    bfloat16 = Self.bfloat16Copies(for: processor).first
  }

  /// The instruction set as users know it, for the run's record.
  public var name: String { copy.name }
  /// Output layers, hidden layers and their optimiser.
  public var networks: any NetworkKernels { copy }
  /// Poisson regression.
  public var poisson: any PoissonKernels { copy }
  /// Coordinate ascent for topics.
  public var topics: any TopicKernels { copy }
  /// Sums over pairs of eigenvalues.
  public var spectrum: any SpectrumKernels { copy }
  /// Eigenproblems by divide and conquer.
  public var secular: any SecularKernels { copy }

  /// All copies that a processor can run, the fastest first, the portable one last.
  package static func copies(for processor: Processor) -> [any AllKernels] {
    let compiled: [any AllKernels] = [AVX512Kernels(), AVX2Kernels()]
    return compiled.filter(processor.runs) + [PortableKernels()]
  }

  /// All copies of the products in bfloat16 that a processor can run, the fastest first.
  package static func bfloat16Copies(for processor: Processor) -> [any BFloat16Kernels] {
    let compiled: [any BFloat16Kernels] = [HardwareBFloat16Kernels(), EmulatedBFloat16Kernels()]
    return compiled.filter(processor.runs)
  }
}

extension Processor {
  /// Whether the processor has what a copy of the kernels was compiled for.
  fileprivate func runs(_ copy: any KernelCopy) -> Bool {
    type(of: copy).features.isSubset(of: features)
  }
}
