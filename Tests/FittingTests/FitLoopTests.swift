import Concurrency
import Fitting
import Modeling
import Optimization
import Sums
import Testing

/// Every way in which the loop ends, with the state that it ends in.
@Suite struct FitLoopTests {
  private func run(
    _ course: Course, stopAfter: Int = .max,
    log: ProgressLog = ProgressLog(level: .quiet, isSpeaking: false),
    save: (FitState<Counting>) throws -> Void = { _ in }
  ) throws -> FitEnding<Counting> {
    let model = Counting(course: course)
    let loop = FitLoop(
      model, on: Workers(threadCount: 1), log: log, checkpoints: CheckpointSchedule())
    var looks = 0
    return try loop.run(
      FitState(shared: model.start(), lanes: []), with: Alone(),
      stopRequested: {
        looks += 1
        return looks >= stopAfter
      }, save: save)
  }

  @Test func aModelThatSaysSoIsFinished() throws {
    guard case .finished(let state, .objectiveTolerance) = try run(.ends) else {
      Issue.record("not finished")
      return
    }
    #expect(state.stepCount == 5 && state.shared.total == 5)
    #expect(state.history["total"] == [1, 2, 3, 4, 5])
  }

  @Test func aFaultLeavesTheLastGoodState() throws {
    guard case .faulted(let state, let fault) = try run(.faults) else {
      Issue.record("no fault")
      return
    }
    #expect(fault == SumFault(block: "total", kind: .notFinite, count: 1))
    #expect(state.stepCount == 4 && state.shared.total == 4)
    #expect(state.history["total"] == [1, 2, 3, 4])
  }

  @Test func aStopThatIsAskedForSavesFirst() throws {
    var saved: [Int] = []
    let ending = try run(.ends, stopAfter: 3) { saved.append($0.stepCount) }
    guard case .interrupted(let state) = ending else {
      Issue.record("not interrupted")
      return
    }
    #expect(state.stepCount == 3 && saved == [3])
  }

  @Test func whatIsRemarkedInEveryEpochIsSaidOnce() throws {
    var lines: [String] = []
    _ = try run(.ends, log: ProgressLog(level: .normal, isSpeaking: true) { lines.append($0) })
    #expect(lines.count { $0 == "one cell is faulty\n" } == 1)
  }

  @Test func dataThatCannotBeFittedLeaveNothingToWrite() {
    #expect(throws: FitFailure.refused(ModelError("these data cannot be counted"))) {
      try run(.refuses)
    }
  }

  @Test func aCheckpointThatCannotBeWrittenEndsTheLoop() {
    struct Full: Error {}
    #expect(throws: Full.self) { try run(.ends, stopAfter: 2) { _ in throw Full() } }
  }
}

/// What the fifth step does.
private enum Course: String, CaseIterable, Sendable {
  case ends, faults, refuses
}

/// Counts its steps by a sum.
private struct Counting: Model {
  struct Configuration: ModelConfiguration {
    static var settings: [Setting<Configuration>] { [] }
  }
  struct Shared: Codable, Sendable { var total = 0.0 }
  struct Lane: LaneState {
    struct Saved: Codable, Sendable {}
    let rows: Range<Int>
    var saved = Saved()
  }
  static let name = "counting"
  static let summary = "Counts its steps."
  static let parameters = [ModelParameter("total", at: "total", "")]
  let configuration = Configuration()
  let course: Course

  init(course: Course) { self.course = course }

  init(_ configuration: Configuration, for data: DataSummary) { course = .ends }

  func lane(from rows: RowData) -> Lane { Lane(rows: rows.rows) }

  func start() -> Shared { Shared() }

  func step<Everyone: Team & ~Copyable>(
    _ shared: inout Shared, _ lanes: inout [Lane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    let isFifth = shared.total == 4
    var partials = PartialSums([.wide("total", count: 1)])
    partials.add(isFifth && course == .faults ? .nan : shared.total + 1, to: 0)
    shared.total = try everyone.sum(partials).value(of: 0)
    return StepReport(
      stage: "step", progress: 0, rowsProcessed: 1, endsEpoch: true,
      measures: [.init("total", shared.total)], remark: "one cell is faulty",
      termination: isFifth && course == .ends ? .objectiveTolerance : nil,
      failure: isFifth && course == .refuses ? ModelError("these data cannot be counted") : nil)
  }

  func rowOutput(_ shared: Shared, _ lane: Lane) -> RowOutput { RowOutput() }

  func sharedOutput(_ shared: Shared) -> SharedOutput { SharedOutput(parameters: .group([:])) }
}
