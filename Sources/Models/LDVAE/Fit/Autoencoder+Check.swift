import LinearAlgebra
public import Modeling
import Networks
import Probability
import Sums

extension Autoencoder: CheckableModel {
  /// Derivatives of a minibatch's loss by every part, through normalisations and draws with fixed noise, in double
  /// precision against central differences; and the production layers against these.
  ///
  /// - Throws: `ModelError` where the settings and the data do not go together; a fault of a sum.
  public static func check(
    _ configuration: Kind.Configuration, data: DataSummary, rows: RowData
  ) throws -> [GradientComparison] {
    let model = try Autoencoder(configuration, for: data)
    return try AutoencoderCheck(model, try model.lane(from: rows)).comparisons()
  }

  /// The objective of a check: the divergence counts half.
  fileprivate var checkedObjective: AutoencoderObjective {
    AutoencoderObjective(
      divergenceWeight: 0.5,
      libraryPriors: Array(
        repeating: NormalPrior(mean: 3, variance: 0.5), count: max(1, batches.names.count)),
      epoch: 0, random: random)
  }
}

/// The loss of some cells as a function of all parameters.
private struct AutoencoderCheck<Kind: AutoencoderKind> {
  let model: Autoencoder<Kind>
  let lane: AutoencoderLane
  let noise: CellNoise<Float>
  let workers = Workers(threadCount: 1)

  init(_ model: Autoencoder<Kind>, _ lane: AutoencoderLane) {
    self.model = model
    self.lane = lane
    noise = model.noise(Array(lane.rows), step: 0, "checked noise")
  }

  private func batch<Scalar: NetworkScalar>() -> CellBatch<Scalar> {
    CellBatch(
      [(lane: lane, positions: Array(0..<lane.rows.count)[...])],
      columnCount: model.data.columnCount, on: workers)
  }

  private func gradient<Scalar: NetworkScalar>(
    _ network: AutoencoderNetwork<Scalar>
  ) throws(SumFault) -> AutoencoderGradient<Scalar> {
    try network.gradient(
      batch(),
      CellNoise(
        latents: noise.latents.map { Scalar($0) }, library: noise.library.map { Scalar($0) }),
      model.checkedObjective, AutoencoderPools(), with: Alone(), on: workers)
  }

  func comparisons() throws -> [GradientComparison] {
    var network: AutoencoderNetwork<Double> = model.initialNetwork()
    var blocks: [(name: String, values: [Double])] = []
    network.withEachParameters { name, parameters in
      blocks.append((name: name, values: parameters.values))
    }
    let exact = network.byParts(try gradient(network))
    func value(_ point: [[Double]]) throws(SumFault) -> Double {
      var moved = network
      var part = 0
      moved.withEachParameters { _, parameters in
        parameters = parameters.with(values: point[part])
        part += 1
      }
      let losses = try gradient(moved).losses
      return (losses.reconstruction + 0.5 * losses.divergence + losses.libraryDivergence)
        / losses.count
    }
    let differences = try comparedDerivatives(of: blocks, gradients: exact, value: value)
    let single: AutoencoderNetwork<Float> = model.initialNetwork()
    let found = single.byParts(try gradient(single))
    let precisions = blocks.indices.map { block in
      let direction = checkedDirection(block: block, count: blocks[block].values.count)
      return GradientComparison(
        "\(blocks[block].name), single precision",
        derivative: zip(found[block].map { Double($0) }, direction).map(*).reduce(0, +),
        difference: zip(exact[block], direction).map(*).reduce(0, +), tolerance: 1e-3)
    }
    return differences + precisions
  }
}
