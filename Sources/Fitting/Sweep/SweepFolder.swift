public import Foundation
import Glibc

/// The folder of a sweep: who works on which point, and what came out.
///
///     sweep/attempts/NAME.1              who attempts a point, with which settings; touched while it works.
///                                        When the attempt ends, a second line says how
///           points/NAME/fit.h5ad …       what the fit writes
///
/// Attempts are numbered. A claim is made by linking a complete file to its name, which one process alone
/// can do, on network file systems too. A claim whose holder is dead is not removed (two processes might, and
/// the second remove the first one's new claim): the next attempt's number is claimed instead. A line
/// that does not end is no line. So a process may be killed at any moment, and two sweeps may share a folder.
///
/// A new file costs far more than anything else here, so that an attempt is one file; all attempts lie in
/// one folder, so that one listing tells what is taken.
///
/// Fits are deterministic and written under a temporary name first; should a holder that was thought dead
/// come back and finish as well, both have written the same.
public struct SweepFolder: Sendable {
  /// The sweep's folder.
  public let root: URL
  /// Attempts at one point that may end without a result, counting holders that died.
  public let attempts: Int
  /// A holder on another machine that has not touched its claim for so long is dead.
  public let claimTimeout: Duration
  private let attemptsPath: String

  /// A sweep's folder; made by `prepare`.
  public init(path: String, attempts: Int = 5, claimTimeout: Duration = .seconds(120)) {
    root = URL(fileURLWithPath: path)
    attemptsPath = root.path + "/attempts"
    self.attempts = attempts
    self.claimTimeout = claimTimeout
  }

  /// Where a point's files are.
  public func folder(of point: SweepPoint) -> URL {
    URL(fileURLWithPath: "\(root.path)/points/\(point.name)")
  }

  /// Where an attempt is recorded.
  func path(of point: SweepPoint, attempt: Int) -> String {
    "\(attemptsPath)/\(point.name).\(attempt)"
  }

  /// Makes the folder, and clears what writers that were killed left.
  ///
  /// Local; several processes may do it at the same time.
  /// - Throws: `SweepError` where it cannot be made.
  func prepare() throws(SweepError) {
    for path in [attemptsPath, root.path + "/points"] {
      do {
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: true)
      } catch {
        throw SweepError("\(path): the sweep's folder cannot be made: \(systemText(error))")
      }
    }
    guard let now = time() else { return }
    for name in names() where name.hasPrefix(".draft-") {
      let path = "\(attemptsPath)/\(name)"
      if let age = modificationTime(path).map(now.timeIntervalSince), age > claimTimeout.seconds {
        unlink(path)
      }
    }
  }

  // MARK: - Reading

  /// What is in the folder of attempts.
  private func names() -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: attemptsPath)) ?? []
  }

  /// How many attempts at each point have been claimed; points without one are left out.
  func attemptCounts() -> [String: Int] {
    var counts: [String: Int] = [:]
    for name in names() {
      guard let dot = name.lastIndex(of: "."), let attempt = Int(name[name.index(after: dot)...])
      else { continue }
      counts[String(name[..<dot]), default: 0] = max(counts[String(name[..<dot])] ?? 0, attempt)
    }
    return counts
  }

  /// What is known of an attempt.
  ///
  /// - Throws: `SweepError` where it was made with other settings.
  func record(of point: SweepPoint, attempt: Int) throws(SweepError) -> SweepRecord {
    let path = path(of: point, attempt: attempt)
    let record = SweepRecord((try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data())
    if let found = record.opening?.settings, found != point.arguments {
      let new = point.arguments.first { !found.contains($0) } ?? "fewer settings"
      throw SweepError(
        "\(path): the sweep in this folder has other settings for this point (now: \(new)). Use another folder, or the plan it was begun with."
      )
    }
    return record
  }

  /// How an attempt ended, by the end of its last line alone; nil while it has not.
  func lastStatus(of point: SweepPoint, attempt: Int) -> SweepOutcome.Status? {
    let descriptor = open(path(of: point, attempt: attempt), O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let start = max(0, Int(lseek(descriptor, 0, SEEK_END)) - bytes.count)
    let count = pread(descriptor, &bytes, bytes.count, off_t(start))
    return SweepRecord.status(endOfFile: bytes.prefix(max(0, count)))
  }

  /// Whether an attempt has been claimed.
  func isClaimed(_ point: SweepPoint, attempt: Int) -> Bool {
    access(path(of: point, attempt: attempt), F_OK) == 0
  }

  /// The time by the file system's own clock: that of a new file. Nil where none can be made.
  func time() -> Date? {
    let probe = "\(attemptsPath)/.clock-\(UUID().uuidString)"
    defer { unlink(probe) }
    guard FileManager.default.createFile(atPath: probe, contents: Data([0])) else { return nil }
    return modificationTime(probe)
  }

  /// When an attempt's holder last showed that it lives.
  func touched(_ point: SweepPoint, attempt: Int) -> Date? {
    modificationTime(path(of: point, attempt: attempt))
  }

  private func modificationTime(_ path: String) -> Date? {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
  }

  // MARK: - Claims

  /// Claims an attempt at a point and makes the point's folder; nil where another process was first.
  func claim(
    _ point: SweepPoint, attempt: Int, for holder: ProcessHolder, isRefit: Bool = false
  ) throws(SweepError) -> SweepClaim? {
    let path = path(of: point, attempt: attempt)
    let opening = SweepRecord.Opening(
      holder: holder, settings: point.arguments, isRefit: isRefit ? true : nil)
    guard try placeOnce(SweepRecord.line(opening), at: path) else {
      _ = try record(of: point, attempt: attempt)
      return nil
    }
    let folder = folder(of: point).path
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw systemError(folder) }
    return SweepClaim(point: point, attempt: attempt, file: path)
  }

  /// States how an attempt ended.
  func finish(_ claim: SweepClaim, _ outcome: SweepOutcome) throws(SweepError) {
    let descriptor = open(claim.file, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw systemError(claim.file) }
    try write(SweepRecord.line(outcome), to: descriptor, claim.file)
  }

  /// Writes a complete file at a name that no one has taken: false where someone has.
  ///
  /// It is not forced to the disk, which would take longer than all else here: a claim or an outcome that a
  /// power failure takes means that the point is fitted again.
  private func placeOnce(_ data: Data, at path: String) throws(SweepError) -> Bool {
    let draft = "\(attemptsPath)/.draft-\(UUID().uuidString)"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw systemError(path) }
    defer { unlink(draft) }
    try write(data, to: descriptor, path)
    if link(draft, path) == 0 { return true }
    if errno == EEXIST { return false }
    throw systemError(path)
  }

  /// Writes all of it at once, and closes the file.
  private func write(_ data: Data, to descriptor: Int32, _ path: String) throws(SweepError) {
    let written = data.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    let trouble = written == data.count ? nil : systemError(path)
    guard close(descriptor) == 0 else { throw trouble ?? systemError(path) }
    if let trouble { throw trouble }
  }

  private func systemError(_ path: String) -> SweepError {
    SweepError("\(path): \(String(cString: strerror(errno)))")
  }

  private func systemText(_ error: any Error) -> String {
    let underlying =
      (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
    return underlying.domain == NSPOSIXErrorDomain
      ? String(cString: strerror(Int32(underlying.code))) : error.localizedDescription
  }
}
