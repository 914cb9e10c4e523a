import Foundation

/// Damages bytes as transfers, editors and ill will do: the same bytes for the same seed.
struct Mutations {
  private var state: UInt64

  /// Mutations of a seed.
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0xD1B5_4A32_D192_ED03 }

  /// Words that parsers stumble over.
  private static let words: [[UInt8]] =
    [
      "", "\t", "\n", "\n\n", "\r\n", "\r", " ", "\"", "\"\"", ",", ";", "nan", "NaN", "inf", "-1",
      "1e999", "-0", "0x10", "99999999999999999999", "9223372036854775808", "4294967296",
      "2147483648",
      "1.5", ".", "..", "/", "%%MatrixMarket", "#CHROM", "0 0 0", "chr", "gene_id", "\u{feff}", "é",
    ].map { Array($0.utf8) } + [[0], [0xff, 0xfe], [0xc3], [0x1f, 0x8b]]

  /// A number below a bound.
  mutating func below(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(max(1, bound)))
  }

  /// The bytes with one to four things changed, within a part of them.
  mutating func changed(_ bytes: [UInt8], within part: Range<Int>? = nil) -> [UInt8] {
    var bytes = bytes
    for _ in 0...below(4) {
      let range = part.map { $0.clamped(to: 0..<bytes.count) } ?? 0..<bytes.count
      guard !range.isEmpty else { return Self.words[below(Self.words.count)] }
      let place = range.lowerBound + below(range.count)
      let end = min(range.upperBound, place + 1 + below(12))
      switch below(part == nil ? 7 : 2) {
      case 0: bytes[place] = UInt8(truncatingIfNeeded: below(256))
      case 1: bytes[place] ^= 1 << UInt8(below(8))
      case 2: bytes.removeSubrange(place..<end)
      case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
      case 4: bytes.removeSubrange(place...)
      case 5: bytes.insert(contentsOf: Self.words[below(Self.words.count)], at: place)
      default: bytes.replaceSubrange(place..<end, with: Self.words[below(Self.words.count)])
      }
    }
    return bytes
  }
}

/// Seconds for each parser: a moment, or what DISTFIT_MUTATION_SECONDS says.
let mutationSeconds =
  ProcessInfo.processInfo.environment["DISTFIT_MUTATION_SECONDS"].flatMap(Double.init) ?? 0.5

/// Hands damaged bytes to a body until the time is over; it must not crash.
func withMutations(
  of bytes: [UInt8], within part: Range<Int>? = nil, _ body: ([UInt8]) throws -> Void
) rethrows -> Int {
  let end = ContinuousClock.now + .seconds(mutationSeconds)
  var count = 0
  while ContinuousClock.now < end {
    var mutations = Mutations(seed: UInt64(count))
    try body(mutations.changed(bytes, within: part))
    count += 1
  }
  return count
}
