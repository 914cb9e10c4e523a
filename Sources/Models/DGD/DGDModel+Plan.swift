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
        .init("minibatch", bytes: minibatchBytes(configuration, shape, share: share)),
        .init("program, libraries and reading", bytes: 55_000_000),
      ],
      bytesPerStep: 8 * limbs + FitPlan.loopBytes, messagesPerStep: 2,
      stepsPerEpoch: max(1, steps),
      epochs: configuration.epochCount(batchCount: max(1, steps)), closingMessages: 2,
      closingBytes: closing + FitPlan.loopBytes)
  }

  /// What a minibatch needs while it is worked on: its entries (column, value, position, value in the order of
  /// the tiles), hidden activations and gradients, and with softmax two tiles a gene for up to 256 rows.
  private static func minibatchBytes(
    _ configuration: DGDConfiguration, _ shape: DataShape, share: Double
  ) -> Int {
    let rows = max(1, Int((share * Double(min(configuration.batch, shape.rowCount))).rounded(.up)))
    let entries = Double(shape.nonZeroCount) / Double(max(shape.rowCount, 1)) * Double(rows)
    let width = configuration.hidden.last ?? configuration.latent
    let chunks = (shape.columnCount + CompressedCounts.chunkWidth - 1) / CompressedCounts.chunkWidth
    let blocks = (rows + 15) / 16
    let gradients = min(chunks, 32) * blocks * 16 * width * 4
    let tiles =
      configuration.output == .softmax
      ? 2 * chunks * min(blocks, 16) * 16 * CompressedCounts.chunkWidth * 4 : 0
    return Int(entries * 14) + gradients + tiles
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
