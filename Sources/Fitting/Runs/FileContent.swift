import Collectives
import Foundation
import Glibc
import Storage

/// What a file holds, in one number, and what the system says of the file: enough to see quickly that it is unchanged.
struct FileContent: Codable, Equatable, Sendable {
  /// What the system says of a file without reading it. The time of the last change of any kind is the kernel's own:
  /// a copy that keeps the old file's time of writing has another.
  struct Stamp: Codable, Equatable, Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let size: Int64
    let written: [Int]
    let changed: [Int]

    /// The stamp of a regular file; nil for anything else.
    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
      size = Int64(status.st_size)
      written = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
      changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
  }

  /// The file's name.
  let path: String
  /// nil for what is no regular file.
  let stamp: Stamp?
  /// A checksum of the bytes; that of nothing for what is no regular file.
  let checksum: String

  /// Reads a file once.
  ///
  /// Local.
  /// - Throws: `StorageError` where it cannot be read.
  init(_ path: String) throws(StorageError) {
    self.path = path
    stamp = Stamp(path)
    var sum = Checksum()
    if stamp != nil { try Self.read(path) { sum.add($0) } }
    checksum = String(sum.value, radix: 16)
  }

  private static func read(
    _ path: String, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system(path, "cannot be opened") }
    defer { close(descriptor) }
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 16)
    defer { bytes.deallocate() }
    while true {
      // Whole blocks whatever the system hands over at once: the cuts count.
      var length = 0
      while length < bytes.count {
        let count = Glibc.read(
          descriptor, bytes.baseAddress.map { $0 + length }, bytes.count - length)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw .system(path, "cannot be read") }
        if count == 0 { break }
        length += count
      }
      if length > 0 { body(UnsafeRawBufferPointer(rebasing: bytes[..<length])) }
      if length < bytes.count { return }
    }
  }
}
