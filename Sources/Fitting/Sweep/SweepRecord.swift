import Foundation

/// What an attempt's file says: a line of JSON when it is claimed, another when it has ended.
struct SweepRecord {
  /// Who attempts which fit.
  struct Opening: Codable {
    let holder: SweepHolder
    /// The words of `distfit fit`.
    let settings: [String]
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
