import Concurrency
import Foundation
import Modeling
import Models
import Probability
import Sums

/// Sizes of a regression.
struct RegressionShape {
  var rows: Int
  var genes: Int
  var covariates: Int
  var rank: Int
  var density: Double
}

/// Iterations of the regressions, each against the bare products of its shapes, one block of rows at a time.
struct RegressionBench {
  let repetitions: Int
  let clock: BenchClock
  let workers: Workers

  /// Newton iterations and Adam's steps.
  func prrr(_ shape: RegressionShape) throws -> [RegressionResult] {
    var configuration = PRRRConfiguration()
    configuration.rank = shape.rank
    configuration.restarts = 1
    configuration.tolerance = 0
    configuration.iterations = 1_000_000
    let data = RegressionData(shape, isCount: false)
    return try [PRRRConfiguration.Inference.map, .adam].map { inference in
      configuration.inference = inference
      let model = try PRRR(configuration, for: data.summary, covariates: data.covariates)
      let (k, width) = (shape.rank, shape.rank + 1)
      // Predictors and moments of genes, predictors and moments of rows; or predictors and two gradients.
      let products: [BareProduct] =
        inference == .map
        ? [
          .predictors(width), .geneMoments(width * (width + 1) / 2), .predictors(width),
          .rowMoments(k + k * (k + 1) / 2),
        ] : [.predictors(width), .geneMoments(width), .rowMoments(width)]
      return try measure(
        model, "prrr \(inference.rawValue)", shape, data, products: products)
    }
  }

  /// Rounds of coordinate ascent.
  func nonnegative(_ shape: RegressionShape) throws -> RegressionResult {
    var configuration = NonnegativePRRRConfiguration()
    configuration.rank = shape.rank
    configuration.restarts = 1
    configuration.tolerance = 0
    configuration.iterations = 1_000_000
    let data = RegressionData(shape, isCount: true)
    let model = try NonnegativePRRR(configuration, for: data.summary, covariates: data.covariates)
    let k = shape.rank
    // Scores and rates twice, updates of both sides; the design matrix takes part in three of them.
    return try measure(
      model, "nn-prrr gamma", shape, data,
      products: [
        .scores(k), .predictors(k), .rowMoments(k), .covariateMoments(k), .scores(k),
        .predictors(k), .geneMoments(k),
      ])
  }

  private func measure<Fitted: Model>(
    _ model: Fitted, _ name: String, _ shape: RegressionShape, _ data: RegressionData,
    products: [BareProduct]
  ) throws -> RegressionResult where Fitted.Lane == CountRegressionLane {
    let laneCount = Fitted.laneCount(model.configuration, rowCount: shape.rows)
    var lanes: [CountRegressionLane] = []
    var nonZeros = 0
    for lane in 0..<laneCount {
      let rows = data.cells.lane(lane, of: laneCount)
      if case .counts(let counts) = rows.matrix { nonZeros += counts.nonZeroCount }
      lanes.append(try model.lane(from: rows))
    }
    var floorProducts = RegressionProducts(shape, products)
    var shared = model.start()
    var times: [Double] = []
    var floors: [Double] = []
    for repetition in 0..<repetitions + 2 {
      let floor = clock.time { floorProducts.multiply(on: workers) }
      let seconds = try clock.time {
        _ = try model.step(&shared, &lanes, with: Alone(), on: workers)
      }
      // The first two find new memory and no moments yet.
      guard repetition > 1 else { continue }
      floors.append(floor)
      times.append(seconds)
    }
    let cells = shape.rows * shape.genes
    return RegressionResult(
      name: name, rows: shape.rows, genes: shape.genes, nonZeros: nonZeros,
      seconds: median(times), floor: median(floors),
      ratio: median(zip(times, floors).map { $0 / $1 }),
      nanoseconds: median(times) / Double(cells) * 1e9, peakBytes: peakBytes(),
      denseBytes: 8 * cells)
  }

  private func peakBytes() -> Int {
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}

/// Random counts and covariates.
private struct RegressionData {
  let cells: BenchCells
  let covariates: [RawCovariate]

  /// - Parameter isCount: covariates of 0, 1, 2, as alleles are counted; else normal.
  init(_ shape: RegressionShape, isCount: Bool) {
    cells = BenchCells(rowCount: shape.rows, geneCount: shape.genes, density: shape.density)
    covariates = (0..<shape.covariates).map { column in
      var stream = RandomSource(seed: 2).stream("benchmark covariate", index: column)
      return RawCovariate(
        "x\(column)",
        .numbers(
          (0..<shape.rows).map { _ in
            isCount
              ? (stream.uniform() < 0.4 ? 1 : 0) + (stream.uniform() < 0.4 ? 1 : 0)
              : stream.normal()
          }))
    }
  }

  var summary: DataSummary { cells.summary }
}
