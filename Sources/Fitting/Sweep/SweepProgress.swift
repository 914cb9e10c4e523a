/// What the dispatcher keeps of a finished point.
struct SweepFinish {
  let isDone: Bool
  let seconds: Double

  init(_ verdict: SweepOutcome) {
    isDone = verdict.status == .done
    seconds = verdict.seconds
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

  mutating func count(_ cost: Double, _ finish: SweepFinish?, isRunning: Bool) {
    if let finish {
      if finish.isDone {
        done += 1
        costDone += cost
        secondsDone += finish.seconds
      } else {
        failed += 1
      }
    } else {
      running += isRunning ? 1 : 0
      // A running point is half done, on average.
      costLeft += cost * (isRunning ? 0.5 : 1)
    }
  }

  /// Everything, for a message to other ranks.
  var numbers: [Double] {
    [Double(total), Double(done), Double(failed), Double(running), costDone, secondsDone, costLeft]
  }

  /// What `numbers` told.
  init(numbers: [Double]) {
    total = Int(numbers[0])
    done = Int(numbers[1])
    failed = Int(numbers[2])
    running = Int(numbers[3])
    costDone = numbers[4]
    secondsDone = numbers[5]
    costLeft = numbers[6]
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

extension SweepProgress {
  /// Where a sweep stands, read from its folder.
  ///
  /// - Throws: `SweepError` where points of the folder have other settings.
  public init(_ points: [SweepPoint], in folder: SweepFolder) throws(SweepError) {
    self.init(total: points.count)
    var reading = SweepReading(of: folder)
    for point in points {
      let state = try reading.state(of: point)
      count(
        point.predictedCost, state.verdict.map(SweepFinish.init), isRunning: state.isRunning)
    }
  }
}
