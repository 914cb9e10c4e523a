import Glibc
import KernelFunctions

/// What a processor can do.
public struct Processor: Sendable, Equatable {
  /// Its features, by the names of `flags` in /proc/cpuinfo.
  public let features: Set<String>

  /// The processor this program runs on; /proc/cpuinfo is read once.
  ///
  /// Linux leaves out of `flags` what it does not support itself, such as registers that it would not save.
  public static let current = Processor(features: features(cpuInfo: readInfo()))

  /// A processor with these features.
  public init(features: Set<String>) {
    self.features = features
  }

  /// Nil if this processor has what the fast kernels need; otherwise, in one sentence, what it lacks.
  public var complaint: String? {
    let missing = ProcessorLevel.v3.subtracting(features).sorted()
    guard !missing.isEmpty else { return nil }
    return """
      this processor lacks \(missing.joined(separator: ", ")), for which distfit's kernels are made \
      (x86-64-v3: Intel since Haswell, AMD since Zen): fits give the same bits here, but up to some \
      hundred times more slowly; run them on another machine
      """
  }

  /// This processor without the features that begin so, such as `avx512`.
  public func without(_ prefix: String) -> Processor {
    Processor(features: features.filter { !$0.hasPrefix(prefix) })
  }

  /// The flags of the first processor in the text of /proc/cpuinfo; empty where there are none.
  public static func features(cpuInfo: String) -> Set<String> {
    for line in cpuInfo.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].prefix(while: { !$0.isWhitespace }) == "flags" else {
        continue
      }
      return Set(parts[1].split(separator: " ").map(String.init))
    }
    return []
  }

  /// /proc/cpuinfo as far as the flags of the first processor; empty where there is none.
  private static func readInfo() -> String {
    guard let file = fopen("/proc/cpuinfo", "r") else { return "" }
    defer { fclose(file) }
    var text = ""
    var line = [CChar](repeating: 0, count: 16_384)
    while !text.contains("\nflags"), fgets(&line, Int32(line.count), file) != nil {
      text += String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
    return text
  }
}
