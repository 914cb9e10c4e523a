public import Modeling
import Networks

extension DGD: PlannableModel {
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
    let scalar = MemoryLayout<Float>.size
    var hidden = 0
    var width = L
    for next in configuration.hidden {
      hidden += next * (width + 1)
      width = next
    }
    let output = G * (width + 2)
    let limbsOfDecoder = decoderLimbCount(configuration, G)
    let widths = configuration.covariance == .isotropic ? 1 : L
    let mixture = configuration.components * (L + widths + 1)
    // Gradients of decoder and mixture, three losses, two fault counters for each of the four blocks.
    let limbs =
      limbsOfDecoder + 2 * mixture + 2 * 3 + 2 * 4
    // The validation cells: three losses and the block's fault counters.
    let closing = 8 * (2 * 3 + 2)
    let train = 1 - configuration.validationFraction - configuration.testFraction
    let steps = (Int(Double(N) * train) + configuration.batch - 1) / configuration.batch
    var memory: [FitPlan.Part] = [
      .init("counts, compressed", bytes: counts),
      .init("representations and moments", bytes: ownRows * (4 * L * scalar + 16 + scalar)),
      .init("names and annotations of all cells", bytes: N * 40 + G * 80),
      .init("decoder and moments", bytes: 3 * scalar * (hidden + output)),
      .init("sums of gradients", bytes: 8 * limbs),
      .init("minibatch", bytes: minibatchBytes(configuration, shape, share: share)),
      .init(
        "measuring and writing", bytes: closingBytes(configuration, shape, output * scalar)),
    ]
    let training = memory[4...].reduce(2 * scalar * (hidden + output)) { $0 + $1.bytes }
    let beyond = startBytes(configuration, shape) - training
    if configuration.usedPatience(batchCount: max(1, steps)) != nil {
      memory.append(
        .init(
          "state of the best epoch",
          bytes: 3 * scalar * (hidden + output) + ownRows * L * scalar))
    }
    if beyond > 0 { memory.append(.init("start, beyond the training", bytes: beyond)) }
    memory.append(.init("program, libraries and reading", bytes: 55_000_000))
    return FitPlan(
      laneCount: lanes, memory: memory,
      bytesPerStep: 8 * limbs + FitPlan.loopBytes, messagesPerStep: 2,
      stepsPerEpoch: max(1, steps),
      epochs: configuration.epochCount(batchCount: max(1, steps)),
      closingMessages: configuration.start == .spectral ? 3 : 2,
      closingBytes: closing + FitPlan.loopBytes
        // The scales of the representations, which a spectral start holds.
        + (configuration.start == .spectral ? 8 * (2 * L + 2) : 0))
  }

  /// What a minibatch needs while it is worked on: its entries (column, value, position, value in the order of
  /// the tiles), hidden activations and gradients, and with softmax the tiles of up to 256 rows.
  private static func minibatchBytes(
    _ configuration: DGDConfiguration, _ shape: DataShape, share: Double
  ) -> Int {
    let rows = max(1, Int((share * Double(min(configuration.batch, shape.rowCount))).rounded(.up)))
    let entries = Double(shape.nonZeroCount) / Double(max(shape.rowCount, 1)) * Double(rows)
    let width = configuration.hidden.last ?? configuration.latent
    let blocks = (rows + 15) / 16
    let gradients = min(chunkCount(shape), 32) * blocks * 16 * width * 4
    return Int(entries * 14) + pooled(gradients)
      + pooled(tileBytes(configuration, shape, rows: min(256, rows)))
  }

  /// Tiles of 64 rows, when all cells are measured, and the decoder's weights as they are written.
  private static func closingBytes(
    _ configuration: DGDConfiguration, _ shape: DataShape, _ outputBytes: Int
  ) -> Int {
    pooled(tileBytes(configuration, shape, rows: min(64, shape.rowCount))) + outputBytes * 5 / 2
  }

  /// Softmax needs all logits of a row before the first probability: two tiles a gene.
  private static func tileBytes(
    _ configuration: DGDConfiguration, _ shape: DataShape, rows: Int
  ) -> Int {
    configuration.output == .softmax
      ? 2 * chunkCount(shape) * ((rows + 15) / 16) * 16 * CompressedCounts.chunkWidth * 4 : 0
  }

  private static func chunkCount(_ shape: DataShape) -> Int {
    (shape.columnCount + CompressedCounts.chunkWidth - 1) / CompressedCounts.chunkWidth
  }

  /// Buffers that are used again are made an eighth larger than needed.
  private static func pooled(_ bytes: Int) -> Int { bytes + bytes / 8 }

  /// The spectral start: basis, image, its sums and one thread's part of them, the basis made orthonormal; then
  /// the profiles of the classes.
  private static func startBytes(
    _ configuration: DGDConfiguration, _ shape: DataShape
  ) -> Int {
    guard configuration.start == .spectral else { return 0 }
    let width = min(
      configuration.latent + SpectralProjection.oversampling, max(shape.columnCount, 1))
    let subspace = 8 * shape.columnCount * width * 7
    let profiles = 8 * shape.columnCount * (configuration.components * 4 + configuration.latent * 3)
    return max(subspace, profiles)
  }

  /// Integers that hold the decoder's gradient.
  private static func decoderLimbCount(
    _ configuration: DGDConfiguration, _ geneCount: Int
  ) -> Int {
    var layers: [DenseWeights<Float>] = []
    var width = configuration.latent
    for next in configuration.hidden {
      layers.append(
        DenseWeights(
          weights: Array(repeating: 0, count: next * width),
          biases: Array(repeating: 0, count: next)))
      width = next
    }
    let zeros = [Float](repeating: 0, count: geneCount)
    let output = OutputHead(
      OutputSpecification(
        configuration.likelihood.network, configuration.output.network, outputCount: geneCount,
        inputCount: width, products: configuration.products.network),
      weights: Array(repeating: 0, count: geneCount * width), biases: zeros,
      logDispersions: zeros)
    return Networks.Network(
      inputCount: configuration.latent, layers: layers, activation: .relu
    ).limbCount
      + output.limbCount
  }
}
