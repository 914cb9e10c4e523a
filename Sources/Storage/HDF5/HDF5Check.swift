import CDistfitHDF5
import Foundation
import Synchronization

/// A look at whole HDF5 files before anybody works with them.
///
/// libhdf5 crashes, loops or takes gigabytes on some damaged files, above all on damaged heaps of texts. A child process
/// with limits of time and memory goes over all names, attributes and texts first; what becomes of it is an error with
/// the object's name. It also refuses what leads into other files: no path from a data file is ever opened.
public enum HDF5Check {
  /// What was found out about files, by their identity and last change.
  private static let known = Mutex<[[Int]: StorageError?]>([:])
  /// Seconds of work, and bytes beyond four times the file, that a sound file does not need.
  private static let (seconds, memory) = (3, 512 << 20)

  /// Refuses files that HDF5 cannot be trusted with; files of other kinds, and those that are missing, pass.
  ///
  /// Local. A file is looked at once as long as it stays as it is.
  /// - Throws: `StorageError` naming the object.
  public static func require(_ paths: [String]) throws(StorageError) {
    for path in paths {
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, isHDF5(path) else {
        continue
      }
      let key = [
        Int(status.st_dev), Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec,
        status.st_mtim.tv_nsec,
      ]
      if let verdict = known.withLock({ $0[key] }) {
        if let verdict { throw verdict }
        continue
      }
      let verdict = look(at: path, size: Int(status.st_size))
      known.withLock { $0[key] = .some(verdict) }
      if let verdict { throw verdict }
    }
  }

  private static func look(at path: String, size: Int) -> StorageError? {
    let capacity = 1024
    var (object, problem) = (
      [CChar](repeating: 0, count: capacity), [CChar](repeating: 0, count: capacity)
    )
    // 20 MB of texts a second are a tenth of what the library reads.
    let status = distfit_hdf5_check(
      path, UInt32(seconds + size / (20 << 20)), UInt64(memory + 4 * size), &object, &problem,
      capacity)
    guard status != 0 else { return nil }
    return StorageError(file: path, place: text(object), problem: text(problem))
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Whether HDF5's signature stands at the beginning or, after a user block, at 512, 1024, 2048 ….
  private static func isHDF5(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    var start = [UInt8](repeating: 0, count: signature.count)
    for place in [0, 512, 1024, 2048, 4096, 8192] {
      guard pread(descriptor, &start, start.count, off_t(place)) == start.count else {
        return false
      }
      if start == signature { return true }
    }
    return false
  }
}
