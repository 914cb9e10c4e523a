public import Collectives
public import Concurrency
public import Modeling
public import Optimization
public import Sums

/// A fit between two steps: all that a checkpoint keeps, and the data of this rank's lanes.
public struct FitState<Fitted: Model>: Sendable {
  /// How many steps have been taken, over all sessions.
  public var stepCount: Int
  /// The shared state, which has the same bits on every rank.
  public var shared: Fitted.Shared
  /// The lanes of this rank.
  public var lanes: [Fitted.Lane]
  /// What the epochs measured.
  public var history: History
  /// Time spent on steps, over all sessions.
  public var secondsSpent: Double

  /// A fit before its first step.
  public init(shared: Fitted.Shared, lanes: [Fitted.Lane]) {
    stepCount = 0
    self.shared = shared
    self.lanes = lanes
    history = History()
    secondsSpent = 0
  }
}

/// How a run of the loop ended, with the state that it ended in: there is no way to that state which passes the
/// ending by.
public enum FitEnding<Fitted: Model>: Sendable {
  /// The model said so.
  case finished(FitState<Fitted>, Termination)
  /// A number of a sum was not finite or too large; the state is the last good one.
  case faulted(FitState<Fitted>, SumFault)
  /// A stop was asked for; the state is saved and can be resumed.
  case interrupted(FitState<Fitted>)
}

/// Why there is nothing to be written.
public enum FitFailure: Error, Sendable, Equatable {
  /// Data that stay outside of memory could not be read, on this rank or another.
  case dataLost
  /// The data cannot be fitted.
  case refused(ModelError)
  /// Ranks have computed different states, which never happens in a sound job: this rank's, in hexadecimal digits.
  case drifted(step: Int, state: String)
}

/// When checkpoints are written, beside the one before an interruption.
public struct CheckpointSchedule: Sendable {
  /// After so many epochs; nil: not by epochs.
  public var everyEpochs: Int?
  /// After so many minutes; nil: not by time.
  public var everyMinutes: Double?

  /// Checkpoints after so many epochs or minutes, whichever comes first.
  public init(everyEpochs: Int? = nil, everyMinutes: Double? = nil) {
    self.everyEpochs = everyEpochs
    self.everyMinutes = everyMinutes
  }
}

/// Steps until the model ends: the same for every model.
///
/// After each step everyone agrees, in one small message, whether somebody was asked to stop and whether
/// rank 0's clock says that a checkpoint is due.
public struct FitLoop<Fitted: Model> {
  /// What is fitted.
  public let model: Fitted
  /// The threads of this rank.
  public let workers: Workers
  /// Where progress is told.
  public let log: ProgressLog
  /// When to save.
  public let checkpoints: CheckpointSchedule

  /// Where data are that stay outside of memory.
  public let stores: [any ByteStore]

  /// A loop over the steps of a model.
  public init(
    _ model: Fitted, on workers: Workers, log: ProgressLog, checkpoints: CheckpointSchedule,
    readingFrom stores: [any ByteStore] = []
  ) {
    self.stores = stores
    self.model = model
    self.workers = workers
    self.log = log
    self.checkpoints = checkpoints
  }

  /// Takes steps until the model ends or a stop is asked for.
  ///
  /// Collective.
  /// - Parameters:
  ///   - stopRequested: whether this process was asked to stop; read after each step.
  ///   - save: writes a checkpoint; called on every rank after the same step.
  /// - Throws: `FitFailure`, and what `save` throws.
  public func run<Everyone: Team & ~Copyable>(
    _ start: consuming FitState<Fitted>, with everyone: borrowing Everyone,
    stopRequested: () -> Bool, save: (FitState<Fitted>) throws -> Void
  ) throws -> FitEnding<Fitted> {
    var state = start
    defer { log.endProgressLine() }
    let clock = ContinuousClock()
    let began = clock.now
    let secondsBefore = state.secondsSpent
    var lastSave = began
    var epochsSinceSave = 0
    var speed = SpeedMeter()
    var pace = Pace()
    // What holds in every epoch, such as a faulty validation cell, is said once.
    var said: Set<String> = []
    while true {
      let report: StepReport
      do throws(SumFault) {
        report = try model.step(&state.shared, &state.lanes, with: everyone, on: workers)
      } catch {
        try requireData(with: everyone)
        return .faulted(state, error)
      }
      try requireData(with: everyone)
      state.stepCount += 1
      state.secondsSpent = secondsBefore + began.duration(to: clock.now).seconds
      speed.count(report.rowsProcessed, at: state.secondsSpent)
      pace.count(report.progress, at: state.secondsSpent)
      if report.endsEpoch {
        state.history.append(report.measures)
        epochsSinceSave += 1
      }
      if let remark = report.remark, said.insert(remark).inserted { log.note(remark) }
      if let failure = report.failure { throw FitFailure.refused(failure) }
      log.progress(
        line(report, state.history, speed, pace),
        isImportant: report.termination != nil)
      if let termination = report.termination {
        try requireOneState(state, with: everyone)
        return .finished(state, termination)
      }
      let minutesSinceSave = lastSave.duration(to: clock.now).seconds / 60
      let isTimeToSave = checkpoints.everyMinutes.map { minutesSinceSave >= $0 } ?? false
      var wishes: [Double] = [stopRequested() ? 1 : 0, isTimeToSave ? 1 : 0]
      everyone.maximum(&wishes)
      let isStopping = wishes[0] > 0
      let epochsAreDue = checkpoints.everyEpochs.map {
        report.endsEpoch && epochsSinceSave >= $0
      }
      if isStopping || wishes[1] > 0 || epochsAreDue == true {
        try requireOneState(state, with: everyone)
        try save(state)
        lastSave = clock.now
        epochsSinceSave = 0
      }
      if isStopping { return .interrupted(state) }
    }
  }

  /// Ends the fit where what every rank has computed for itself is not the same everywhere: other kernels, a damaged
  /// memory, a race.
  private func requireOneState<Everyone: Team & ~Copyable>(
    _ state: FitState<Fitted>, with everyone: borrowing Everyone
  ) throws {
    let sum = TreeBytes.encode(try TreeEncoder.encode(state.shared))
      .withUnsafeBytes { Checksum.of($0) }
    // Halves are exact as doubles; a maximum of the negatives is the smallest.
    let (high, low) = (Double(sum >> 32), Double(sum & 0xFFFF_FFFF))
    var extremes = [high, low, -high, -low]
    everyone.maximum(&extremes)
    guard extremes[0] == -extremes[2], extremes[1] == -extremes[3] else {
      throw FitFailure.drifted(step: state.stepCount, state: String(sum, radix: 16))
    }
  }

  /// Ends the fit on every rank where one could not read its data.
  private func requireData<Everyone: Team & ~Copyable>(with everyone: borrowing Everyone) throws {
    guard !stores.isEmpty else { return }
    let isLost = stores.contains { $0.failure != nil }
    if everyone.maximum(isLost ? 1 : 0) > 0 { throw FitFailure.dataLost }
  }

  /// Runs the loop among ranks: what leaves nothing to write ends the fit on all of them with one
  /// line.
  ///
  /// Collective.
  /// - Throws: `CollectiveFailure`, and what `save` throws.
  public func run(
    _ start: consuming FitState<Fitted>, among world: borrowing Communicator,
    stopRequested: () -> Bool = { false }, save: (FitState<Fitted>) throws -> Void = { _ in }
  ) throws -> FitEnding<Fitted> {
    do {
      return try run(start, with: world, stopRequested: stopRequested, save: save)
    } catch FitFailure.refused(let error) {
      try world.agree(on: "fit \(Fitted.name)") { throw error }
    } catch FitFailure.drifted(let step, let sum) {
      let places = zip(world.allGather(Launcher.nodeName), world.allGather(sum)).enumerated()
        .map { "rank \($0.offset) on \($0.element.0): \($0.element.1)" }
      try world.agree(on: "compare the state of all ranks") {
        throw ModelError(
          "after step \(step) the ranks do not have the same parameters (\(places.joined(separator: ", "))): nothing is written. Do the nodes have the same program and libraries, and sound memory?"
        )
      }
    } catch FitFailure.dataLost {
      try world.agree(on: "read the data") { try stores.requireGood() }
    }
    preconditionFailure("data were lost on a rank that knows nothing of it")
  }

  private func line(
    _ report: StepReport, _ history: History, _ speed: SpeedMeter, _ pace: Pace
  ) -> String {
    var parts = [report.stage]
    parts += history.names.compactMap { name in
      guard let value = history[name]?.last, !value.isNaN else { return nil }
      return "\(name) \(shortText(value))"
    }
    if let rate = speed.rowsPerSecond { parts.append("\(shortText(rate)) rows/s") }
    if let seconds = pace.secondsLeft { parts.append("\(timeText(seconds)) left") }
    return parts.joined(separator: "  ")
  }
}

/// How long a fit will go on, by its pace since this session's first step: that one also lays out memory and
/// makes the start, and would make the rest look longer than it is.
package struct Pace {
  private var first: (progress: Double, seconds: Double)?
  private var last: (progress: Double, seconds: Double) = (0, 0)

  package init() {}

  /// Counts a step.
  ///
  /// - Parameter progress: the part of the fit that is done, from 0 to 1.
  package mutating func count(_ progress: Double, at seconds: Double) {
    if first == nil { first = (progress, seconds) }
    last = (progress, seconds)
  }

  /// Nil while it cannot be told: during the first hundredth after the first step, and at the end.
  package var secondsLeft: Double? {
    guard let first, last.progress < 1, last.progress - first.progress > 0.01 else { return nil }
    return (last.seconds - first.seconds) * (1 - last.progress) / (last.progress - first.progress)
  }
}

/// Rows per second over the last few seconds.
private struct SpeedMeter {
  private var rows = 0
  private var since: Double?
  private(set) var rowsPerSecond: Double?

  mutating func count(_ newRows: Int, at seconds: Double) {
    guard let since else {
      self.since = seconds
      return
    }
    rows += newRows
    if seconds - since >= 1 {
      rowsPerSecond = rows > 0 ? Double(rows) / (seconds - since) : rowsPerSecond
      rows = 0
      self.since = seconds
    }
  }
}
