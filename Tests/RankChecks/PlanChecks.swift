import Collectives
import Concurrency
import Fitting
import Modeling
import Models

/// The plan's messages and bytes of a step and of an epoch against those that were sent.
let checkPlan: Check = { _ in
  Launcher.run { everyone in
    for words in [
      ["hidden": "8,6", "components": "3"],
      ["hidden": "5", "components": "2", "covariance": "isotropic", "activation": "softplus"],
      ["hidden": "4", "components": "0", "validation-fraction": "0", "test-fraction": "0"],
    ] {
      var configuration = DGDConfiguration()
      let common = ["latent": "3", "batch": "24", "lanes": "8", "start": "published"]
      for (name, value) in common.merging(words, uniquingKeysWith: { $1 }) {
        try DGDConfiguration.setting(named: name).set(value, in: &configuration)
      }
      try checkPlan(of: configuration, with: everyone)
    }
    return .success
  }
}

private func checkPlan(
  of configuration: DGDConfiguration, with everyone: borrowing Communicator
) throws {
  var settings = DGDSimulator.Configuration()
  settings.cells = 100
  settings.genes = 300
  let simulator = try DGDSimulator(settings)
  let nothing = [Double](repeating: 0, count: settings.genes)
  let model = try DGD(
    configuration,
    for: DataSummary(
      rows: Table(names: (0..<settings.cells).map { "cell\($0)" }), columns: simulator.columns,
      columnTotals: nothing, columnMaxima: nothing, columnNonZeros: nothing.map { Int($0) },
      fingerprint: ""))
  let shape = DataShape(rowCount: settings.cells, columnCount: settings.genes, nonZeroCount: 2000)
  let plan = DGD.plan(configuration, shape, ranks: everyone.size)
  let cut = LanePlan(rowCount: settings.cells, laneCount: plan.laneCount)
  let lanes = try cut.lanes(ofRank: everyone.rank, of: everyone.size).map { lane in
    var builder = CompressedCounts.Builder(columnCount: settings.genes)
    let made = simulator.rows(cut.rows(ofLane: lane))
    for (columns, counts) in zip(made.columnIndices, made.counts) {
      try builder.appendRow(columns: columns, values: counts)
    }
    return try model.lane(
      from: RowData(rows: cut.rows(ofLane: lane), matrix: .counts(builder.build())))
  }
  let loop = FitLoop(
    model, on: Workers(threadCount: 1), log: ProgressLog(level: .quiet, isSpeaking: false),
    checkpoints: CheckpointSchedule())
  let perStep = Traffic.Count(calls: plan.messagesPerStep, bytes: plan.bytesPerStep)
  let perEpoch = Traffic.Count(calls: plan.messagesPerEpoch, bytes: plan.bytesPerEpoch)
  for (steps, expected) in [(1, perStep), (plan.stepsPerEpoch + 1, perEpoch)] {
    var done = 0
    let before = everyone.traffic.total
    let ending = try loop.run(
      FitState(shared: model.start(), lanes: lanes), with: everyone,
      stopRequested: {
        done += 1
        return done == steps
      }, save: { _ in })
    let after = everyone.traffic.total
    guard case .interrupted(let state) = ending else {
      throw Unexpected(description: "the epoch ended the fit")
    }
    try expect(state.shared.epoch == (steps == 1 ? 0 : 1), "not an epoch")
    let sent = Traffic.Count(
      calls: after.calls - before.calls, bytes: after.bytes - before.bytes)
    try expect(sent == expected, "\(steps) steps sent \(sent), planned \(expected)")
    everyone.say("\(sent.calls) messages, \(sent.bytes) bytes")
  }
}
