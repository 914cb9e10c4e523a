import Foundation

/// What an attempt's file says: a line of JSON when it is claimed, another when it has ended.
struct SweepRecord {
  /// Who attempts which fit.
  struct Opening: Codable {
    let holder: ProcessHolder
    /// The words of `distfit fit`.
    let settings: [String]
    /// Whether it replaces a fit to other data; nil in records of earlier versions.
    var isRefit: Bool?
  }

  let opening: Opening?
  /// How it ended; nil while it has not.
  let outcome: SweepOutcome?

  /// Reads a file's bytes; a line that does not end is not read.
  init(_ data: Data) {
    let lines = data.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
    let decoder = JSONDecoder()
    opening = lines.first.flatMap { try? decoder.decode(Opening.self, from: $0) }
    outcome =
      lines.dropFirst().lazy.compactMap {
        try? decoder.decode(SweepOutcome.self, from: $0)
      }.first
  }

  /// The status in the last bytes of a file: members are written in the order of their names, and it is the
  /// last one of an outcome.
  static func status(endOfFile bytes: some Collection<UInt8>) -> SweepOutcome.Status? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasSuffix("\"}\n"), let start = text.range(of: "\"status\":\"", options: .backwards)
    else { return nil }
    return SweepOutcome.Status(rawValue: String(text[start.upperBound...].dropLast(3)))
  }

  /// A line of such a file.
  static func line(_ content: some Encodable) throws(SweepError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(content) + Data([0x0A])
    } catch {
      throw SweepError("the record of an attempt: \(error)")
    }
  }
}
