public import Concurrency
import LinearAlgebra
public import Modeling
import Networks
import Probability
import Sums

extension DGD: TimedModel {
  /// Minibatches of the lanes that the busiest rank would have, and its validation cells.
  ///
  /// Local.
  public static func measuredEpochs(
    _ configuration: DGDConfiguration, _ shape: DataShape, ranks: [Int], on workers: Workers
  ) throws(ModelError) -> [Double] {
    let bench = try DGDStepBench(configuration, shape, on: workers)
    var known: [Int: Double] = [:]
    var seconds: [Double] = []
    for ranks in ranks {
      let lanes = (bench.laneCount + ranks - 1) / ranks
      if known[lanes] == nil { known[lanes] = try bench.epoch(lanesOfRank: lanes) }
      seconds.append(known[lanes] ?? 0)
    }
    return seconds
  }
}

/// Steps of a model on stand-in rows.
private struct DGDStepBench {
  let laneCount: Int
  private let workers: Workers
  private let model: DGD
  private let rows: DGDStandInRows
  private let stepCount: Int
  /// Cells of one lane in a minibatch.
  private let batchRows: Int
  /// Validation cells of one lane, and how many of them are measured at once.
  private let validationRows: Int
  private let pieceRows: Int
  /// Most cells that are worked on together.
  private let rowLimit: Int

  init(
    _ configuration: DGDConfiguration, _ shape: DataShape, on workers: Workers
  ) throws(ModelError) {
    self.workers = workers
    let N = shape.rowCount
    laneCount = DGD.laneCount(configuration, rowCount: N)
    let validation = Int(Double(N) * configuration.validationFraction)
    let training = max(1, N - validation - Int(Double(N) * configuration.testFraction))
    stepCount = (training + configuration.batch - 1) / configuration.batch
    batchRows = max(1, (training + laneCount * stepCount - 1) / (laneCount * stepCount))
    validationRows = validation / laneCount
    pieceRows = min(validationRows, configuration.batch)
    rowLimit = configuration.batch
    var standIn = configuration
    standIn.labels = nil
    standIn.supervised = false
    standIn.start = .published
    standIn.validationFraction = 0
    standIn.testFraction = 0
    rows = try DGDStandInRows(standIn, shape, on: workers)
    let count = max(laneCount * batchRows, configuration.batch + pieceRows, 1)
    let nothing = [Double](repeating: 0, count: shape.columnCount)
    model = try DGD(
      standIn,
      for: DataSummary(
        rows: Table(names: Array(repeating: "", count: count)),
        columns: Table(names: Array(repeating: "", count: shape.columnCount)),
        columnTotals: nothing, columnMaxima: nothing,
        columnNonZeros: Array(repeating: 0, count: shape.columnCount), fingerprint: ""))
  }

  /// Seconds of an epoch for a rank with so many lanes.
  func epoch(lanesOfRank count: Int) throws(ModelError) -> Double {
    Double(stepCount) * (try minibatch(count)) + (try validation(count))
  }

  private func minibatch(_ count: Int) throws(ModelError) -> Double {
    var lanes = (0..<count).map { lane($0 * batchRows..<($0 + 1) * batchRows) }
    var shared = model.start()
    let positions = lanes.map { $0.uses.train[...] }
    return try Stopwatch.medianSeconds(on: workers) {
      _ = try model.trainingStep(
        &shared, &lanes, minibatch: positions, with: Alone(), on: workers)
    }
  }

  /// Seconds of the validation cells of so many lanes: those of some lanes are worked on together.
  private func validation(_ count: Int) throws(ModelError) -> Double {
    guard pieceRows > 0 else { return 0 }
    let together = max(1, min(count, rowLimit / pieceRows))
    var lanes = (0..<together).map { lane($0 * pieceRows..<($0 + 1) * pieceRows) }
    let shared = model.start()
    let seconds = try Stopwatch.medianSeconds(on: workers) {
      _ = try model.embeddingStep(
        shared, &lanes, .train, moving: nil, with: Alone(), on: workers)
    }
    return seconds * Double(count * validationRows) / Double(together * pieceRows)
  }

  private func lane(_ range: Range<Int>) -> DGDLane {
    do {
      return try model.lane(from: rows.rows(range))
    } catch {
      preconditionFailure("stand-in cells are cells like others: \(error)")
    }
  }
}

/// Rows of the wanted shape: some hundred simulated cells over and over.
private struct DGDStandInRows {
  private let columnCount: Int
  private let configuration: DGDConfiguration
  private var columns: [[Int32]] = []
  private var counts: [[UInt32]] = []

  init(
    _ configuration: DGDConfiguration, _ shape: DataShape, on workers: Workers
  ) throws(ModelError) {
    columnCount = shape.columnCount
    self.configuration = configuration
    guard configuration.likelihood == .negativeBinomial else { return }
    var settings = DGDSimulator.Configuration()
    settings.cells = 128
    settings.genes = max(2, shape.columnCount)
    let entries = Double(max(1, shape.rowCount)) * Double(max(1, shape.columnCount))
    settings.density = min(max(Double(shape.nonZeroCount) / entries, 0.0001), 0.95)
    let simulator = try DGDSimulator(settings)
    var parts = [SimulatedRows?](repeating: nil, count: settings.cells)
    parts.withUnsafeMutableBufferPointer { parts in
      nonisolated(unsafe) let parts = parts
      workers.perform(settings.cells) { parts[$0] = simulator.rows($0..<$0 + 1) }
    }
    for part in parts {
      columns += part?.columnIndices ?? []
      counts += part?.counts ?? []
    }
  }

  func rows(_ range: Range<Int>) -> RowData {
    guard configuration.likelihood == .negativeBinomial else {
      var stream = RandomSource(seed: 0).stream("stand-in values", index: range.lowerBound)
      let values = (0..<range.count * columnCount).map { _ in stream.uniform() }
      return RowData(
        rows: range,
        matrix: .reals(
          Matrix(rowCount: range.count, columnCount: columnCount, elements: values)))
    }
    var builder = CompressedCounts.Builder(columnCount: columnCount)
    for row in range {
      let known = row % columns.count
      do {
        try builder.appendRow(columns: columns[known], values: counts[known])
      } catch {
        preconditionFailure("a simulated cell: \(error)")
      }
    }
    return RowData(rows: range, matrix: .counts(builder.build()))
  }
}
