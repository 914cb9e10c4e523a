public import Modeling
import Networks

extension DGDModel: PlannableModel {
  /// Memory of the rank with most rows, and the all-reduce of a minibatch.
  public static func plan(
    _ configuration: DGDConfiguration, _ shape: DataShape, ranks: Int
  ) -> FitPlan {
    let (N, G, L) = (shape.rowCount, shape.columnCount, configuration.latent)
    let lanes = laneCount(configuration, rowCount: N)
    let plan = LanePlan(rowCount: N, laneCount: lanes)
    let ownRows = (0..<ranks).map { plan.rows(ofRank: $0, of: ranks).count }.max() ?? N
    let share = Double(ownRows) / Double(max(N, 1))
    let chunks = (G + CompressedCounts.chunkWidth - 1) / CompressedCounts.chunkWidth
    let counts = Int(share * Double(2 * shape.nonZeroCount)) + ownRows * (2 * chunks + 16)
    let scalar = MemoryLayout<Scalar>.size
    var hidden = 0
    var width = L
    for next in configuration.hidden {
      hidden += next * (width + 1)
      width = next
    }
    let output = G * (width + 2)
    let start = DGDModel.emptyLayers(configuration, G)
    let widths = configuration.covariance == .isotropic ? 1 : L
    let mixture = configuration.components * (L + widths + 1)
    // Gradients of decoder and mixture, three losses, two fault counters for each of the four blocks.
    let limbs =
      start.hidden.limbCount + start.output.limbCount + 2 * mixture + 2 * 3 + 2 * 4
    // The validation cells: three losses and the block's fault counters.
    let closing = 8 * (2 * 3 + 2)
    let train = 1 - configuration.validationFraction - configuration.testFraction
    let steps = (Int(Double(N) * train) + configuration.batch - 1) / configuration.batch
    return FitPlan(
      laneCount: lanes,
      memory: [
        .init("counts, compressed", bytes: counts),
        .init("representations and moments", bytes: ownRows * (4 * L * scalar + 16 + scalar)),
        .init("names and annotations of all cells", bytes: N * 40 + G * 80),
        .init("decoder and moments", bytes: 3 * scalar * (hidden + output)),
        .init("sums of gradients", bytes: 8 * limbs),
        .init("program and libraries", bytes: 60_000_000),
      ],
      bytesPerStep: 8 * limbs + FitPlan.loopBytes, messagesPerStep: 2,
      stepsPerEpoch: max(1, steps),
      epochs: configuration.epochCount(batchCount: max(1, steps)), closingMessages: 2,
      closingBytes: closing + FitPlan.loopBytes)
  }

  /// Layers of the right shape, all zero.
  private static func emptyLayers(
    _ configuration: DGDConfiguration, _ geneCount: Int
  ) -> (hidden: Hidden, output: Output) {
    var layers: [HiddenLayer<Scalar>] = []
    var width = configuration.latent
    for next in configuration.hidden {
      layers.append(
        HiddenLayer(
          weights: Array(repeating: 0, count: next * width),
          biases: Array(repeating: 0, count: next)))
      width = next
    }
    let zeros = [Scalar](repeating: 0, count: geneCount)
    return (
      Hidden(inputCount: configuration.latent, layers: layers),
      Output(
        OutputSpecification(
          configuration.likelihood.network, configuration.output.network, outputCount: geneCount,
          inputCount: width),
        weights: Array(repeating: 0, count: geneCount * width), biases: zeros,
        logDispersions: zeros)
    )
  }
}
