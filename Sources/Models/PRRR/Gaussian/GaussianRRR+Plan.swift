public import Concurrency
public import Modeling

extension GaussianRRR: TimedModel {
  /// Memory of the rank with most rows, and the messages of the one step: sums, and those of held-out rows.
  public static func plan(
    _ configuration: GaussianRRRConfiguration, _ shape: DataShape, ranks: Int
  ) -> FitPlan {
    let planned = planned(configuration, shape, ranks: ranks)
    let (p, q) = (planned.covariateCount, planned.geneCount)
    let numbers = 2 + p + q + p * p + p * q
    var messages = [PlannedRegression.bytes(numbers: numbers, blocks: 5)]
    if configuration.testFraction > 0 {
      messages.append(PlannedRegression.bytes(numbers: 1 + 6 * q, blocks: 3))
    }
    return FitPlan(
      laneCount: planned.laneCount,
      memory: [
        .init("counts", bytes: 8 * planned.ownNonZeros + 16 * planned.ownRows),
        .init(
          "covariates (\(p) columns)", bytes: 8 * p * (planned.rowCount + 2 * planned.ownRows)),
        // A lane's part, the sums of all, what is solved with.
        .init(
          "sums over rows",
          bytes: 16 * numbers * (1 + planned.laneCount / max(ranks, 1)) + 8 * 6 * p * (p + q)),
        .init("names and annotations of all rows", bytes: planned.rowCount * 40 + q * 80),
        PlannedRegression.program,
      ],
      bytesPerStep: messages.reduce(0, +) + FitPlan.loopBytes, messagesPerStep: messages.count + 1,
      stepsPerEpoch: 1, epochs: 1)
  }

  private static func planned(
    _ configuration: GaussianRRRConfiguration, _ shape: DataShape, ranks: Int
  ) -> PlannedRegression {
    var options = CountRegression.Options()
    options.missing = configuration.missing
    options.scaling = configuration.scaling
    return PlannedRegression(
      configuration.sources, options, rank: configuration.rank, shape,
      laneCount: laneCount(configuration, rowCount: shape.rowCount), ranks: ranks)
  }

  /// The step on stand-in rows with as many covariates.
  ///
  /// Local.
  public static func measuredEpochs(
    _ configuration: GaussianRRRConfiguration, _ shape: DataShape, ranks: [Int],
    on workers: Workers
  ) throws(ModelError) -> [Double] {
    var standIn = configuration
    standIn.sources = CovariateSources()
    standIn.testFraction = 0
    let fixed = standIn
    return try ranks.map { (ranks) throws(ModelError) in
      try planned(configuration, shape, ranks: ranks).seconds(on: workers) {
        (data, covariates) throws(ModelError) in
        try GaussianRRR(fixed, for: data, covariates: covariates)
      }
    }
  }
}
