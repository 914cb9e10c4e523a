import Foundation
import LinearAlgebra
import Modeling
import Models
import Networks
import Probability
import TestSupport

/// The model in double precision with plain layers: what the published code is compared with.
typealias ExactDGD = DGDModel<PlainHiddenLayers<Double>, PlainOutputLayer<Double>>

/// One configuration of the published scDGD on 60 training and 20 validation cells with 120 genes.
struct DGDGolden {
  static let trainCount = 60
  static let validationCount = 20
  static let geneCount = 120
  static let latent = 6
  static let widths = [32, 24, 28]
  /// What the reference code adds inside its logarithms.
  static let stabilizer = 1e-10
  static let names = ["sigmoid-max", "softplus-max", "softmax-sum", "softplus-mean-isotropic"]

  let arrays: ReferenceArrays
  let configuration: DGDConfiguration
  let prior: GaussianMixturePrior
  private let counts: CompressedCounts

  init(_ name: String) throws {
    arrays = try ReferenceArrays("dgd-step/\(name).json")
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
    settings.batch = Self.trainCount + Self.validationCount
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

  func model(minibatches: Int) throws -> ExactDGD {
    var settings = configuration
    settings.batch = (Self.trainCount + Self.validationCount) / minibatches
    let total = Self.trainCount + Self.validationCount
    let zeros = [Double](repeating: 0, count: Self.geneCount)
    let data = DataSummary(
      rows: Table(names: (0..<total).map { "cell\($0)" }),
      columns: Table(names: (0..<Self.geneCount).map { "gene\($0)" }), columnTotals: zeros,
      columnMaxima: zeros, columnNonZeros: zeros.map { Int($0) }, fingerprint: "golden")
    return try ExactDGD(settings, for: data)
  }

  /// All cells in one lane, their representations as the reference started them.
  func lane(_ model: ExactDGD) throws -> ExactDGD.Lane {
    let rows = 0..<Self.trainCount + Self.validationCount
    let lane = try model.lane(from: RowData(rows: rows, matrix: .counts(counts)))
    var saved = lane.saved
    saved.representations = arrays["init/z_train"] + arrays["init/z_validation"]
    return DGDLane(
      rows: rows, matrix: lane.matrix, scales: lane.scales,
      trainRows: Array(0..<Self.trainCount), validationRows: Array(Self.trainCount..<rows.count),
      testRows: [], labels: [], saved: saved)
  }

  /// The state with the reference's parameters.
  func shared(_ model: ExactDGD) -> ExactDGD.Shared {
    var shared = model.start()
    shared.hidden = PlainHiddenLayers(
      inputCount: Self.latent,
      layers: (0..<3).map { layer in
        HiddenLayer(
          weights: arrays["init/decoder/main.\(2 * layer).weight"],
          biases: arrays["init/decoder/main.\(2 * layer).bias"])
      })
    let specification = shared.output.specification
    shared.output = PlainOutputLayer(
      OutputSpecification(
        specification.likelihood, specification.link,
        outputCount: specification.outputCount, inputCount: specification.inputCount,
        stabilizer: Self.stabilizer),
      weights: arrays["init/decoder/main.6.weight"], biases: arrays["init/decoder/main.6.bias"],
      logDispersions: arrays["init/decoder/nb.log_r"])
    shared.mixture = mixture("init/mixture")
    shared.mixturePrior = prior
    return shared
  }

  func mixture(_ place: String) -> GaussianMixture {
    GaussianMixture(
      dimension: Self.latent, isIsotropic: configuration.covariance == .isotropic,
      means: arrays["\(place)/mean"], logPrecisions: arrays["\(place)/logbeta"],
      weightLogits: arrays["\(place)/weight"])
  }

  /// The training cells as the networks take them.
  func batch(_ lane: ExactDGD.Lane, hidden: [Double]) -> OutputBatch<Double> {
    var values = SparseBatch<Double>(columnCount: Self.geneCount)
    for row in 0..<Self.trainCount {
      counts.forEachNonZero(inRow: row) { values.append(column: $0, value: Double($1)) }
      values.endRow()
    }
    return OutputBatch(
      hidden: hidden, scales: Array(lane.scales[..<Self.trainCount]), values: values,
      groups: LaneGroups(sizes: [Self.trainCount]))
  }
}
