public import Collectives
import Concurrency
public import Modeling
public import Storage
import Sums

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
    let source = try data.resolved(with: world, log: log)
    let data = try FitData(
      of: source, as: DataRequest(kind: Fitted.values(settings), columns: fitted.columns.names),
      laneCount: { Fitted.laneCount(settings, rowCount: $0) }, with: world)
    for note in data.notes { log.warning(note) }
    let embedding = try world.agree(on: "set up \(Fitted.name)") {
      try Fitted.embedding(of: fitted.fit, for: data.summary, steps: steps)
    }
    var lanes = try world.agree(on: "prepare the rows") {
      try data.rows.map(embedding.lane(from:))
    }
    embedding.represent(&lanes, on: workers) {
      log.progress("new cells, \($0)", isImportant: false)
    }
    log.endProgressLine()
    try report(embedding, lanes, data, with: world, to: log)
    try writer.write(
      data.summary, rows: lanes.map(embedding.output),
      ownRows: data.plan.rows(ofRank: world.rank, of: world.size),
      shared: SharedOutput(parameters: .group([:])),
      uns: .group([
        "model": .string(Fitted.name), "embedded_onto": .string(fitted.file.path),
        "settings": embedding.settings, "run": record.storedTree,
      ]), with: world)
    log.note("\(output.path): \(data.summary.rowCount) rows on the fit \(fitted.file.path)")
    return .success
  }

  /// Tells the mean loss, and how many rows could not be represented, the first by name.
  ///
  /// Collective.
  private func report(
    _ embedding: Fitted.Embedding, _ lanes: [Fitted.Embedding.Lane], _ data: FitData,
    with world: borrowing Communicator, to log: ProgressLog
  ) throws(SumFault) {
    let first = data.plan.rows(ofRank: world.rank, of: world.size).lowerBound
    let losses = lanes.flatMap(embedding.losses)
    let expected = lanes.flatMap(embedding.expectedLosses)
    var partials = PartialSums([.wide("loss of the new rows", count: 3)])
    var firstBad = data.summary.rowCount
    for (offset, loss) in losses.enumerated() {
      if loss.magnitude < 1e12 {
        partials.add(loss, to: 0, at: 0)
        partials.add(1, to: 0, at: 1)
        if offset < expected.count, expected[offset].isFinite {
          partials.add(expected[offset], to: 0, at: 2)
        }
      } else {
        firstBad = min(firstBad, first + offset)
      }
    }
    let totals = try world.sum(consume partials).values(of: 0)
    firstBad = -Int(world.maximum(-Double(firstBad)))
    if totals[1] > 0 {
      let values = totals[1] * Double(data.summary.columnCount)
      log.note("new cells: loss \(totals[0] / values) a value")
      if totals[2] > 0, totals[0] > 1.1 * totals[2] {
        log.warning(
          "\(self.data.path): the new cells lose \(shortText(totals[0] / values)) a value, cells like the fitted ones of the same totals would lose \(shortText(totals[2] / values)): this fit does not describe them well"
        )
      }
    }
    guard firstBad < data.summary.rowCount else { return }
    let others = data.summary.rowCount - Int(totals[1]) - 1
    log.warning(
      "\(self.data.path): cell \"\(data.summary.rows.names[firstBad])\"\(others > 0 ? " and \(others) more" : "") cannot be represented by this fit: loss not finite, or far beyond that of any cell. No other cell is affected; look at these cells' values."
    )
  }
}
