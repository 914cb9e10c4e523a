public import Modeling

/// What one rank of a planned fit holds: the busiest one.
struct PlannedTBLDA {
  /// L, G, I, S.
  let sampleCount: Int
  let geneCount: Int
  let donorCount: Int
  let variantCount: Int
  /// J: of a usual ancestry.
  let populationCount = 5
  /// Lanes in all and of this rank.
  let laneCount: Int
  let ownLanes: Int
  /// Samples, variants and non-zeros of this rank.
  let ownSamples: Int
  let ownVariants: Int
  let ownNonZeros: Int

  init(_ configuration: TBLDAConfiguration, _ shape: DataShape, ranks: Int) {
    sampleCount = max(1, shape.rowCount)
    geneCount = max(1, shape.columnCount)
    let genotypes = shape.companions[GenotypeShape.self]
    let donors = genotypes?.donorCount ?? 0
    donorCount = max(1, donors > 0 ? donors : shape.rowCount)
    variantCount = max(1, genotypes?.variantCount ?? 0)
    laneCount = TBLDA.laneCount(configuration, rowCount: shape.rowCount)
    ownLanes = (laneCount + ranks - 1) / ranks
    ownSamples = (sampleCount * ownLanes + laneCount - 1) / laneCount
    ownVariants = (variantCount * ownLanes + laneCount - 1) / laneCount
    ownNonZeros = Int(Double(shape.nonZeroCount) * Double(ownLanes) / Double(laneCount))
  }
}

extension PlannedTBLDA {
  /// What the counts of this rank take.
  fileprivate var countBytes: Int { 3 * ownNonZeros + 2 * ownSamples * ((geneCount + 255) / 256) }

  /// Memory of the data; on disk a lane's at a time, beside what writes and reads files.
  fileprivate func data(onDisk: Bool) -> [FitPlan.Part] {
    let ofVariants = ownVariants * donorCount
    guard onDisk else {
      return [
        .init("counts", bytes: 3 * ownNonZeros + 16 * ownSamples),
        .init("genotypes of all donors", bytes: 2 * variantCount * donorCount + ofVariants),
      ]
    }
    let lanes = max(1, ownLanes)
    return [
      .init("counts of a lane, places of all", bytes: 2 * countBytes / lanes + 16 * ownSamples),
      .init("genotypes of a lane", bytes: ofVariants / lanes),
      .init("genotypes being read", bytes: 20_000_000),
    ]
  }
}

extension TBLDA: TimedModel {
  /// Iterations that coordinate ascent usually takes.
  private static let usualIterations = 300

  /// Passes over all minibatches likewise.
  private static let usualPasses = 150

  /// Memory of the rank with most lanes, and the messages of an iteration.
  ///
  /// An epoch is what lies between two values of the bound: `check` iterations, or 25 stochastic steps.
  public static func plan(
    _ configuration: TBLDAConfiguration, _ shape: DataShape, ranks: Int
  ) -> FitPlan {
    let planned = PlannedTBLDA(configuration, shape, ranks: ranks)
    let (L, G, K) = (planned.ownSamples, planned.geneCount, configuration.topics)
    let (I, S, J) = (planned.donorCount, planned.variantCount, planned.populationCount)
    let isStochastic = configuration.inference == .stochastic
    // Stochastic steps keep two moments, draws, slopes and logarithms of everything, the refinement all but the
    // moments; momentum the last point, the one before it, and what an iteration makes of them.
    let refinement = configuration.refinementSteps(
      parameterCount: K * (G + planned.sampleCount + 2 * S))
    let batches = configuration.batch.map { max(1, (I + $0 - 1) / $0) }
    let copies = isStochastic ? 10 : refinement > 0 ? 8 : batches == nil ? 6 : 4
    // With minibatches a window is some passes over all of them, and one iteration over everyone.
    let steps =
      isStochastic
      ? reportInterval : batches.map { configuration.check * $0 + 1 } ?? configuration.check
    let iterations =
      isStochastic
      ? configuration.iterationLimit
      : min(batches.map { usualPasses * $0 } ?? usualIterations, configuration.iterationLimit)
    let screened =
      (configuration.startCount - 1) * min(configuration.screening ?? iterations, iterations)
    let epochs = (iterations + screened + steps - 1) / steps
    // A minibatch takes two rounds, and everyone asks after each whether the disk has failed.
    let (rounds, donors) = batches == nil ? (1, I) : (2, min(I, configuration.batch ?? I))
    var plan = FitPlan(
      laneCount: planned.laneCount,
      memory: planned.data(onDisk: batches != nil) + [
        .init("ancestry", bytes: 16 * S * J),
        .init(
          "posterior of samples and variants", bytes: 8 * copies * K * (L + 2 * planned.ownVariants)
        ),
        .init("topics", bytes: 8 * copies * K * G),
        .init("sums over samples and variants", bytes: 16 * 4 * K * (G + I)),
        .init("what is written", bytes: K * (4 * 8 * S + 3 * 8 * G + 8 * planned.sampleCount)),
        .init("names and annotations", bytes: 80 * (planned.sampleCount + G) + 200 * S),
        .init("program, libraries and reading", bytes: 48_000_000),
      ],
      bytesPerStep: rounds * (16 * (2 * K * donors + K * G + 2) + 16 * 5) + FitPlan.loopBytes
        + (batches == nil ? 0 : 8),
      messagesPerStep: 2 * rounds + (batches == nil ? 1 : 2), stepsPerEpoch: steps, epochs: epochs)
    if batches != nil {
      plan.bytesOnDisk =
        planned.countBytes + StoredGenotypes.byteCount(donors: I, variants: S) + S * I / 4
    }
    return plan
  }
}
