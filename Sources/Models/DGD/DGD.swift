import Foundation
public import Modeling
public import Networks
import Optimization
import Probability
import Sums

/// The deep generative decoder (DGD; for counts scDGD): a decoder network whose inputs, the representations of
/// the cells, are parameters themselves, under a Gaussian mixture prior. There is no encoder.
///
///     minimise  Σ_i [ −log p(x_i | z_i, θ) − log p(z_i | φ) ] − ω log p(φ) + decay
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | x_i | counts of cell i | G | `DGDLane.matrix` |
/// | z_i | representation of cell i | L | `DGDLane.saved.representations` |
/// | θ | decoder: hidden layers, output layer, dispersions | | `DGDShared.hidden`, `output` |
/// | φ | mixture: means μ, log precisions ν, logits w | K(2L+1) | `DGDShared.mixture` |
/// | ω | 1 a data set, or the number of samples | | `prior-weight` |
///
/// Rhythm (as the reference code): decoder and mixture step every minibatch; each z_i collects the gradient of
/// its own minibatch and steps once an epoch, so it stands still within an epoch.
///
/// | Deviation | Paper | Reference code | distfit default | why |
/// |---|---|---|---|---|
/// | minibatches | random rows | shuffled rows | a share of every lane | same bits on any number of ranks |
/// | start | zeros | zeros | principal components, k-means | zeros collapse into 1–3 components on small data |
/// | supervised, several components a class | – | sum of log densities | log of the sum | a product of experts is no mixture |
/// | unlabelled cells, supervised | – | wrong sign | unsupervised density | the stated model |
/// | learning-rate schedule | – | moments reset | moments kept | defect |
/// | new cells | best component, 10 epochs | helpers only | best component, then steps | the paper's |
///
/// Sources: Schuster and Krogh 2021, doi:10.3390/e23111403 (Paper I); Schuster and Krogh 2023,
/// doi:10.1093/bioinformatics/btad497 (scDGD); code Center-for-Health-Data-Science/scDGD@1314903.
public struct DGDModel<Hidden: HiddenLayers, Output: OutputLayer>: Model
where Hidden.Scalar == Output.Scalar {
  /// The numbers the networks compute in.
  public typealias Scalar = Output.Scalar
  /// The settings.
  public typealias Configuration = DGDConfiguration
  /// What everyone shares.
  public typealias Shared = DGDShared<Hidden, Output>
  /// One lane.
  public typealias Lane = DGDLane<Scalar>

  /// `dgd`.
  public static var name: String { "dgd" }
  /// For the help text.
  public static var summary: String {
    "Deep generative decoder (DGD, scDGD): a network from per-cell representations to expected counts, with a Gaussian mixture over the representations."
  }

  /// The settings.
  public let configuration: DGDConfiguration
  /// Shape and annotations of the data.
  let data: DataSummary
  /// Which cells train, validate, test.
  let split: RowSplit
  /// Classes of --labels: code of each cell and names; nil without labels.
  let classes: (codes: [Int32], names: [String])?
  let random: RandomSource
  /// Training cells of all lanes: asked for many times a step.
  let trainCount: Int
  /// The fit whose parameters stand still while new cells are represented; nil while fitting.
  let fit: DGDFitFile?
  /// The sums of a minibatch, used again for the next.
  let pool = SumsPool()
  /// Output weights that the mask leaves out.
  let absentWeights: [Int]

  /// A fitted model of new cells.
  init(_ configuration: DGDConfiguration, data: DataSummary, fit: DGDFitFile) {
    self.configuration = configuration
    self.data = data
    self.fit = fit
    classes = nil
    absentWeights = []
    random = RandomSource(seed: UInt64(configuration.seed))
    split = RowSplit(uses: Array(repeating: .test, count: data.rowCount))
    trainCount = 0
  }

  /// A model of this data.
  ///
  /// - Throws: `ModelError` where a column is missing or the data are too few for the split.
  public init(_ configuration: DGDConfiguration, for data: DataSummary) throws(ModelError) {
    self.configuration = configuration
    self.data = data
    fit = nil
    random = RandomSource(seed: UInt64(configuration.seed))
    var classes: (codes: [Int32], names: [String])?
    if let name = configuration.labels {
      guard let column = data.rows[name] else {
        let names = data.rows.columns.map(\.name)
        let hint = nearestName(to: name, among: names).map { "; did you mean \"\($0)\"" } ?? ""
        throw ModelError(
          "--labels: obs has no column \"\(name)\"\(hint). It has: \(names.joined(separator: ", "))"
        )
      }
      guard let categories = column.asCategories else {
        throw ModelError("--labels: obs column \"\(name)\" holds real numbers, not classes")
      }
      classes = categories
    }
    self.classes = classes
    split = RowSplit(
      rowCount: data.rowCount, classes: classes?.codes,
      validation: configuration.validationFraction, test: configuration.testFraction,
      random: random)
    trainCount = split.uses.count { $0 == .train }
    guard trainCount > 0 else {
      throw ModelError("\(data.rowCount) cells leave none for training after the split")
    }
    absentWeights = try Self.absentWeights(configuration, data)
    if data.columnCount < 2 {
      throw ModelError("the data have \(data.columnCount) gene; a decoder needs at least 2")
    }
  }

  /// One for every 16 cells of a minibatch, unless set; never more than there are cells.
  public static func laneCount(_ configuration: DGDConfiguration, rowCount: Int) -> Int {
    min(configuration.lanes ?? max(1, configuration.batch / 16), max(1, rowCount))
  }

  /// Counts for the negative binomial, else real values.
  public static func values(_ configuration: DGDConfiguration) -> ValueKind {
    configuration.likelihood == .negativeBinomial ? .counts : .reals
  }

  /// K: given, or as many as the classes own.
  var componentCount: Int {
    configuration.supervised
      ? (classes?.names.count ?? 0) * configuration.componentsPerClass : configuration.components
  }

  /// Minibatches of an epoch.
  var batchCount: Int { (trainCount + configuration.batch - 1) / configuration.batch }

  /// Epochs planned.
  var epochCount: Int { configuration.epochCount(batchCount: batchCount) }

  /// Epochs in which only the decoder learns.
  var frozenEpochs: Int { configuration.frozenEpochs ?? epochCount / 4 }

  /// The factor C of the supervised density: the number of classes, as in the reference code.
  var supervisionFactor: Double { Double(classes?.names.count ?? 1) }

  var specification: OutputSpecification {
    OutputSpecification(
      configuration.likelihood.network, configuration.output.network,
      outputCount: data.columnCount,
      inputCount: configuration.hidden.last ?? configuration.latent,
      products: configuration.products.network)
  }

  /// A lane with representations at zero.
  ///
  /// - Throws: `ModelError` for a cell without counts where its scale would be zero.
  public func lane(from rows: RowData) throws(ModelError) -> DGDLane<Scalar> {
    let uses = rows.rows.map { split.uses[$0] }
    func positions(_ use: RowUse) -> [Int] { uses.indices.filter { uses[$0] == use } }
    return DGDLane(
      rows: rows.rows, matrix: rows.matrix, scales: scales(of: rows.matrix, rows.rows.count),
      trainRows: positions(.train), validationRows: positions(.validation),
      testRows: positions(.test),
      labels: configuration.supervised ? rows.rows.map { classes?.codes[$0] ?? -1 } : [],
      saved: .init(cells: rows.rows.count, latent: configuration.latent))
  }

  /// The state before the first step: random decoder, mixture at its prior's centre.
  @_specialize(where Hidden == FusedHiddenLayers, Output == FusedOutputLayer)
  public func start() -> DGDShared<Hidden, Output> {
    if let fit { return fittedStart(fit) }
    let (hidden, output) = initialDecoder()
    let prior = GaussianMixturePrior(
      radius: configuration.softballRadius ?? 1, hardness: configuration.softballHardness,
      sigma: configuration.sigma
        ?? max(
          1e-3, 0.2 * (configuration.softballRadius ?? 1) / Double(max(componentCount, 1))),
      spread: configuration.usedSigmaSpread, concentration: configuration.dirichlet)
    let mixture = initialMixture(prior)
    let moments = [Double](repeating: 0, count: mixture?.parameters.count ?? 0)
    return DGDShared(
      phase: configuration.start == .spectral ? .starting : .training,
      hidden: hidden, output: output, mixture: mixture, mixturePrior: prior,
      mixtureMoments: [moments, moments])
  }

  /// torch's default: weights and biases uniform in ±1/√inputs; dispersion r = 2.
  private func initialDecoder() -> (Hidden, Output) {
    var layers: [HiddenLayer<Scalar>] = []
    var width = configuration.latent
    func uniform(_ count: Int, _ inputs: Int, _ layer: Int) -> [Scalar] {
      let bound = 1 / Double(inputs).squareRoot()
      var stream = random.stream("decoder weights", index: layer)
      return (0..<count).map { _ in Scalar(stream.uniform(in: -bound..<bound)) }
    }
    for (index, next) in configuration.hidden.enumerated() {
      let values = uniform(next * width + next, width, index)
      layers.append(
        HiddenLayer(
          weights: Array(values[..<(next * width)]), biases: Array(values[(next * width)...])))
      width = next
    }
    let G = data.columnCount
    var values = uniform(G * width + G, width, configuration.hidden.count)
    for index in absentWeights { values[index] = 0 }
    let output = Output(
      specification, weights: Array(values[..<(G * width)]), biases: Array(values[(G * width)...]),
      logDispersions: Array(repeating: 0, count: G))
    return (Hidden(inputCount: configuration.latent, layers: layers), output)
  }

  private func initialMixture(_ prior: GaussianMixturePrior) -> GaussianMixture? {
    let (K, L) = (componentCount, configuration.latent)
    guard K > 0 else { return nil }
    var stream = random.stream("mixture means")
    let isIsotropic = configuration.covariance == .isotropic
    return GaussianMixture(
      dimension: L, isIsotropic: isIsotropic,
      means: prior.drawMeans(K, dimension: L, from: &stream),
      logPrecisions: (0..<(isIsotropic ? K : K * L)).map(prior.logPrecision),
      weightLogits: Array(repeating: 1, count: K),
      classes: configuration.supervised
        ? (0..<K).map { $0 / configuration.componentsPerClass } : [])
  }

  /// s of each cell.
  private func scales(of matrix: RowMatrix, _ rowCount: Int) -> [Scalar] {
    let scaling = configuration.output == .softmax ? .total : configuration.scaling
    guard configuration.likelihood == .negativeBinomial, case .counts(let counts) = matrix else {
      return Array(repeating: 1, count: rowCount)
    }
    return (0..<rowCount).map { row in
      switch scaling {
      case .total: Scalar(counts.total(ofRow: row))
      case .mean: Scalar(Double(counts.total(ofRow: row)) / Double(data.columnCount))
      case .maximum: Scalar(counts.maximum(ofRow: row))
      case .none: 1
      }
    }
  }
}

extension DGDConfiguration.Likelihood {
  var network: Networks.Likelihood {
    switch self {
    case .negativeBinomial: .negativeBinomial
    case .gaussian: .gaussian
    case .bernoulli: .bernoulli
    }
  }
}

extension DGDConfiguration.Output {
  var network: Link {
    switch self {
    case .softplus: .softplus
    case .sigmoid: .sigmoid
    case .softmax: .softmax
    case .relu: .relu
    case .identity: .identity
    }
  }
}

extension DGDConfiguration.Products {
  /// The same for a network.
  var network: OutputSpecification.Products {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    }
  }
}
