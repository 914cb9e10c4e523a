import Foundation

/// A file that appears under its name only when it is complete: written as `NAME.partial-HOST-PROCESS` beside
/// it, flushed to the disk, then renamed.
///
/// Without `commit` the temporary file is deleted with the last reference, so that nothing is left of a failed
/// run; a killed run leaves the temporary file, never a half file under the final name. The next run on the same
/// host that writes a file of this name clears it away.
final class AtomicFile {
  let path: String
  let temporary: String
  private var isOpen = true

  /// - Throws: `StorageError` where the name is taken and may not be overwritten, is a folder, or where its
  ///   folder does not exist or cannot be written.
  init(_ path: String, overwrite: Bool) throws(StorageError) {
    try Self.requireWritable(path, overwrite: overwrite)
    self.path = path
    let partial = "\(path).partial-\(ProcessInfo.processInfo.hostName)-"
    temporary = "\(partial)\(ProcessInfo.processInfo.processIdentifier)"
    Self.removeLeftovers(of: partial)
  }

  /// Removes the temporary files of processes of this host that are no more.
  private static func removeLeftovers(of partial: String) {
    let folder = (partial as NSString).deletingLastPathComponent
    let prefix = (partial as NSString).lastPathComponent
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)
    for name in names ?? [] where name.hasPrefix(prefix) {
      guard let process = pid_t(name.dropFirst(prefix.count)), kill(process, 0) != 0, errno == ESRCH
      else { continue }
      unlink((folder as NSString).appendingPathComponent(name))
    }
  }

  deinit { if isOpen { unlink(temporary) } }

  /// Whether a file of this name could be written; nothing is created.
  static func requireWritable(_ path: String, overwrite: Bool) throws(StorageError) {
    let manager = FileManager.default
    var isFolder: ObjCBool = false
    if manager.fileExists(atPath: path, isDirectory: &isFolder) {
      guard !isFolder.boolValue else {
        throw StorageError(file: path, problem: "is a folder, expected the name of a file to write")
      }
      guard overwrite else {
        throw StorageError(
          file: path, problem: "exists already. Choose another name, or allow --overwrite")
      }
    }
    let folder = (path as NSString).deletingLastPathComponent
    let place = folder.isEmpty ? "." : folder
    guard manager.fileExists(atPath: place, isDirectory: &isFolder), isFolder.boolValue else {
      throw StorageError(file: path, problem: "cannot be written: there is no folder \(place)")
    }
    guard access(place, W_OK | X_OK) == 0 else {
      throw StorageError(
        file: path,
        problem: "cannot be written: \(String(cString: strerror(errno))) in the folder \(place)")
    }
  }

  /// Flushes the closed file to the disk and gives it its name.
  func commit() throws(StorageError) {
    try flush(temporary, isFolder: false)
    guard rename(temporary, path) == 0 else {
      throw StorageError(
        file: path,
        problem: "cannot get its name: \(String(cString: strerror(errno))). Was the folder removed?"
      )
    }
    isOpen = false
    // The new name is in the folder, which has to reach the disk too; not every file system allows that.
    let folder = (path as NSString).deletingLastPathComponent
    try? flush(folder.isEmpty ? "." : folder, isFolder: true)
  }

  private func flush(_ name: String, isFolder: Bool) throws(StorageError) {
    let descriptor = open(name, O_RDONLY | (isFolder ? O_DIRECTORY : 0))
    guard descriptor >= 0, fsync(descriptor) == 0 else {
      let reason = String(cString: strerror(errno))
      if descriptor >= 0 { close(descriptor) }
      throw StorageError(file: path, problem: "cannot be flushed to the disk: \(reason)")
    }
    close(descriptor)
  }
}
