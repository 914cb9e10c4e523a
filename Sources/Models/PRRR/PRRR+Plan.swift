public import Concurrency
public import Modeling

extension PRRR: TimedModel {
  /// Rounds of conjugate gradients that a step of U usually takes, each with a message.
  private static let usualRounds = 12
  /// Iterations that a maximum usually takes.
  private static let usualIterations = 60

  /// Memory of the rank with most rows, and the messages of a step.
  ///
  /// An epoch is a step. Newton steps are counted as they usually go: each step once, none refused.
  public static func plan(
    _ configuration: PRRRConfiguration, _ shape: DataShape, ranks: Int
  ) -> FitPlan {
    let planned = planned(configuration, shape, ranks: ranks)
    let (p, q, k) = (planned.covariateCount, planned.geneCount, planned.factorCount)
    let (width, packed) = (k + 1, packedCount(k + 1))
    let parameters = p * k + q * width
    let rowBytes = 8 * planned.distinctRows * (width + k + packedCount(k))
    var messages = [
      PlannedRegression.bytes(numbers: 1 + p * k + q * width + 1, blocks: 4)
    ]
    var sums = 16 * 3 * q * width
    var copies = 6
    switch configuration.inference {
    case .map:
      messages = [
        PlannedRegression.bytes(numbers: q * (width + packed) + 1, blocks: 3), 8 * width,
        PlannedRegression.bytes(numbers: q + 1, blocks: 2),
      ]
      if !configuration.fullRank {
        messages.append(
          PlannedRegression.bytes(
            numbers: p * k + k + 2 * p * packedCount(k) + packedCount(k), blocks: 5))
        messages += Array(
          repeating: PlannedRegression.bytes(numbers: p * k + k, blocks: 2), count: usualRounds)
      }
      sums = 40 * q * (width + packed)
    case .adam: break
    case .variational:
      messages = Array(repeating: messages[0], count: configuration.draws)
      copies = 16
    }
    let iterations =
      configuration.inference == .map
      ? min(usualIterations, configuration.iterationLimit) : configuration.iterationLimit
    return FitPlan(
      laneCount: planned.laneCount,
      memory: planned.dataParts + [
        .init("scores and moments of rows", bytes: rowBytes),
        .init("coefficients", bytes: 8 * copies * parameters),
        .init("sums over rows", bytes: sums), PlannedRegression.program,
      ],
      bytesPerStep: messages.reduce(0, +) + FitPlan.loopBytes, messagesPerStep: messages.count + 1,
      stepsPerEpoch: 1, epochs: iterations * configuration.restartCount)
  }

  private static func planned(
    _ configuration: PRRRConfiguration, _ shape: DataShape, ranks: Int
  ) -> PlannedRegression {
    var options = CountRegression.Options()
    options.missing = configuration.missing
    options.scaling = configuration.scaling
    return PlannedRegression(
      configuration.sources, options, rank: configuration.fullRank ? nil : configuration.rank,
      shape, laneCount: laneCount(configuration, rowCount: shape.rowCount), ranks: ranks)
  }

  /// Steps on stand-in rows with as many covariates.
  ///
  /// Local.
  public static func measuredEpochs(
    _ configuration: PRRRConfiguration, _ shape: DataShape, ranks: [Int], on workers: Workers
  ) throws(ModelError) -> [Double] {
    let fixed = configuration.forTiming
    return try ranks.map { (ranks) throws(ModelError) in
      try planned(configuration, shape, ranks: ranks).seconds(on: workers) {
        (data, covariates) throws(ModelError) in
        try PRRR(fixed, for: data, covariates: covariates)
      }
    }
  }
}
