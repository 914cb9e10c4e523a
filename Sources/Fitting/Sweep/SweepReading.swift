import Foundation

/// One look at a sweep's folder.
struct SweepReading {
  private let folder: SweepFolder
  private let observer: ProcessHolder
  private let attemptCounts: [String: Int]
  /// What time it was there when first asked for; asking makes a file.
  private lazy var time = folder.time()

  /// Lists the folder.
  init(of folder: SweepFolder, seenFrom observer: ProcessHolder = .current()) {
    self.folder = folder
    self.observer = observer
    attemptCounts = folder.attemptCounts()
  }

  /// Where a point stands.
  ///
  /// - Parameter forgiven: attempts up to this one do not count: they are made again on request.
  /// - Throws: `SweepError` where it was attempted with other settings.
  mutating func state(of point: SweepPoint, forgiven: Int = 0) throws(SweepError) -> SweepPointState
  {
    var state = SweepPointState()
    for attempt in 0..<(attemptCounts[point.name] ?? 0) {
      try take(attempt + 1, of: point, isForgiven: attempt < forgiven, into: &state)
    }
    if state.verdict == nil, !state.isRunning, state.fruitlessCount >= folder.attempts {
      state.giveUp()
    }
    return state
  }

  /// Whether the last attempt at a point ended for good; false also where only `state` can tell. Far quicker:
  /// at a sweep's end every group looks at every point.
  func isSettled(_ point: SweepPoint, forgiven: Int) -> Bool {
    guard let attempt = attemptCounts[point.name] else { return false }
    switch folder.lastStatus(of: point, attempt: attempt) {
    case .done: return attempt > forgiven
    case .failed: return attempt > forgiven
    default: return false
    }
  }

  private mutating func take(
    _ attempt: Int, of point: SweepPoint, isForgiven: Bool, into state: inout SweepPointState
  ) throws(SweepError) {
    let record = try folder.record(of: point, attempt: attempt)
    state.attemptCount = attempt
    if record.opening?.isRefit == true {
      (state.verdict, state.fruitlessCount) = (nil, 0)
    } else if state.verdict?.status == .done {
      // Done is done, whoever tried once more meanwhile.
      return
    }
    state.lastOutcome = record.outcome
    state.isRunning = false
    switch record.outcome?.status {
    case .done: state.verdict = isForgiven ? nil : record.outcome
    case .failed: state.verdict = isForgiven ? nil : record.outcome
    case .failedInPassing: state.fruitlessCount += isForgiven ? 0 : 1
    case .interrupted: break
    case nil:
      let isAlive = record.opening?.holder.isAlive(seenFrom: observer)
      state.touched = folder.touched(point, attempt: attempt)
      state.isRunning = isAlive ?? isFresh(state.touched)
      state.isSeenAlive = isAlive == true
      if !state.isRunning, !isForgiven { state.fruitlessCount += 1 }
    }
  }

  /// Whether a claim was touched lately, by the file system's own clock.
  private mutating func isFresh(_ touched: Date?) -> Bool {
    guard let touched, let time else { return true }
    return time.timeIntervalSince(touched) < folder.claimTimeout.seconds
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

  /// It has failed too often.
  fileprivate mutating func giveUp() {
    var outcome = lastOutcome ?? SweepOutcome(.failed)
    outcome.status = .failed
    let reason =
      lastOutcome?.message ?? "the process ended without a word (killed, or out of memory?)"
    outcome.message = "\(reason); given up after \(fruitlessCount) attempts"
    verdict = outcome
  }
}
