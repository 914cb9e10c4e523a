import Foundation
import Glibc
import Storage
import Synchronization

/// The right of one run to write a file, or a folder of checkpoints: two runs of one fit cannot both have it.
///
/// It is `.NAME.lock` beside what it guards, locked by the kernel (an open file description's lock, fcntl(2)), which ends
/// with its process however that ends, on network file systems with locks as well. The file says who holds it, and is
/// touched every three seconds: where a file system locks nothing, or only within a node, a holder on another machine is
/// known to live by that, and taken for dead after ten seconds without. The file goes with the lock; what a killed run
/// leaves of it holds nobody up.
///
/// Local.
final class RunLock {
  private let path: String
  private let descriptor: Int32
  private let slot: Int32
  private let pulse: RunLockPulse

  /// Takes the lock.
  ///
  /// - Parameter guarded: the file or folder, which need not exist.
  /// - Throws: `StorageError` where another run has it, or no file can be made there.
  init(for guarded: String) throws(StorageError) {
    let path = Self.path(for: guarded)
    self.path = path
    descriptor = try Self.take(path, guarded)
    slot = rememberUnfinished(path)
    pulse = RunLockPulse(descriptor)
  }

  deinit {
    pulse.stop()
    unlink(path)
    forgetUnfinished(slot)
    close(descriptor)
  }

  /// Whether the message of an error says that another run has the lock.
  static func isHeld(_ error: StorageError) -> Bool { error.systemCode == EAGAIN }

  /// The lock's own file.
  static func path(for guarded: String) -> String {
    var place = guarded
    while place.count > 1, place.hasSuffix("/") { place.removeLast() }
    if let real = realpath(place, nil) {
      place = String(cString: real)
      free(real)
    }
    let url = URL(fileURLWithPath: place)
    var name = url.lastPathComponent
    if name.utf8.count > 200 { name = "\(name.prefix(40))-\(fingerprint(of: name))" }
    return url.deletingLastPathComponent().path + "/.\(name).lock"
  }

  private static func fingerprint(of name: String) -> String {
    var fingerprint = Fingerprint()
    fingerprint.add(name)
    return fingerprint.description
  }

  // MARK: - Taking it

  private static func take(_ path: String, _ guarded: String) throws(StorageError) -> Int32 {
    // A file that its holder has just removed under us is no lock: try its successor.
    for _ in 0..<100 {
      let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o666)
      guard descriptor >= 0 else { throw .system(path, "cannot be made, to keep other runs off") }
      do throws(StorageError) {
        let isLocked = try lock(descriptor, path, guarded)
        if isSame(descriptor, path) {
          try requireNobody(descriptor, path, guarded, isLocked: isLocked)
          return descriptor
        }
      } catch {
        close(descriptor)
        throw error
      }
      close(descriptor)
    }
    throw held(nil, guarded)
  }

  /// Whether the kernel has locked it for us; false where the file system cannot.
  private static func lock(
    _ descriptor: Int32, _ path: String, _ guarded: String
  ) throws(StorageError) -> Bool {
    var request = Glibc.flock()
    request.l_type = Int16(F_WRLCK)
    request.l_whence = Int16(SEEK_SET)
    let lockOfDescription: Int32 = 37  // F_OFD_SETLK
    if fcntl(descriptor, lockOfDescription, &request) == 0 { return true }
    if errno == EAGAIN || errno == EACCES { throw held(holder(descriptor), guarded) }
    return false
  }

  /// Makes sure that nobody else lives by the lock, and enters this process.
  private static func requireNobody(
    _ descriptor: Int32, _ path: String, _ guarded: String, isLocked: Bool
  ) throws(StorageError) {
    let me = ProcessHolder.current()
    if let other = holder(descriptor) {
      let isAlive = other.isAlive(seenFrom: me)
      let isOfUs = isAlive != nil
      if isOfUs ? isAlive == true && !isLocked && other != me : showsLife(path) {
        throw held(other, guarded)
      }
    }
    guard let record = try? JSONEncoder().encode(me) else { return }
    ftruncate(descriptor, 0)
    _ = record.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    guard !isLocked else { return }
    // Without locks whoever wrote last has it.
    Thread.sleep(forTimeInterval: 1)
    if let winner = holder(descriptor), winner != me { throw held(winner, guarded) }
  }

  /// Whether a holder on another machine touches the file while we look.
  private static func showsLife(_ path: String) -> Bool {
    guard let first = touched(path) else { return false }
    for _ in 0..<10 {
      Thread.sleep(forTimeInterval: RunLockPulse.interval / 3)
      guard let now = touched(path) else { return false }
      if now != first { return true }
    }
    return false
  }

  /// When the file was touched, seen anew: a network file system asks its server when a file is opened.
  private static func touched(_ path: String) -> [Int]? {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    return [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
  }

  private static func holder(_ descriptor: Int32) -> ProcessHolder? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return try? JSONDecoder().decode(ProcessHolder.self, from: Data(bytes.prefix(max(0, count))))
  }

  private static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
    var (mine, named) = (stat(), stat())
    return fstat(descriptor, &mine) == 0 && lstat(path, &named) == 0
      && mine.st_ino == named.st_ino && mine.st_dev == named.st_dev
  }

  private static func held(_ holder: ProcessHolder?, _ guarded: String) -> StorageError {
    let who = holder.map { " (process \($0.process) on \($0.host))" } ?? ""
    return StorageError(
      file: guarded,
      problem:
        "another run\(who) is working on it. Wait until it has ended, or name another output and --checkpoints",
      systemCode: EAGAIN)
  }
}

/// Touches a lock's file as long as its process lives.
private final class RunLockPulse: Sendable {
  static let interval = 3.0
  private let descriptor: Mutex<Int32?>

  init(_ descriptor: Int32) {
    self.descriptor = Mutex(descriptor)
    Thread.detachNewThread { [weak self] in
      while let pulse = self, pulse.beat() {
        Thread.sleep(forTimeInterval: Self.interval)
      }
    }
  }

  /// No touch follows.
  func stop() { descriptor.withLock { $0 = nil } }

  private func beat() -> Bool {
    descriptor.withLock { descriptor in
      if let descriptor { futimens(descriptor, nil) }
      return descriptor != nil
    }
  }
}
