public import Concurrency
public import Modeling
import Probability
import Sums

extension TBLDA {
  /// Iterations on stand-in samples and genotypes: a part that is always there and one for each lane.
  ///
  /// Local.
  /// - Throws: `ModelError` where settings and shape do not go together.
  public static func measuredEpochs(
    _ configuration: TBLDAConfiguration, _ shape: DataShape, ranks: [Int], on workers: Workers
  ) throws(ModelError) -> [Double] {
    let laneCount = laneCount(configuration, rowCount: shape.rowCount)
    let sizes = Set([2 * workers.threadCount, 8 * workers.threadCount].map { min($0, laneCount) })
      .sorted()
    let bench = try TBLDAStandIn(configuration, shape, laneCount: sizes[sizes.count - 1])
    var times: [Double] = []
    for size in sizes { times.append(try bench.epoch(lanes: size, on: workers)) }
    return ranks.map { ranks in
      let own = (laneCount + ranks - 1) / ranks
      guard sizes.count == 2 else { return times[0] * Double(own) / Double(sizes[0]) }
      let each = max(0, times[1] - times[0]) / Double(sizes[1] - sizes[0])
      return times[0] + each * Double(own - sizes[0])
    }
  }
}

/// A few lanes as large as those of the planned fit, with random reads and genotypes.
private struct TBLDAStandIn {
  private let model: TBLDA
  private let lanes: [TBLDALane]

  init(
    _ configuration: TBLDAConfiguration, _ shape: DataShape, laneCount: Int
  ) throws(ModelError) {
    let planned = PlannedTBLDA(configuration, shape, ranks: 1)
    let (G, I, J) = (planned.geneCount, planned.donorCount, planned.populationCount)
    func share(_ count: Int) -> Int {
      max(1, (count + planned.laneCount - 1) / planned.laneCount) * laneCount
    }
    let (rows, variants) = (share(planned.sampleCount), share(planned.variantCount))
    let random = RandomSource(seed: 0)
    let density =
      Double(shape.nonZeroCount) / Double(max(1, shape.rowCount))
      / Double(max(1, shape.columnCount))
    func counts(_ rows: Range<Int>) -> CompressedCounts {
      var builder = CompressedCounts.Builder(columnCount: G)
      for row in rows {
        var stream = random.stream("stand-in counts", index: row)
        let columns = (0..<G).filter { _ in stream.uniform() < density }
        do {
          try builder.appendRow(
            columns: columns.map { Int32($0) },
            values: columns.map { _ in 1 + UInt32(40 * stream.uniform()) })
        } catch {
          preconditionFailure("increasing columns and counts above 0: \(error)")
        }
      }
      return builder.build()
    }
    var stream = random.stream("stand-in genotypes")
    var settings = configuration
    settings.heldOutGenotypes = 0
    let cohort = TBLDACohort(
      settings, uses: Array(repeating: .fit, count: rows), donorOfSample: (0..<rows).map { $0 % I },
      donors: (0..<I).map { "donor\($0)" },
      variants: Table(names: (0..<variants).map { "variant\($0)" }),
      genotypes: (0..<variants * I).map { _ in UInt8(3 * stream.uniform()) },
      ancestry: (
        J, (0..<variants * J).map { _ in 0.1 + 0.8 * stream.uniform() },
        Array(repeating: 1 / Double(J), count: J * I)
      ), random)
    let fitted = TBLDA(settings, cohort, geneTotals: Array(repeating: Double(10 * rows), count: G))
    let plan = LanePlan(rowCount: rows, laneCount: laneCount)
    lanes = (0..<laneCount).map { lane in
      let own = plan.rows(ofLane: lane)
      return TBLDALane(rows: own, counts: .resident(counts(own)), of: fitted)
    }
    model = fitted
  }

  /// Seconds of an epoch with so many lanes.
  func epoch(lanes count: Int, on workers: Workers) throws(ModelError) -> Double {
    var (shared, own) = (model.start(), Array(lanes[..<count]))
    if model.configuration.inference == .stochastic {
      let step = try Stopwatch.medianSeconds(on: workers) {
        _ = try model.stochasticIteration(
          &shared, &own, draw: 0, rate: 0.01, with: Alone(), on: workers)
      }
      return Double(TBLDA.reportInterval) * step
    }
    if let batchCount = model.batchCount {
      // A window: everyone, then passes over all minibatches.
      shared.iteration = 1
      let batch = try Stopwatch.medianSeconds(on: workers) {
        try model.batchIteration(
          &shared, &own, batchCount: batchCount, with: Alone(), on: workers)
      }
      let whole = try Stopwatch.medianSeconds(on: workers) {
        _ = try model.coordinateIteration(
          &shared, &own, wantsBound: true, with: Alone(), on: workers)
      }
      return Double(model.window - 1) * batch + whole
    }
    let iteration = try Stopwatch.medianSeconds(on: workers) {
      _ = try model.acceleratedIteration(&shared, &own, with: Alone(), on: workers)
    }
    return Double(model.configuration.check) * iteration
  }
}
