import Collectives

/// A piece of a checkpoint file: what it is, how long, its checksum, and its bytes.
///
///     file    = magic (16 bytes), header record, shared record, lane records, end record
///     record  = kind, index, length, checksum (8 bytes each, little-endian), payload
///
/// The checksum covers kind, index and payload: a damaged or exchanged record is found, wherever the damage
/// is. The end record has no payload and counts the records before it: a file cut short is found too.
struct CheckpointRecord {
  /// What a record holds.
  enum Kind: UInt64 {
    case header = 1, shared, lane, end
  }

  static let magicPrefix = "distfit ckpt "
  /// The format's number stands in the magic.
  static let magic = Array("\(magicPrefix)01\n".utf8)
  /// The bytes before the payload.
  static let prefixLength = 32

  let kind: Kind
  let index: Int
  let payload: [UInt8]

  /// The record as it stands in the file.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.prefixLength + payload.count)
    let checksum = Self.checksum(kind, index, payload)
    for word in [kind.rawValue, UInt64(index), UInt64(payload.count), checksum] {
      withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }
    bytes.append(contentsOf: payload)
    return bytes
  }

  static func checksum(_ kind: Kind, _ index: Int, _ payload: [UInt8]) -> UInt64 {
    var checksum = Checksum()
    withUnsafeBytes(of: (kind.rawValue.littleEndian, UInt64(index).littleEndian)) {
      checksum.add($0)
    }
    payload.withUnsafeBytes { checksum.add($0) }
    return checksum.value
  }
}

/// Where a record lies in a file, and what it should be.
struct CheckpointRecordPlace {
  let kind: CheckpointRecord.Kind
  let index: Int
  let length: Int
  let checksum: UInt64
  let payloadStart: Int
}
