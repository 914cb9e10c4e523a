/// Kernels compiled for one instruction set.
///
/// The protocols of a subject declare what its kernels do, and their extensions in this module hold the source, which
/// is compiled once for every type that conforms: one in each of the modules KernelsAVX2, KernelsAVX512 …, where the
/// compiler may use other instructions, and nothing else differs. All copies of a kernel give the same bits.
///
/// These methods are marked `@inline(never)` because a conformance calls them from a thunk, in which the compiler
/// inlines no C function: so the code stands in a specialisation of its own for each copy. Whatever they call is
/// inlined into them; a function that is not has one copy for the whole program, which the linker chooses.
public protocol KernelCopy: Sendable {
  /// The instruction set as users know it, such as `AVX2`.
  static var name: String { get }
  /// What a processor must have, by the names of `flags` in /proc/cpuinfo.
  static var features: Set<String> { get }
}

extension KernelCopy {
  /// The instruction set as users know it, such as `AVX2`.
  public var name: String { Self.name }
}

/// A copy of all kernels in single and double precision.
public typealias AllKernels = NetworkKernels & PoissonKernels & TopicKernels & SpectrumKernels
  & SecularKernels

/// What a processor must have for a level of the instruction set x86-64, by the names of `flags` in /proc/cpuinfo.
public enum ProcessorLevel {
  /// x86-64-v3: AVX2 with fused multiply-add.
  public static let v3: Set = ["avx2", "fma", "bmi1", "bmi2", "f16c", "movbe", "abm"]
  /// x86-64-v4: AVX-512 F, BW, CD, DQ, VL.
  public static let v4 = v3.union(["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"])
}
