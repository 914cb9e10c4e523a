import Foundation
import LinearAlgebra
import Modeling
import Models
import Networks
import Probability
import TestSupport

/// One configuration of the published scDGD on 60 training and 20 validation cells with 120 genes.
struct DGDGolden {
  static let trainCount = 60
  static let validationCount = 20
  static let geneCount = 120
  static let latent = 6
  static let widths = [32, 24, 28]
  /// What the reference code adds inside its logarithms.
  static let stabilizer = 1e-10
  /// The cells of each minibatch.
  static func minibatches(_ count: Int) -> [[Int]] {
    count == 1 ? [Array(0..<trainCount)] : [Array(0..<35), Array(35..<trainCount)]
  }
  static let names = ["sigmoid-max", "softplus-max", "softmax-sum", "softplus-mean-isotropic"]

  let arrays: TestSupport.ReferenceArrays
  let configuration: DGDConfiguration
  let prior: GaussianMixturePrior
  private let counts: CompressedCounts

  init(_ name: String) throws {
    arrays = try TestSupport.ReferenceArrays("dgd-step/\(name).json")
    var settings = DGDConfiguration()
    settings.latent = Self.latent
    settings.hidden = Self.widths
    settings.components = 4
    settings.start = .published
    settings.priorWeight = .perSample
    settings.lanes = 1
    settings.epochs = 10
    // The lane below says which cells validate.
    settings.validationFraction = 0
    settings.testFraction = 0
    settings.batch = Self.trainCount
    let parts = name.split(separator: "-")
    settings.output = DGDConfiguration.Output(rawValue: String(parts[0])) ?? .identity
    settings.scaling = ["max": .maximum, "mean": .mean, "sum": .total][parts[1]] ?? .none
    settings.covariance = name.hasSuffix("isotropic") ? .isotropic : .diagonal
    configuration = settings
    // As fixture.json states for each configuration.
    prior =
      settings.output == .softplus
      ? GaussianMixturePrior(radius: 2, hardness: 5, sigma: 0.1, spread: 1, concentration: 2)
      : GaussianMixturePrior(radius: 1, hardness: 1, sigma: 0.05, spread: 1, concentration: 1)
    var builder = CompressedCounts.Builder(columnCount: Self.geneCount)
    for row in try Reference.table("dgd-step/counts.tsv") {
      try builder.appendRow(
        columns: Array(0..<Int32(Self.geneCount)), values: row.map { UInt32($0) ?? 0 })
    }
    counts = builder.build()
  }

  /// Annotations of the cells, none of which these tests read.
  var summary: DataSummary {
    let total = Self.trainCount + Self.validationCount
    let zeros = [Double](repeating: 0, count: Self.geneCount)
    return DataSummary(
      rows: Table(names: (0..<total).map { "cell\($0)" }),
      columns: Table(names: (0..<Self.geneCount).map { "gene\($0)" }), columnTotals: zeros,
      columnMaxima: zeros, columnNonZeros: zeros.map { Int($0) }, fingerprint: "golden")
  }

  /// The parts of the model that these settings describe.
  func architecture() throws -> DGDArchitecture { try DGDArchitecture(configuration, summary) }

  /// s of all cells.
  func scales() throws -> [Double] { try architecture().heads[0].scales(of: .counts(counts)) }

  /// The reference's decoder, in double precision.
  func decoder() throws -> ExactDecoder {
    let head = try architecture().heads[0]
    return ExactDecoder(
      trunk: Networks.Network<Double>(inputCount: Self.latent, []),
      heads: [
        ExactDecoder.Head(
          hidden: Networks.Network(
            inputCount: Self.latent, layers: layers { $0 }, activation: .relu),
          output: PlainOutput(
            OutputSpecification(
              head.likelihood, head.link, outputCount: Self.geneCount,
              inputCount: Self.widths[2], stabilizer: Self.stabilizer),
            weights: arrays["init/decoder/main.6.weight"],
            biases: arrays["init/decoder/main.6.bias"],
            logDispersions: arrays["init/decoder/nb.log_r"]))
      ])
  }

  private func layers<Scalar: NetworkScalar>(
    _ convert: (Double) -> Scalar
  ) -> [DenseWeights<Scalar>] {
    (0..<3).map { layer in
      DenseWeights(
        weights: arrays["init/decoder/main.\(2 * layer).weight"].map(convert),
        biases: arrays["init/decoder/main.\(2 * layer).bias"].map(convert))
    }
  }

  /// The latent space with the reference's mixture.
  var space: LatentSpace {
    LatentSpace(dimension: Self.latent, mixture: mixture("init/mixture"), prior: prior)
  }

  /// The model in single precision with the reference's parameters, all cells in one lane.
  func production(
    minibatches: Int
  ) throws -> (model: DGD, shared: DGDShared, lane: DGDLane) {
    var settings = configuration
    // All cells are training cells to the model; the lane below says which validate.
    settings.batch = (Self.trainCount + Self.validationCount) / minibatches
    let model = try DGD(settings, for: summary)
    var shared = model.start()
    shared.spaces = [space]
    let exact = try decoder().heads[0].output
    shared.decoder = DecoderNetwork(
      trunk: Networks.Network(inputCount: Self.latent, []),
      heads: [
        DecoderNetwork.Head(
          hidden: Networks.Network(
            inputCount: Self.latent, layers: layers { Float($0) }, activation: .relu),
          output: OutputHead(
            shared.decoder.heads[0].output.specification, weights: exact.weights.map { Float($0) },
            biases: exact.biases.map { Float($0) },
            logDispersions: exact.logDispersions.map { Float($0) }))
      ])
    let rows = 0..<Self.trainCount + Self.validationCount
    var saved = model.architecture.emptySaved(rowCount: rows.count)
    saved.spaces[0].values =
      (arrays["init/z_train"] + arrays["init/z_validation"]).map { Float($0) }
    var uses = DGDLane.Uses()
    uses.train = Array(0..<Self.trainCount)
    uses.validation = Array(Self.trainCount..<rows.count)
    let lane = DGDLane(
      rows: rows,
      values: [
        DGDLane.Values(matrix: .counts(counts), scales: try scales().map { Float($0) })
      ], uses: uses, labels: [[]], saved: saved)
    return (model, shared, lane)
  }

  func mixture(_ place: String) -> GaussianMixture {
    GaussianMixture(
      dimension: Self.latent, isIsotropic: configuration.covariance == .isotropic,
      means: arrays["\(place)/mean"], logPrecisions: arrays["\(place)/logbeta"],
      weightLogits: arrays["\(place)/weight"])
  }

  /// Some cells as the networks take them.
  func batch(_ cells: some Collection<Int>, hidden: [Double]) throws -> OutputBatch<Double> {
    var values = SparseBatch<Double>(columnCount: Self.geneCount)
    let all = try scales()
    for row in cells {
      counts.forEachNonZero(inRow: row) { values.append(column: $0, value: Double($1)) }
      values.endRow()
    }
    return OutputBatch(
      hidden: hidden, scales: cells.map { all[$0] }, values: values,
      groups: LaneGroups(sizes: [cells.count]))
  }
}
