/// A 64-bit hash (FNV-1a) of what is added, in the order of adding: the same on every machine and in every
/// run, unlike Swift's own.
///
///     h ← (h xor byte) · 1099511628211
///
/// Source: Fowler, Noll, Vo; draft-eastlake-fnv (IETF).
public struct Fingerprint: Sendable, Equatable, CustomStringConvertible {
  /// The hash so far.
  public private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  /// The hash of nothing.
  public init() {}

  /// Takes in bytes, one at a time.
  public mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
  }

  /// Adds a text and its end.
  public mutating func add(_ text: String) {
    add(text.utf8)
    add(CollectionOfOne(0xff))
  }

  /// Adds a whole number.
  public mutating func add(_ number: Int) {
    add((0..<8).lazy.map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
  }

  /// Adds the bits of a number.
  public mutating func add(_ number: Double) {
    add(Int(truncatingIfNeeded: number.bitPattern))
  }

  /// Sixteen hexadecimal digits.
  public var description: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
