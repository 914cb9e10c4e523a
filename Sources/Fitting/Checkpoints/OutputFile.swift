import Glibc
import Storage

/// A file under construction: written under a temporary name, and under its own only when complete.
///
/// `finish` flushes the content to the disk, then renames, then flushes the folder: a kill or a power cut
/// leaves either the whole file or none of that name. Dropped unfinished, the temporary file is removed.
struct OutputFile: ~Copyable {
  private let path: String
  private let temporaryPath: String
  private let descriptor: Int32

  /// Creates the temporary file beside the final one.
  ///
  /// The temporary name has the host and process in it: after a network fault two jobs may write the same
  /// checkpoint for a while.
  init(_ path: String) throws(StorageError) {
    var host = [CChar](repeating: 0, count: 256)
    gethostname(&host, host.count - 1)
    let hostName = String(
      decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let temporaryPath = "\(path).\(hostName)-\(getpid()).partial"
    let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.error(temporaryPath, "cannot be created") }
    self.path = path
    self.temporaryPath = temporaryPath
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
    unlink(temporaryPath)
  }

  /// Appends bytes.
  mutating func write(_ bytes: [UInt8]) throws(StorageError) {
    let failure = bytes.withUnsafeBytes { buffer -> Int32 in
      var done = 0
      while done < buffer.count {
        let count = Glibc.write(
          descriptor, buffer.baseAddress.map { $0 + done }, min(buffer.count - done, 1 << 30))
        if count < 0 {
          if errno == EINTR { continue }
          return errno
        }
        done += count
      }
      return 0
    }
    if failure != 0 { throw Self.error(temporaryPath, "cannot be written", failure) }
  }

  /// Makes the file appear under its name, complete.
  consuming func finish() throws(StorageError) {
    guard fsync(descriptor) == 0 else { throw Self.error(temporaryPath, "cannot be flushed") }
    guard rename(temporaryPath, path) == 0 else { throw Self.error(path, "cannot be renamed to") }
    let folder = open(Self.folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// What the operating system says, with a hint where there is one.
  static func error(_ file: String, _ problem: String, _ code: Int32 = errno) -> StorageError {
    let hint =
      switch code {
      case ENOSPC, EDQUOT: ". Free some space, or choose another folder."
      case EACCES, EROFS, EPERM: ". Choose a folder that you may write to."
      default: "."
      }
    return StorageError(
      file: file, problem: "\(problem): \(String(cString: strerror(code)))\(hint)")
  }
}
