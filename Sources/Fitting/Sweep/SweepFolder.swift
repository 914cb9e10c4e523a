public import Foundation

/// The folder of a sweep: who works on which point, and what came out.
///
///     sweep/points/NAME/settings.txt     the words of `distfit fit` that this point is
///                       claim-1          who attempts it; touched while it works
///                       outcome-1.json   how that attempt ended
///                       fit.h5ad …       what the fit writes
///
/// Attempts are numbered. A claim is made by linking a complete file to its name, which one process alone
/// can do, on network file systems too. A claim whose holder is dead is not removed (two processes might, and
/// the second remove the first one's new claim): the next attempt's number is claimed instead. An outcome
/// appears whole or not at all. So a process may be killed at any moment, and two sweeps may share a folder.
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
  private let pointsPath: String

  /// A sweep's folder; made by `prepare`.
  public init(path: String, attempts: Int = 5, claimTimeout: Duration = .seconds(120)) {
    root = URL(fileURLWithPath: path)
    pointsPath = root.path + "/points"
    self.attempts = attempts
    self.claimTimeout = claimTimeout
  }

  /// Where a point's files are.
  public func folder(of point: SweepPoint) -> URL { URL(fileURLWithPath: path(of: point)) }

  private func path(of point: SweepPoint) -> String { "\(pointsPath)/\(point.name)" }

  /// Makes the folders of all points, or checks that those there are of the same settings.
  ///
  /// Local; several processes may do it at the same time.
  /// - Throws: `SweepError` where a folder cannot be made, or holds a point of other settings.
  public func prepare(_ points: [SweepPoint]) throws(SweepError) {
    for point in points {
      let folder = folder(of: point)
      let settings = folder.appendingPathComponent("settings.txt")
      let text = point.arguments.joined(separator: "\n") + "\n"
      do {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if !FileManager.default.fileExists(atPath: settings.path) {
          _ = try placeOnce(Data(text.utf8), at: settings)
        }
      } catch {
        throw SweepError("\(folder.path): the point's folder cannot be made: \(systemText(error))")
      }
      let found = (try? String(contentsOf: settings, encoding: .utf8)) ?? ""
      guard found == text else {
        let before = Set(found.split(separator: "\n"))
        let new = text.split(separator: "\n").first { !before.contains($0) } ?? "fewer settings"
        throw SweepError(
          "\(settings.path): the sweep in this folder has other settings for this point (now: \(new)). Use another folder, or the plan it was begun with."
        )
      }
    }
  }

  // MARK: - State

  /// Where a point stands.
  ///
  /// - Parameter forgiven: failures up to this attempt do not count: they are retried on request.
  func state(
    of point: SweepPoint, seenFrom observer: SweepHolder, forgiven: Int = 0
  ) -> SweepPointState {
    let folder = path(of: point)
    var state = SweepPointState()
    while true {
      let attempt = state.attemptCount + 1
      let claim = "\(folder)/claim-\(attempt)"
      guard access(claim, F_OK) == 0 else { break }
      state.attemptCount = attempt
      let outcome = outcome(of: attempt, in: folder)
      state.lastOutcome = outcome
      state.isRunning = false
      switch outcome?.status {
      case .done:
        state.verdict = outcome
        return state
      case .failed: state.verdict = attempt > forgiven ? outcome : nil
      case .failedInPassing: state.fruitlessCount += attempt > forgiven ? 1 : 0
      case .interrupted: break
      case nil:
        let holder = smallFile(claim).flatMap {
          try? JSONDecoder().decode(SweepHolder.self, from: $0)
        }
        let isAlive = holder?.isAlive(seenFrom: observer)
        state.isRunning = isAlive ?? isFresh(claim)
        state.isSeenAlive = isAlive == true
        state.touched = modificationTime(claim)
        if !state.isRunning, attempt > forgiven { state.fruitlessCount += 1 }
      }
    }
    if state.verdict == nil, !state.isRunning, state.fruitlessCount >= attempts {
      var outcome = state.lastOutcome ?? SweepOutcome(.failed)
      outcome.status = .failed
      let reason =
        state.lastOutcome?.message
        ?? "the process ended without a word (killed, or out of memory?)"
      outcome.message = "\(reason); given up after \(state.fruitlessCount) attempts"
      state.verdict = outcome
    }
    return state
  }

  private func outcome(of attempt: Int, in folder: String) -> SweepOutcome? {
    smallFile("\(folder)/outcome-\(attempt).json").flatMap {
      try? JSONDecoder().decode(SweepOutcome.self, from: $0)
    }
  }

  /// The bytes of a file; nil where there is none, which is found here without the cost of an error.
  private func smallFile(_ path: String) -> Data? {
    access(path, F_OK) == 0 ? try? Data(contentsOf: URL(fileURLWithPath: path)) : nil
  }

  /// Whether a claim was touched lately, by the file system's own clock: a new file's time tells it.
  private func isFresh(_ claim: String) -> Bool {
    let probe = root.appendingPathComponent(".clock-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: probe) }
    guard FileManager.default.createFile(atPath: probe.path, contents: Data([0])),
      let now = modificationTime(probe.path), let touched = modificationTime(claim)
    else { return true }
    return now.timeIntervalSince(touched) < claimTimeout.seconds
  }

  private func modificationTime(_ path: String) -> Date? {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
  }

  // MARK: - Claims

  /// Whether an attempt has been claimed.
  func isClaimed(_ point: SweepPoint, attempt: Int) -> Bool {
    access("\(path(of: point))/claim-\(attempt)", F_OK) == 0
  }

  /// Claims the next attempt at a point; nil where another process was first.
  func claim(
    _ point: SweepPoint, attempt: Int, for holder: SweepHolder
  ) throws -> SweepClaim? {
    let file = folder(of: point).appendingPathComponent("claim-\(attempt)")
    guard try placeOnce(try JSONEncoder().encode(holder), at: file) else { return nil }
    return SweepClaim(point: point, attempt: attempt, file: file)
  }

  /// States how an attempt ended.
  func finish(_ claim: SweepClaim, _ outcome: SweepOutcome) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let file = folder(of: claim.point).appendingPathComponent("outcome-\(claim.attempt).json")
    _ = try placeOnce(try encoder.encode(outcome), at: file)
  }

  /// Writes a complete file at a name that no one has taken: false where someone has.
  ///
  /// It is not forced to the disk, which would take longer than all else here: a claim or an outcome that a
  /// power failure takes means that the point is fitted again.
  private func placeOnce(_ data: Data, at file: URL) throws -> Bool {
    let draft = file.deletingLastPathComponent().path + "/.draft-\(UUID().uuidString)"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL, 0o644)
    guard descriptor >= 0 else { throw systemError(file) }
    defer { unlink(draft) }
    let written = data.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard close(descriptor) == 0, written == data.count else { throw systemError(file) }
    if link(draft, file.path) == 0 { return true }
    if errno == EEXIST { return false }
    throw systemError(file)
  }

  private func systemError(_ file: URL) -> SweepError {
    SweepError("\(file.path): \(String(cString: strerror(errno)))")
  }

  private func systemText(_ error: any Error) -> String {
    if let error = error as? SweepError { return error.description }
    let underlying =
      (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
    return underlying.domain == NSPOSIXErrorDomain
      ? String(cString: strerror(Int32(underlying.code))) : error.localizedDescription
  }
}

/// Where a point of a sweep stands.
struct SweepPointState {
  /// Claims made so far.
  var attemptCount = 0
  /// Of these, attempts that came to nothing for reasons outside of data and settings.
  var fruitlessCount = 0
  var lastOutcome: SweepOutcome?
  /// Set when no further attempt shall be made.
  var verdict: SweepOutcome?
  /// Whether the last attempt's holder may live.
  var isRunning = false
  /// Whether it certainly does: its process was found.
  var isSeenAlive = false
  /// When the holder last touched its claim.
  var touched: Date?
}
