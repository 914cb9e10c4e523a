public import Concurrency
public import Modeling
import Optimization

extension NonnegativePRRR: TimedModel {
  /// Rounds that coordinate ascent and EM usually take.
  private static let usualIterations = 300

  /// Memory of the rank with most rows, and the messages of a step: one for each side and the allotments between
  /// them, or one for both.
  ///
  /// An epoch is a step.
  public static func plan(
    _ configuration: NonnegativePRRRConfiguration, _ shape: DataShape, ranks: Int
  ) -> FitPlan {
    let planned = planned(configuration, shape, ranks: ranks)
    let (p, q, k) = (planned.covariateCount, planned.geneCount, planned.factorCount)
    let alternates = configuration.inference == .gamma || configuration.inference == .map
    let allotments = Array(repeating: p * k, count: Self.allotments - 1)
    let numbers = alternates ? [1 + p * k] + allotments + [1 + q * k] : [1 + p * k + q * k]
    let draws = configuration.inference == .lognormal ? configuration.draws : 1
    let messages = numbers.map {
      PlannedRegression.bytes(numbers: $0, blocks: 3)
    }
    // Of the methods that alternate: a result, its residual, the point and the differences that are mixed.
    let copies =
      switch configuration.inference {
      case .gamma, .map: 3 + 2 * AndersonMixing.depth
      case .adam: 12
      case .lognormal: 24
      }
    return FitPlan(
      laneCount: planned.laneCount,
      memory: planned.dataParts + [
        .init("counts of rows by factor", bytes: 8 * planned.distinctRows * k),
        .init("scores and residuals of a block", bytes: 16 * PoissonBlock.capacity * k),
        .init("loadings", bytes: 8 * copies * (p * k + q * k)),
        .init("sums over rows", bytes: 16 * (alternates ? 2 : 6) * (p * k + q * k)),
        PlannedRegression.program,
      ],
      bytesPerStep: draws * messages.reduce(0, +) + FitPlan.loopBytes,
      messagesPerStep: draws * messages.count + 1, stepsPerEpoch: 1,
      epochs: configuration.restartCount
        * (alternates
          ? min(usualIterations, configuration.iterationLimit) : configuration.iterationLimit))
  }

  private static func planned(
    _ configuration: NonnegativePRRRConfiguration, _ shape: DataShape, ranks: Int
  ) -> PlannedRegression {
    var options = CountRegression.Options()
    options.missing = configuration.missing
    options.isNonnegative = true
    options.addsBaseline = configuration.baseline
    return PlannedRegression(
      configuration.sources, options, rank: configuration.rank, shape,
      laneCount: laneCount(configuration, rowCount: shape.rowCount), ranks: ranks)
  }

  /// Steps on stand-in rows with as many covariates.
  ///
  /// Local.
  public static func measuredEpochs(
    _ configuration: NonnegativePRRRConfiguration, _ shape: DataShape, ranks: [Int],
    on workers: Workers
  ) throws(ModelError) -> [Double] {
    var standIn = configuration.forTiming
    standIn.baseline = false
    let fixed = standIn
    return try ranks.map { (ranks) throws(ModelError) in
      try planned(configuration, shape, ranks: ranks).seconds(on: workers) {
        (data, covariates) throws(ModelError) in
        try NonnegativePRRR(fixed, for: data, covariates: covariates)
      }
    }
  }
}
