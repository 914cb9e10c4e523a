/// What random numbers are drawn for, such as `"noise"` or `"initial weights"`.
///
/// Two purposes never share numbers. The text is hashed by FNV-1a with 64 bits, a fixed function (unlike
/// `Hasher`), so that a run can be repeated on another machine and with another version.
/// A constant purpose kept outside a loop costs nothing inside it.
public struct RandomPurpose: Hashable, Sendable, ExpressibleByStringInterpolation {
  /// FNV-1a of the text's UTF-8 bytes.
  public let hash: UInt64

  /// The purpose named by a text that is known only when the program runs.
  public init(_ text: String) {
    hash = text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// The purpose named by a literal, interpolated or not.
  public init(stringLiteral text: String) { self.init(text) }
}

/// Random numbers by key, not by position: the numbers for (seed, purpose, step, index) are always the
/// same, whoever asks for them and in whatever order.
///
///     var stream = RandomSource(seed: 7).stream("noise", step: epoch, index: globalRow)
///     let epsilon = stream.normal()
///
/// | Part of the Philox block | Taken from |
/// |---|---|
/// | key, 64 bits | mixed from `seed` and `purpose` |
/// | counter word 0 | block inside the stream, 4 words each |
/// | counter words 1, 2 | `index`, a global row or parameter index, 64 bits |
/// | counter word 3 | `step`, 32 bits |
///
/// There is no state to save in a checkpoint except the seed. Integers and uniform numbers are the same
/// bits on every machine; normal, gamma and discrete draws use the C library's `log` and `exp`, whose last
/// bit may depend on its version and on the processor.
public struct RandomSource: Hashable, Codable, Sendable {
  /// The user's number from which every stream is derived.
  public let seed: UInt64

  /// The source with this seed.
  public init(seed: UInt64) { self.seed = seed }

  /// The stream of numbers for one purpose, step and index.
  ///
  /// - Precondition: 0 ≤ step < 2³². `index` may be any integer.
  public func stream(_ purpose: RandomPurpose, step: Int = 0, index: Int = 0) -> RandomStream {
    let key = Self.mixed(Self.mixed(seed) ^ purpose.hash)
    let index = UInt64(bitPattern: Int64(index))
    precondition(step >= 0 && step <= Int(UInt32.max), "step \(step) does not fit 32 bits")
    return RandomStream(
      key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)),
      counter: SIMD4(
        0, UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), UInt32(step))
    )
  }

  /// A bijection of 64-bit words in which every input bit moves every output bit (splitmix64's finaliser).
  ///
  /// Source: G. L. Steele, D. Lea, C. H. Flood, Fast splittable pseudorandom number generators,
  /// OOPSLA 2014, doi:10.1145/2660193.2660195, figure 16.
  static func mixed(_ word: UInt64) -> UInt64 {
    var word = word &+ 0x9E37_79B9_7F4A_7C15
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
