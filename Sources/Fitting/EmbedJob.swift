public import Collectives
import LinearAlgebra
public import Modeling
public import Storage

/// New rows onto a fitted model: what `distfit embed` does.
public struct EmbedJob<Fitted: EmbeddingModel> {
  /// The fit onto which rows are brought.
  public let fitted: FittedFile
  /// The new rows.
  public let data: DataSource
  /// The file to write.
  public let output: OutputOptions
  /// How it runs.
  public let options: RunOptions
  /// Gradient steps on each representation; nil: as in the fit.
  public let steps: Int?

  /// An embedding of rows, not yet begun.
  public init(
    fitted: FittedFile, data: DataSource, output: OutputOptions, run options: RunOptions,
    steps: Int?
  ) {
    self.fitted = fitted
    self.data = data
    self.output = output
    self.options = options
    self.steps = steps
  }

  /// Reads the rows, represents them, writes them with the new columns.
  ///
  /// Collective.
  /// - Throws: `CollectiveFailure` with one line on what is wrong.
  public func run(
    with world: borrowing Communicator, log: ProgressLog
  ) throws -> ExitStatus {
    let record = RunRecord(world, threads: options.threads ?? world.defaultThreadCount())
    record.announce(to: log)
    let workers = Workers(threadCount: record.threads)
    let writer = FitWriter(path: output.path, overwrite: output.overwrite)
    try world.requireOutputs(
      [output.path], inputs: [fitted.file.path, data.path], overwrite: output.overwrite)
    let settings = try world.agree(on: "read the fit's settings") {
      try Fitted.Configuration(storedTree: fitted.fit["settings"] ?? .group([:]))
    }
    let data = try FitData(
      of: data, as: DataRequest(kind: Fitted.values(settings), columns: fitted.columns.names),
      laneCount: { Fitted.laneCount(settings, rowCount: $0) }, with: world)
    for note in data.notes { log.warning(note) }
    let model = try world.agree(on: "set up \(Fitted.name)") {
      try Fitted(fit: fitted.fit, for: data.summary, steps: steps)
    }
    let lanes = try world.agree(on: "prepare the rows") { try data.rows.map(model.lane(from:)) }
    let loop = FitLoop(model, on: workers, log: log, checkpoints: CheckpointSchedule())
    let state: FitState<Fitted>
    switch try loop.run(FitState(shared: model.start(), lanes: lanes), among: world) {
    case .finished(let last, _): state = last
    case .interrupted: return .runAgain
    case .faulted(_, let fault):
      return try world.agree(on: "represent the rows") { throw ModelError("\(fault)") }
    }
    try writer.write(
      data.summary, rows: state.lanes.map { model.rowOutput(state.shared, $0) },
      ownRows: data.plan.rows(ofRank: world.rank, of: world.size),
      shared: SharedOutput(parameters: .group([:])),
      uns: .group([
        "model": .string(Fitted.name), "embedded_onto": .string(fitted.file.path),
        "settings": model.configuration.storedTree, "run": record.storedTree,
      ]), with: world)
    log.note("\(output.path): \(data.summary.rowCount) rows on the fit \(fitted.file.path)")
    return .success
  }
}
