/// A 64-bit checksum of bytes: tells accidental damage and difference, not malice.
///
/// Four lanes of multiply-and-rotate over 32 bytes at a time, the tail byte by byte, and the finaliser
/// of MurmurHash3 (Appleby, public domain). The same on every machine (little-endian).
///
/// - Complexity: about 0.1 ns a byte.
package struct Checksum {
  private var first: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var second: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private var third: UInt64 = 0x1656_67B1_9E37_79F9
  private var fourth: UInt64 = 0x85EB_CA77_C2B2_AE63
  private var length: UInt64 = 0

  /// The checksum of no bytes.
  package init() {}

  /// Takes in more bytes. The cut between two calls counts: (ab)(c) differs from (a)(bc).
  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let whole = bytes.count & ~31
    for start in stride(from: 0, to: whole, by: 32) {
      first = Self.mix(first, bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
      second = Self.mix(second, bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self))
      third = Self.mix(third, bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt64.self))
      fourth = Self.mix(fourth, bytes.loadUnaligned(fromByteOffset: start + 24, as: UInt64.self))
    }
    for index in whole..<bytes.count { first = Self.mix(first, UInt64(bytes[index])) }
    length &+= UInt64(bytes.count)
    second = Self.mix(second, UInt64(bytes.count))
  }

  /// The checksum of everything taken in.
  package var value: UInt64 {
    var hash = length
    for lane in [first, second, third, fourth] { hash = Self.finish(hash ^ lane) }
    return hash
  }

  /// The checksum of these bytes.
  package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var checksum = Checksum()
    checksum.add(bytes)
    return checksum.value
  }

  /// The checksum of a text.
  package static func of(_ text: String) -> UInt64 {
    Array(text.utf8).withUnsafeBytes { of($0) }
  }

  @inline(__always)
  private static func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let product = (state ^ word) &* 0x9E37_79B9_7F4A_7C15
    return product << 29 | product >> 35
  }

  private static func finish(_ value: UInt64) -> UInt64 {
    var hash = value
    hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ (hash >> 33)
  }
}
