import CDistfitHDF5
import Foundation

/// A file that appears under its name only when it is complete: the one way in which anything is written.
///
/// It is written as `NAME.partial-HOST-PROCESS-RANDOM` beside its place, a name that nobody can foresee and that must be
/// new, flushed to the disk, and renamed; then the folder is flushed. A kill or a power cut leaves the whole file or none
/// of that name. A file that is replaced passes its permissions on; a new one has those that the umask leaves.
///
/// Without `commit` the temporary file goes with the last reference, or with the process where a signal ends it
/// (SIGHUP, SIGINT, SIGTERM). What a killed process leaves is cleared away by the next one on the same host that writes a
/// file of this name.
///
///     let file = try AtomicFile("table.tsv", overwrite: false)
///     try file.write("gene\tscore\n")
///     try file.commit()
///
/// Local.
public final class AtomicFile {
  /// The name that the file shall have.
  public let path: String
  /// The file under construction, open for reading and writing.
  let descriptor: Int32
  private let temporary: String
  private let slot: Int32
  private var isOpen = true

  /// Creates the temporary file.
  ///
  /// - Throws: `StorageError` where the name is taken and may not be overwritten, or is that of something else than a
  ///   file; where the folder does not exist or cannot be written.
  public init(_ path: String, overwrite: Bool) throws(StorageError) {
    try Self.requireWritable(path, overwrite: overwrite)
    self.path = path
    let (folder, name) = Self.split(path)
    Self.removeLeftovers(in: folder) { $0 == Self.shortened(name) }
    let random = String(UInt64.random(in: .min ... .max), radix: 36)
    temporary =
      "\(folder)/\(Self.shortened(name))\(Self.mark)\(hostName())-\(getpid())-\(random)"
    // The permissions of the file that is replaced; private until the end where they are set then.
    var status = stat()
    let mode = lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    var slot: Int32 = -1
    descriptor = distfit_partial_create(temporary, mode == nil ? 0o666 : 0o600, &slot)
    self.slot = slot
    guard descriptor >= 0 else {
      isOpen = false
      throw .system(path, "cannot be created")
    }
    if let mode { fchmod(descriptor, mode) }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    guard isOpen else { return }
    unlink(temporary)
    distfit_partial_forget(slot)
  }

  /// Writes a whole file.
  ///
  /// Local.
  /// - Throws: `StorageError` as `init`, `write` and `commit`.
  public static func write(
    _ bytes: some Collection<UInt8>, to path: String, overwrite: Bool
  ) throws(StorageError) {
    let file = try AtomicFile(path, overwrite: overwrite)
    try file.write(bytes)
    try file.commit()
  }

  /// Writes a whole text.
  ///
  /// Local.
  /// - Throws: `StorageError` likewise.
  public static func write(_ text: String, to path: String, overwrite: Bool) throws(StorageError) {
    try write(text.utf8, to: path, overwrite: overwrite)
  }

  /// Appends bytes.
  ///
  /// - Throws: `StorageError` where the disk is full and the like.
  public func write(_ bytes: some Collection<UInt8>) throws(StorageError) {
    let array = Array(bytes)
    let code = array.withUnsafeBytes { buffer -> Int32 in
      var done = 0
      while done < buffer.count {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
        let count = Glibc.write(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
        if count < 0, errno == EINTR { continue }
        if count < 0 { return errno }
        done += count
      }
      return 0
    }
    guard code == 0 else { throw .system(path, "cannot be written", code: code) }
  }

  /// Flushes the file to the disk and gives it its name.
  ///
  /// - Throws: `StorageError` where the disk is full and the like; then nothing new stands under the name.
  public func commit() throws(StorageError) {
    guard fsync(descriptor) == 0 else { throw .system(path, "cannot be flushed to the disk") }
    guard rename(temporary, path) == 0 else { throw .system(path, "cannot get its name") }
    isOpen = false
    distfit_partial_forget(slot)
    // The new name is in the folder, which has to reach the disk too; not every file system allows that.
    let folder = open(Self.split(path).folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }
}

// MARK: - Names

extension AtomicFile {
  private static let mark = ".partial-"

  /// Whether a file of this name could be written; nothing is created.
  ///
  /// Local.
  /// - Throws: `StorageError` where it could not be.
  public static func requireWritable(_ path: String, overwrite: Bool) throws(StorageError) {
    guard !path.isEmpty else {
      throw StorageError(file: "\"\"", problem: "is no name for a file to write")
    }
    var status = stat()
    if lstat(path, &status) == 0 {
      let kind: String? =
        switch status.st_mode & S_IFMT {
        case S_IFREG: nil
        case S_IFDIR: "a folder"
        case S_IFLNK: "a symbolic link"
        case S_IFIFO: "a pipe"
        default: "a device or socket"
        }
      if let kind {
        throw StorageError(
          file: path, problem: "is \(kind), expected the name of a file to write")
      }
      guard overwrite else {
        throw StorageError(
          file: path, problem: "exists already. Choose another name, or allow --overwrite")
      }
    }
    let (folder, name) = split(path)
    guard !name.isEmpty else {
      throw StorageError(file: path, problem: "is the name of a folder, expected that of a file")
    }
    guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw StorageError(file: path, problem: "cannot be written: there is no folder \(folder)")
    }
    guard access(folder, W_OK | X_OK) == 0 else {
      let reason = String(cString: strerror(errno))
      throw StorageError(
        file: path, problem: "cannot be written: \(reason) in the folder \(folder)")
    }
  }

  /// The folder of a path, and the name in it; empty for a path that ends in a slash.
  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let name = String(path[path.index(after: slash)...])
    return (slash == path.startIndex ? "/" : String(path[..<slash]), name)
  }

  /// As much of a name as leaves room for the rest of a temporary one.
  private static func shortened(_ name: String) -> String {
    name.utf8.count <= 150 ? name : String(decoding: name.utf8.prefix(150), as: UTF8.self)
  }

  /// Removes the temporary files of processes of this host that are no more.
  ///
  /// - Parameter isMeant: whether a file of this name is cleared.
  package static func removeLeftovers(in folder: String, where isMeant: (String) -> Bool) {
    let host = "\(mark)\(hostName())-"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard let range = name.range(of: host), isMeant(String(name[..<range.lowerBound])) else {
        continue
      }
      let process = name[range.upperBound...].prefix { $0 != "-" }
      guard let number = pid_t(process), kill(number, 0) != 0, errno == ESRCH else { continue }
      unlink("\(folder)/\(name)")
    }
  }
}
