import Glibc
package import TileKernels
import TileKernelsAVX2
import TileKernelsAVX512
import TileKernelsBFloat16

/// What this processor can do, and the kernels for it: one program for all of them.
public struct Processor: Sendable, Equatable {
  /// The features of the processor, as Linux names them.
  public let features: Set<String>

  /// The processor this runs on, read from /proc/cpuinfo.
  public init() {
    self.init(features: Self.readFeatures())
  }

  /// A processor with these features.
  public init(features: Set<String>) {
    self.features = features
  }

  /// What x86-64-v3 asks for.
  static let avx2: Set<String> = ["avx2", "fma", "bmi1", "bmi2", "f16c", "movbe", "abm"]
  /// What x86-64-v4 asks for beyond that.
  static let avx512: Set<String> = ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]

  /// Nil if this processor has what the kernels need; otherwise, in one sentence, what it lacks.
  public var complaint: String? {
    let missing = Self.avx2.subtracting(features).sorted()
    guard !missing.isEmpty else { return nil }
    return """
      this processor lacks \(missing.joined(separator: ", ")), for which distfit's network kernels are \
      made (x86-64-v3: Intel since Haswell, AMD since Zen): networks give the same bits here, but some \
      hundred times more slowly; run them on another machine
      """
  }

  /// The name of the instruction set used here, for the run's record.
  public var instructionSet: String { kernels.name }

  /// The fastest kernels that this processor can run.
  package var kernels: any TileArithmetic & TopicArithmetic {
    guard Self.avx2.isSubset(of: features) else { return PortableArithmetic() }
    return Self.avx512.isSubset(of: features) ? AVX512Arithmetic() : AVX2Arithmetic()
  }

  /// The fastest kernels of Poisson regression that this processor can run.
  package var poissonKernels: any PoissonArithmetic {
    guard Self.avx2.isSubset(of: features) else { return PortableArithmetic() }
    return Self.avx512.isSubset(of: features) ? AVX512Arithmetic() : AVX2Arithmetic()
  }

  /// Whether there are kernels for products in bfloat16 here, be it by way of floats.
  public var multipliesBFloat16: Bool { Self.avx2.isSubset(of: features) }

  /// The kernels for such products; nil if no others than those in single precision are called for.
  ///
  /// Without AVX2 there are none for bfloat16: see `multipliesBFloat16`.
  package func products(
    _ products: OutputSpecification.Products
  ) -> (any BFloat16Arithmetic)? {
    guard products == .bfloat16, multipliesBFloat16 else { return nil }
    let hardware = Self.avx512.union(["avx512_bf16"])
    return hardware.isSubset(of: features) ? BFloat16Kernels() : EmulatedBFloat16Kernels()
  }

  private static func readFeatures() -> Set<String> {
    guard let file = fopen("/proc/cpuinfo", "r") else { return [] }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 16_384)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard text.hasPrefix("flags"), let colon = text.firstIndex(of: ":") else { continue }
      return Set(
        text[text.index(after: colon)...].split(whereSeparator: \.isWhitespace).map(String.init))
    }
    return []
  }
}
