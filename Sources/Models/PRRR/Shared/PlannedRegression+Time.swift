import Concurrency
import Modeling
import Probability
import Sums

extension PlannedRegression {
  /// Rows that steps are measured on: a block of rows, and four.
  private static let sampleSizes = [PoissonBlock.capacity, 4 * PoissonBlock.capacity]

  /// Seconds of a step of the rank with most rows, from steps on stand-in rows of two sizes: a part that is
  /// always there (genes, parameters) and one for each row.
  ///
  /// Local.
  /// - Parameter make: the model of some data.
  func seconds<Fitted: Model>(
    on workers: Workers,
    _ make: (DataSummary, [RawCovariate]) throws(ModelError) -> Fitted
  ) throws(ModelError) -> Double {
    let sizes = distinctRows <= Self.sampleSizes[1] ? [distinctRows] : Self.sampleSizes
    var times: [Double] = []
    for size in sizes {
      let data = StandInRegression(self, rows: max(size, 2))
      let model = try make(data.summary, data.covariates)
      var lanes = [try model.lane(from: data.rows)]
      var shared = model.start()
      times.append(
        try Stopwatch.medianSeconds(on: workers) {
          _ = try model.step(&shared, &lanes, with: Alone(), on: workers)
        })
    }
    guard times.count == 2 else { return times[0] }
    let each = max(0, times[1] - times[0]) / Double(sizes[1] - sizes[0])
    return times[0] + each * Double(distinctRows - sizes[0])
  }
}

/// Random rows with random covariates, of a planned size.
private struct StandInRegression {
  let summary: DataSummary
  let covariates: [RawCovariate]
  let rows: RowData

  init(_ planned: PlannedRegression, rows count: Int) {
    let (p, q) = (planned.covariateCount, planned.geneCount)
    let random = RandomSource(seed: 0)
    let entries = Double(min(planned.ownNonZeros, planned.distinctRows * q))
    let density = min(1, entries / Double(max(1, planned.distinctRows * q)))
    covariates = (0..<p).map { column in
      var stream = random.stream("stand-in covariates", index: column)
      // 0 or more, and never constant.
      return RawCovariate(
        "x\(column)", .numbers((0..<count).map { Double($0 % 2) + stream.uniform() }))
    }
    var builder = CompressedCounts.Builder(columnCount: q)
    var totals = Array(repeating: 0.0, count: q)
    var nonZeros = Array(repeating: 0, count: q)
    for row in 0..<count {
      var stream = random.stream("stand-in counts", index: row)
      var columns: [Int32] = []
      var values: [UInt32] = []
      for column in 0..<q where stream.uniform() < density {
        columns.append(Int32(column))
        values.append(1 + UInt32(4 * stream.uniform()))
        totals[column] += Double(values[values.count - 1])
        nonZeros[column] += 1
      }
      do {
        try builder.appendRow(columns: columns, values: values)
      } catch {
        preconditionFailure("increasing columns and counts above 0: \(error)")
      }
    }
    rows = RowData(rows: 0..<count, matrix: .counts(builder.build()))
    summary = DataSummary(
      rows: Table(names: (0..<count).map { "row\($0)" }),
      columns: Table(names: (0..<q).map { "gene\($0)" }), columnTotals: totals,
      columnMaxima: totals, columnNonZeros: nonZeros, fingerprint: "stand-in")
  }
}
