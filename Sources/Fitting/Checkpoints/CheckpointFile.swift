import Glibc
import Storage

/// A complete checkpoint file, open for reading.
///
/// Local: every rank opens it by itself and reads what it needs.
struct CheckpointFile: ~Copyable {
  private let path: String
  private let descriptor: Int32
  /// Where the records lie; the end record is not among them.
  let places: [CheckpointRecordPlace]

  /// Opens a file and finds its records, without reading them.
  ///
  /// - Throws: `StorageError` when it is missing, of another format, or cut short.
  init(_ path: String) throws(StorageError) {
    // Without waiting for whoever writes into a pipe of that name.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system(path, "cannot be opened") }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw StorageError(file: path, problem: "is no file, expected a checkpoint of distfit.")
    }
    do throws(StorageError) {
      places = try Self.places(descriptor, path)
    } catch {
      close(descriptor)
      throw error
    }
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// The payload of a record, its checksum checked.
  ///
  /// - Throws: `StorageError` when the file has no such record or it is damaged.
  func payload(_ kind: CheckpointRecord.Kind, _ index: Int = 0) throws(StorageError) -> [UInt8] {
    let name = kind == .lane ? "lane \(index)" : "\(kind)"
    guard let place = places.first(where: { $0.kind == kind && $0.index == index }) else {
      throw StorageError(file: path, problem: "is damaged: \(name) is missing.")
    }
    let bytes = try Self.read(descriptor, path, place.payloadStart, place.length)
    guard CheckpointRecord.checksum(kind, index, bytes) == place.checksum else {
      throw StorageError(file: path, problem: "is damaged: the checksum of \(name) is wrong.")
    }
    return bytes
  }

  private static func places(
    _ descriptor: Int32, _ path: String
  ) throws(StorageError) -> [CheckpointRecordPlace] {
    let fileLength = Int(lseek(descriptor, 0, SEEK_END))
    let magic = CheckpointRecord.magic
    let start = try read(descriptor, path, 0, min(magic.count, max(0, fileLength)))
    guard start == magic else {
      let prefix = Array(CheckpointRecord.magicPrefix.utf8)
      guard start.count == magic.count, start.starts(with: prefix) else {
        throw StorageError(file: path, problem: "is not a checkpoint of distfit.")
      }
      let format = String(decoding: start[prefix.count..<start.count - 1], as: UTF8.self)
      throw StorageError(
        file: path, problem: "is a checkpoint of format \(format), which this version cannot read.")
    }
    var places: [CheckpointRecordPlace] = []
    var position = magic.count
    let cutShort = StorageError(file: path, problem: "is damaged: it ends too early.")
    while true {
      guard position + CheckpointRecord.prefixLength <= fileLength else { throw cutShort }
      let prefix = try read(descriptor, path, position, CheckpointRecord.prefixLength)
      let words = (0..<4).map { word in
        prefix.withUnsafeBytes {
          UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self))
        }
      }
      position += CheckpointRecord.prefixLength
      guard let kind = CheckpointRecord.Kind(rawValue: words[0]), let index = Int(exactly: words[1])
      else { throw StorageError(file: path, problem: "is damaged: record \(places.count).") }
      guard let length = Int(exactly: words[2]), length <= fileLength - position else {
        throw cutShort
      }
      if kind == .end {
        let isWhole =
          index == places.count && position == fileLength && length == 0
          && words[3] == CheckpointRecord.checksum(.end, index, [])
        guard isWhole else {
          throw StorageError(file: path, problem: "is damaged: its end does not fit.")
        }
        return places
      }
      places.append(
        CheckpointRecordPlace(
          kind: kind, index: index, length: length, checksum: words[3], payloadStart: position))
      position += length
    }
  }

  private static func read(
    _ descriptor: Int32, _ path: String, _ start: Int, _ length: Int
  ) throws(StorageError) -> [UInt8] {
    var failure: StorageError?
    let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, initializedCount in
      while initializedCount < length {
        let count = pread(
          descriptor, buffer.baseAddress.map { $0 + initializedCount },
          min(length - initializedCount, 1 << 30), start + initializedCount)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          failure =
            count < 0
            ? StorageError.system(path, "cannot be read")
            : StorageError(file: path, problem: "is damaged: it ends too early.")
          return
        }
        initializedCount += count
      }
    }
    if let failure { throw failure }
    return bytes
  }
}
