public import Modeling
import Networks

extension Autoencoder: PlannableModel {
  /// Memory of the rank with most rows, and the all-reduces of a minibatch.
  public static func plan(
    _ configuration: Kind.Configuration, _ shape: DataShape, ranks: Int
  ) -> FitPlan {
    let settings = configuration.common
    let (N, G, L) = (shape.rowCount, shape.columnCount, settings.latent)
    let lanes = laneCount(configuration, rowCount: N)
    let plan = LanePlan(rowCount: N, laneCount: lanes)
    let ownRows = (0..<ranks).map { plan.rows(ofRank: $0, of: ranks).count }.max() ?? N
    let share = Double(ownRows) / Double(max(N, 1))
    let chunks = (G + CompressedCounts.chunkWidth - 1) / CompressedCounts.chunkWidth
    let counts = Int(share * Double(2 * shape.nonZeroCount)) + ownRows * (2 * chunks + 32)
    let size = NetworkSize(configuration, geneCount: G)
    let train = Int(Double(N) * (1 - settings.validationFraction - settings.testFraction))
    let steps = max(1, (train + settings.batch - 1) / settings.batch)
    let rows = max(1, Int((share * Double(min(settings.batch, N))).rounded(.up)))
    let tiles = 2 * chunks * (min(rows, 256) + 15) / 16 * 16 * CompressedCounts.chunkWidth * 4
    let copies = settings.patience == nil ? 3 : 4
    return FitPlan(
      laneCount: lanes,
      memory: [
        .init("counts, compressed", bytes: counts),
        .init("latents and losses", bytes: ownRows * (8 * L + 60)),
        .init("names and annotations of all cells", bytes: N * 40 + G * 80),
        .init("networks, moments, best state", bytes: 4 * copies * size.numbers),
        .init("sums of gradients", bytes: 8 * (size.layers + size.output)),
        .init("minibatch", bytes: tiles + 4 * rows * (3 * settings.hidden + 4 * L) + 16 * G * L),
        .init("program, libraries and reading", bytes: 55_000_000),
      ],
      bytesPerStep: 8 * (size.layers + size.output) + FitPlan.loopBytes,
      messagesPerStep: 3 + size.normalizations, stepsPerEpoch: steps,
      epochs: settings.epochCount(trainCount: train), closingMessages: 2,
      closingBytes: 64 + FitPlan.loopBytes)
  }
}

/// How many numbers networks have.
private struct NetworkSize {
  /// Integers of the gradients of encoders and hidden layers.
  let layers: Int
  /// Integers of the gradient of the output layer.
  let output: Int
  /// Integers of the gradients of all layers together.
  var numbers: Int { layers + output }
  /// Sums of a step that normalisations need, forwards and backwards.
  let normalizations: Int

  init<Configuration: AutoencoderConfiguration>(_ configuration: Configuration, geneCount: Int) {
    func padded(_ width: Int) -> Int { (width + 7) & ~7 }
    let settings = configuration.common
    let H = settings.hidden
    func encoder(_ layers: Int, _ outputs: Int) -> Int {
      (geneCount + 1) * padded(H) + (layers - 1) * H * padded(H + 1) + layers * H * 8
        + 2 * outputs * padded(H + 1)
    }
    var layers = encoder(settings.layers, settings.latent)
    var sums = 2 * settings.layers
    if settings.library == .latent {
      layers += encoder(1, 1)
      sums += 2
    }
    var inputs = settings.latent
    switch configuration.decoder {
    case .linear(let normalization): sums += normalization == .batch ? 1 : 0
    case .network(let widths):
      for width in widths {
        layers += width * (padded(inputs + 1) + 8)
        inputs = width
        sums += 2
      }
    }
    self.layers = layers
    output = geneCount * padded(inputs + 2) * (settings.likelihood == .zeroInflated ? 2 : 1)
    normalizations = sums
  }
}
