import Foundation
public import Modeling
import Synchronization

/// A file for the data of one fit that stay outside of memory. It has no name, or only until the ranks of a node
/// have opened it: whatever happens to the process, its room is free again.
public final class ScratchFile: ByteStore {
  private let folder: String
  private let descriptor: Int32
  private let state = Mutex<(size: Int, failure: ModelError?)>((0, nil))

  /// A new, empty file.
  ///
  /// - Throws: `StorageError` where the folder does not exist, cannot be written, or has less room than is
  ///   needed.
  public convenience init(in folder: String, needing byteCount: Int) throws(StorageError) {
    let file = try Self.named(in: folder, needing: byteCount)
    self.init(folder, file.descriptor)
    unlink(file.name)
  }

  private init(_ folder: String, _ descriptor: Int32) {
    self.folder = folder
    self.descriptor = descriptor
  }

  /// A file that others have named, to be read.
  ///
  /// - Throws: `StorageError` where it cannot be opened.
  public convenience init(reading name: String) throws(StorageError) {
    let descriptor = open(name, O_RDONLY)
    guard descriptor >= 0 else {
      throw .system(name, "cannot be opened")
    }
    self.init((name as NSString).deletingLastPathComponent, descriptor)
  }

  /// A new, empty file that keeps its name until ``removeName(_:)``.
  ///
  /// - Throws: `StorageError` likewise.
  public static func shared(
    in folder: String, needing byteCount: Int
  ) throws(StorageError) -> (file: ScratchFile, name: String) {
    let (descriptor, name) = try named(in: folder, needing: byteCount)
    return (ScratchFile(folder, descriptor), name)
  }

  /// Takes a file's name away; those who have it open keep it.
  public static func removeName(_ name: String) { unlink(name) }

  private static func named(
    in folder: String, needing byteCount: Int
  ) throws(StorageError) -> (descriptor: Int32, name: String) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
    else {
      throw StorageError(file: folder, problem: "is no folder to keep data in (--scratch)")
    }
    var space = statvfs()
    if statvfs(folder, &space) == 0 {
      let free = Double(space.f_bavail) * Double(space.f_frsize)
      guard Double(byteCount) <= free else {
        throw StorageError(
          file: folder,
          problem:
            "has room for \(gigabytes(free)), but the data that a fit by minibatches keeps on disk take about \(gigabytes(Double(byteCount))): name a folder with more by --scratch"
        )
      }
    }
    // mkstemp replaces the last six letters.
    let blank = String(repeating: "X", count: 6)
    var name = Array("\(folder)/.distfit-scratch-\(blank)".utf8CString)
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else {
      throw .system(folder, "cannot keep data (--scratch names another folder)")
    }
    return (
      descriptor, String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    )
  }

  deinit { close(descriptor) }

  /// Adds bytes at the end.
  public func append(_ bytes: [UInt8]) -> Int {
    let start = state.withLock { state in
      defer { state.size += bytes.count }
      return state.size
    }
    var done = 0
    while done < bytes.count {
      let written = bytes.withUnsafeBytes {
        pwrite(
          descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done, off_t(start + done))
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        let code = errno
        let reason = String(cString: strerror(code))
        fail("cannot be written to: \(reason). --scratch names another folder", code)
        break
      }
      done += written
    }
    return start
  }

  /// Bytes that were added; zeros where they cannot be read.
  public func read(_ range: Range<Int>) -> [UInt8] {
    var problem: String?
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { bytes, count in
      count = range.count
      var done = 0
      while done < count {
        let got = pread(
          descriptor, bytes.baseAddress.map { $0 + done }, count - done,
          off_t(range.lowerBound + done))
        if got < 0, errno == EINTR { continue }
        guard got > 0 else {
          code = got == 0 ? 0 : errno
          problem = got == 0 ? "the file has ended" : String(cString: strerror(code))
          bytes.update(repeating: 0)
          return
        }
        done += got
      }
    }
    if let problem { fail("cannot be read from: \(problem). Is the disk all right?", code) }
    return bytes
  }

  /// What went wrong first.
  public var failure: ModelError? { state.withLock(\.failure) }

  private func fail(_ problem: String, _ code: Int32) {
    let error = ModelError(
      "\(folder): data kept on disk for minibatches: \(problem)", systemCode: code)
    state.withLock { if $0.failure == nil { $0.failure = error } }
  }
}

private func gigabytes(_ bytes: Double) -> String { String(format: "%.3g GB", bytes / 1e9) }
