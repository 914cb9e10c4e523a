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
///
/// A group reads all of the folder when it begins, when it knows of no more open points, and now and then, for
/// the claims of the dead; in between a turn costs a look at one name for each point that another has taken.
final class SweepDispatcher {
  let folder: SweepFolder
  /// The longest first; equal ones in the order of the plan.
  let points: [SweepPoint]
  /// This group among those of its job, and how many they are.
  private let (group, groupCount): (Int, Int)
  private static let progressPause = Duration.seconds(2)
  private let holder = ProcessHolder.current()
  private let heartbeat: SweepHeartbeat
  private var finishes: [SweepFinish?]
  /// Points of which no more than that is known: nothing is left to do.
  private var isSettled: [Bool]
  private var forgiven: [Int]
  /// Attempts at points whose data have changed since, by name: these points are fitted again.
  private let refits: [String: Int]
  /// Attempts that could be claimed when the folder was last read, the next one last.
  private var open: [(index: Int, attempt: Int)] = []
  private var lastReading: ContinuousClock.Instant?
  private var nextProgress: ContinuousClock.Instant
  /// For claims of others: when they were last touched, as first seen by this group.
  private var firstTouch: [Int: (attempt: Int, touched: Date?)] = [:]

  /// - Throws: `SweepError` where points of the folder have other settings.
  init(
    _ points: [SweepPoint], in folder: SweepFolder, group: Int, of groupCount: Int,
    retryingFailures: Bool, refitting: ChangedPoints = ChangedPoints()
  ) throws(SweepError) {
    refits = refitting.attempts
    self.folder = folder
    (self.group, self.groupCount) = (group, groupCount)
    nextProgress = .now + Self.progressPause * (group + 1)
    self.points = points.enumerated().sorted {
      ($1.element.predictedCost, $0.offset) < ($0.element.predictedCost, $1.offset)
    }.map(\.element)
    heartbeat = SweepHeartbeat(every: folder.claimTimeout / 12)
    finishes = Array(repeating: nil, count: points.count)
    isSettled = Array(repeating: false, count: points.count)
    forgiven = Array(repeating: 0, count: points.count)
    for (index, point) in self.points.enumerated() {
      forgiven[index] = refits[point.name] ?? 0
    }
    guard retryingFailures else { return }
    var reading = SweepReading(of: folder, seenFrom: holder)
    for (index, point) in self.points.enumerated() {
      let state = try reading.state(of: point)
      if state.verdict?.status == .failed { forgiven[index] = state.attemptCount }
    }
  }

  /// Claims the next point. Waits for no one longer than it takes to see whether holders live.
  func next(isStopping: () -> Bool) throws(SweepError) -> SweepTurn {
    if let lastReading, lastReading.duration(to: .now) > folder.claimTimeout {
      _ = try readFolder()
    }
    while true {
      while let (index, attempt) = open.popLast() {
        let point = points[index]
        if !folder.isClaimed(point, attempt: attempt),
          let claim = try folder.claim(
            point, attempt: attempt, for: holder,
            isRefit: refits[point.name].map { attempt == $0 + 1 } ?? false)
        {
          heartbeat.beat(for: claim)
          return .work(claim)
        }
      }
      let isWaiting = try readFolder()
      guard open.isEmpty else { continue }
      if !isWaiting || isStopping() { return .end }
      Thread.sleep(forTimeInterval: min(1, folder.claimTimeout.seconds / 24))
    }
  }

  /// Finds the open points; returns whether there are others whose holders have to show that they live.
  private func readFolder() throws(SweepError) -> Bool {
    let isFirst = lastReading == nil
    lastReading = .now
    open = []
    var isWaiting = false
    var reading = SweepReading(of: folder, seenFrom: holder)
    for index in points.indices where !isSettled[index] {
      if reading.isSettled(points[index], forgiven: forgiven[index]) {
        isSettled[index] = true
        continue
      }
      let state = try state(of: index, in: &reading)
      if state.verdict != nil { continue }
      if !state.isRunning {
        open.append((index, state.attemptCount + 1))
      } else if !hasShownLife(index, state) {
        isWaiting = true
      }
    }
    open.reverse()
    // The groups of a job begin together: each with a point of its own, or all would compete for the longest.
    if isFirst, group < open.count { open.append(open.remove(at: open.count - 1 - group)) }
    return isWaiting
  }

  private func state(
    of index: Int, in reading: inout SweepReading
  ) throws(SweepError) -> SweepPointState {
    let state = try reading.state(of: points[index], forgiven: forgiven[index])
    finishes[index] = state.verdict.map(SweepFinish.init)
    isSettled[index] = state.verdict != nil
    return state
  }

  private func hasShownLife(_ index: Int, _ state: SweepPointState) -> Bool {
    if state.isSeenAlive { return true }
    if let seen = firstTouch[index], seen.attempt == state.attemptCount {
      return seen.touched != state.touched
    }
    firstTouch[index] = (state.attemptCount, state.touched)
    return false
  }

  /// States how an attempt of this group ended.
  func finish(_ claim: SweepClaim, _ outcome: SweepOutcome) throws(SweepError) {
    try folder.finish(claim, outcome)
    heartbeat.beat(for: nil)
  }

  /// Counts over the whole sweep now and then, nil between: it reads the files of all points that were not
  /// finished the last time. The groups of a job take turns, one about every two seconds, and spend less
  /// than a hundredth of one core's time on it together.
  func occasionalProgress() throws(SweepError) -> SweepProgress? {
    let start = ContinuousClock.now
    if start < nextProgress { return nil }
    let progress = try progress()
    let taken = start.duration(to: .now)
    nextProgress = .now + max(Self.progressPause, taken * 100) * groupCount
    return progress
  }

  /// Counts over the whole sweep.
  func progress() throws(SweepError) -> SweepProgress {
    var progress = SweepProgress(total: points.count)
    var reading = SweepReading(of: folder, seenFrom: holder)
    for index in points.indices {
      var isRunning = false
      if finishes[index] == nil { isRunning = try state(of: index, in: &reading).isRunning }
      progress.count(points[index].predictedCost, finishes[index], isRunning: isRunning)
    }
    return progress
  }
}
