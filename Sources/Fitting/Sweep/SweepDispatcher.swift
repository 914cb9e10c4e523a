import Foundation

/// What a free group of ranks does next.
enum SweepTurn {
  /// Fits this point.
  case work(SweepClaim)
  /// Ends: every point is finished, or in hands that live.
  case end
}

/// Hands out points to one group: the longest that no one has first.
///
/// There is no process in charge. Every group reads the folder, which alone says what is taken, so that
/// groups of one job, jobs of an array, and second submissions are all the same to it.
final class SweepDispatcher {
  let folder: SweepFolder
  /// The longest first; equal ones in the order of the plan.
  let points: [SweepPoint]
  private let holder = SweepHolder.current()
  private let heartbeat: SweepHeartbeat
  private var verdicts: [SweepOutcome?]
  private var forgiven: [Int]
  private var lastProgress: ContinuousClock.Instant?
  /// For claims of others: when they were last touched, as first seen by this group.
  private var firstTouch: [Int: (attempt: Int, touched: Date?)] = [:]

  init(_ points: [SweepPoint], in folder: SweepFolder, retryingFailures: Bool) {
    self.folder = folder
    self.points = points.enumerated().sorted {
      ($1.element.predictedCost, $0.offset) < ($0.element.predictedCost, $1.offset)
    }.map(\.element)
    heartbeat = SweepHeartbeat(every: folder.claimTimeout / 12)
    verdicts = Array(repeating: nil, count: points.count)
    forgiven = Array(repeating: 0, count: points.count)
    guard retryingFailures else { return }
    for (index, point) in self.points.enumerated() {
      let state = folder.state(of: point, seenFrom: holder)
      if state.verdict?.status == .failed { forgiven[index] = state.attemptCount }
    }
  }

  /// Claims the next point. Waits for no one longer than it takes to see whether holders live.
  func next(isStopping: () -> Bool) throws -> SweepTurn {
    while true {
      var isWaiting = false
      for (index, point) in points.enumerated() where verdicts[index] == nil {
        let state = folder.state(of: point, seenFrom: holder, forgiven: forgiven[index])
        if let verdict = state.verdict {
          verdicts[index] = verdict
        } else if state.isRunning {
          if !hasShownLife(index, state) { isWaiting = true }
        } else if let claim = try folder.claim(
          point, attempt: state.attemptCount + 1, for: holder)
        {
          heartbeat.beat(for: claim)
          return .work(claim)
        } else {
          isWaiting = true  // another was faster: look again who it is
        }
      }
      if !isWaiting || isStopping() { return .end }
      Thread.sleep(forTimeInterval: min(1, folder.claimTimeout.seconds / 24))
    }
  }

  /// States how an attempt of this group ended.
  func finish(_ claim: SweepClaim, _ outcome: SweepOutcome) throws {
    try folder.finish(claim, outcome)
    heartbeat.beat(for: nil)
  }

  private func hasShownLife(_ index: Int, _ state: SweepPointState) -> Bool {
    if state.isSeenAlive { return true }
    if let seen = firstTouch[index], seen.attempt == state.attemptCount {
      return seen.touched != state.touched
    }
    firstTouch[index] = (state.attemptCount, state.touched)
    return false
  }

  /// Counts over the whole sweep; nil where the last were made less than `interval` ago: they read the
  /// folders of all points that are not finished.
  func progress(notOftenerThan interval: Duration) -> SweepProgress? {
    if let lastProgress, lastProgress.duration(to: .now) < interval { return nil }
    lastProgress = .now
    return progress()
  }

  /// Counts over the whole sweep.
  func progress() -> SweepProgress {
    var progress = SweepProgress(total: points.count)
    for (index, point) in points.enumerated() {
      var state = SweepPointState()
      state.verdict = verdicts[index]
      if state.verdict == nil {
        state = folder.state(of: point, seenFrom: holder, forgiven: forgiven[index])
        verdicts[index] = state.verdict
      }
      progress.count(point, state)
    }
    return progress
  }
}

/// How far a sweep has come.
public struct SweepProgress: Sendable, Equatable {
  /// Points in the plan.
  public let total: Int
  /// Points with a fit.
  public private(set) var done = 0
  /// Points that cannot be fitted, or were given up.
  public private(set) var failed = 0
  /// Points being fitted.
  public private(set) var running = 0
  /// Points that wait, interrupted ones among them.
  public var left: Int { total - done - failed - running }
  private var costDone = 0.0
  private var secondsDone = 0.0
  private var costLeft = 0.0

  init(total: Int) { self.total = total }

  mutating func count(_ point: SweepPoint, _ state: SweepPointState) {
    if let verdict = state.verdict {
      if verdict.status == .done {
        done += 1
        costDone += point.predictedCost
        secondsDone += verdict.seconds
      } else {
        failed += 1
      }
    } else {
      running += state.isRunning ? 1 : 0
      // A running point is half done, on average.
      costLeft += point.predictedCost * (state.isRunning ? 0.5 : 1)
    }
  }

  /// Seconds until the end if as many groups go on at the pace of the finished points; nil before the first.
  public var secondsLeft: Double? {
    guard costDone > 0, secondsDone > 0 else { return nil }
    return costLeft * secondsDone / costDone / Double(max(1, running))
  }

  /// One line: `12 of 484 done, 1 failed, 4 running, 467 left, 14 min 02 s to go`.
  public var line: String {
    var parts = [
      "\(done) of \(total) done", "\(failed) failed", "\(running) running", "\(left) left",
    ]
    if let secondsLeft, done + failed < total { parts.append("\(timeText(secondsLeft)) to go") }
    return parts.joined(separator: ", ")
  }
}
