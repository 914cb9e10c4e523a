public import Modeling
import Networks
import Probability
import Sums

/// The deep generative decoder (DGD; for counts scDGD): a decoder network whose inputs, the representations of
/// the cells, are parameters themselves, under a Gaussian mixture prior. There is no encoder.
///
///     minimise  Σ_i [ −log p(x_i | z_i, θ) − log p(z_i | φ) ] − ω log p(φ) + decay
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | x_i | counts of cell i | G | `DGDLane.values` |
/// | z_i | representation of cell i | L | `DGDLane.saved.spaces` |
/// | θ | decoder: hidden layers, output layer, dispersions | | `DGDShared.decoder` |
/// | φ | mixture: means μ, log precisions ν, logits w | K(2L+1) | `DGDShared.spaces` |
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
public struct DGD: Model {
  /// The model's name in commands and files, `dgd`.
  public static var name: String { "dgd" }
  /// For the help text.
  public static var summary: String {
    "Deep generative decoder (DGD, scDGD): a network from per-cell representations to expected counts, with a Gaussian mixture over the representations."
  }

  /// The settings of the fit.
  public let configuration: DGDConfiguration
  /// Heads, trunk and latent spaces.
  package let architecture: DGDArchitecture
  /// Shape and annotations of the data.
  let data: DataSummary
  /// Which cells train, validate, test.
  let split: RowSplit
  let random: RandomSource
  /// Training cells of all lanes: asked for many times a step.
  let trainCount: Int
  /// The sums of a minibatch, used again for the next.
  let pool = SumsPool()

  /// A model of this data.
  ///
  /// - Throws: `ModelError` where a column is missing or the data are too few for the split.
  public init(_ configuration: DGDConfiguration, for data: DataSummary) throws(ModelError) {
    try self.init(
      configuration, try DGDArchitecture(configuration, data), for: data)
  }

  /// A model with several kinds of data or latent spaces.
  ///
  /// - Throws: `ModelError` where a column is missing or the data are too few for the split.
  package init(
    _ configuration: DGDConfiguration, _ architecture: DGDArchitecture, for data: DataSummary
  ) throws(ModelError) {
    self.configuration = configuration
    self.architecture = architecture
    self.data = data
    random = RandomSource(seed: UInt64(configuration.seed))
    split = RowSplit(
      rowCount: data.rowCount, classes: try configuration.classes(of: data)?.codes,
      validation: configuration.validationFraction, test: configuration.testFraction,
      random: random)
    trainCount = split.uses.count { $0 == .train }
    guard trainCount > 0 else {
      throw ModelError("\(data.rowCount) cells leave none for training after the split")
    }
    if let head = architecture.heads.first(where: { $0.columnCount < 2 }) {
      let kind = head.name.isEmpty ? "the data have" : "modality \(head.name) has"
      throw ModelError("\(kind) \(head.columnCount) gene; a decoder needs at least 2")
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

  /// Minibatches of an epoch.
  var batchCount: Int { (trainCount + configuration.batch - 1) / configuration.batch }

  /// How many epochs the settings plan.
  var epochCount: Int { configuration.epochCount(batchCount: batchCount) }

  /// Whether only the decoder learns in an epoch.
  func isFrozen(_ epoch: Int) -> Bool { epoch < configuration.frozenCount(batchCount: batchCount) }

  /// A lane with representations at zero.
  ///
  /// - Throws: `ModelError` for a cell without counts where its scale would be zero.
  public func lane(from rows: RowData) throws(ModelError) -> DGDLane {
    var uses = DGDLane.Uses()
    for (position, row) in rows.rows.enumerated() {
      switch split.uses[row] {
      case .train: uses.train.append(position)
      case .validation: uses.validation.append(position)
      case .test: uses.test.append(position)
      }
    }
    var lane = architecture.lane(from: rows, uses: uses)
    architecture.placeAtClassMeans(
      &lane, Array(0..<lane.rows.count), of: architecture.initialSpaces(random))
    return lane
  }
}

extension DGDArchitecture {
  /// A lane with representations at zero, nothing measured.
  func lane(from rows: RowData, uses: DGDLane.Uses) -> DGDLane {
    DGDLane(
      rows: rows.rows,
      values: zip(heads, rows.matrices).map { head, matrix in
        DGDLane.Values(
          matrix: matrix, scales: head.scales(of: matrix).map { Float($0) },
          places: head.presence.isEmpty
            ? [] : rows.rows.map { head.presence[$0] ? Int32($0 - rows.rows.lowerBound) : -1 })
      },
      uses: uses,
      labels: spaces.map { space in
        space.owners.map { owners in rows.rows.map { owners.codes[$0] } } ?? []
      },
      saved: emptySaved(rowCount: rows.rows.count))
  }

  /// Representations at zero, nothing measured.
  package func emptySaved(rowCount: Int) -> DGDLane.Saved {
    DGDLane.Saved(
      cells: rowCount, dimensions: spaces.map(\.dimension), headCount: heads.count)
  }
}

extension DGDConfiguration {
  /// Code of each cell and names of the classes of --labels; nil without labels.
  ///
  /// - Throws: `ModelError` naming the column that is not there, or holds no classes.
  func classes(of data: DataSummary) throws(ModelError) -> (codes: [Int32], names: [String])? {
    guard let name = labels else { return nil }
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
    return categories
  }
}
