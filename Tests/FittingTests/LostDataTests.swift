import Concurrency
import Fitting
import Modeling
import Models
import Optimization
import Sums
import TestSupport
import Testing

/// Rows outside of memory that can no longer be read.
@Suite struct LostDataTests {
  private let summary: DataSummary = {
    var summary = DataSummary(
      rows: Table(
        names: (0..<12).map { "s\($0)" },
        columns: [NamedColumn("donor", .strings((0..<12).map { "d\($0 / 2)" }))]),
      columns: Table(names: ["a", "b", "c"]), columnTotals: [60, 60, 60],
      columnMaxima: [9, 9, 9], columnNonZeros: [12, 12, 12], fingerprint: "")
    summary.companions[Genotypes.self] = Genotypes(
      donors: (0..<6).map { "d\($0)" }, variants: Table(names: ["v", "w"]),
      dosages: (0..<12).map { UInt8($0 % 3) })
    return summary
  }()

  private func ending(goodReadings: Int) throws -> FitEnding<TBLDA> {
    var configuration = TBLDAConfiguration()
    (configuration.topics, configuration.batch, configuration.tolerance) = (2, 3, 0)
    (configuration.refinement, configuration.iterations) = (0, 30)
    let model = try TBLDA(configuration, for: summary)
    var builder = CompressedCounts.Builder(columnCount: 3)
    for row in 0..<12 {
      try builder.appendRow(columns: [0, 1, 2], values: (0..<3).map { UInt32(1 + (row + $0) % 9) })
    }
    let store = MemoryStore(goodReadings: goodReadings)
    let lane = model.lane(rows: 0..<12, from: StoredCounts(builder.build(), in: store))
    let loop = FitLoop(
      model, on: Workers(threadCount: 1), log: ProgressLog(level: .quiet, isSpeaking: false),
      checkpoints: CheckpointSchedule(), readingFrom: [store])
    return try loop.run(
      FitState(shared: model.start(), lanes: [lane]), with: Alone(), stopRequested: { false },
      save: { _ in })
  }

  @Test func theFitEndsWithTheStepThatMissedThem() throws {
    #expect(throws: FitFailure.dataLost) { try ending(goodReadings: 40) }
    guard case .finished(let state, .stepLimit) = try ending(goodReadings: .max) else {
      Issue.record("data that can all be read end the fit")
      return
    }
    #expect(state.stepCount == 30)
  }
}
