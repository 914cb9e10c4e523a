public import Modeling
import Networks
import Probability
import Sums

/// What tells one kind of autoencoder from another.
public protocol AutoencoderKind: Sendable {
  /// The settings of this kind of autoencoder.
  associatedtype Configuration: AutoencoderConfiguration
  /// The model's name in commands and files.
  static var name: String { get }
  /// For the help text.
  static var summary: String { get }
  /// Settings of examples beyond those that all kinds have.
  static var variants: [[String: String]] { get }
}

/// The linear decoder of LDVAE.
public enum LinearKind: AutoencoderKind {
  /// The settings of a fit with a linear decoder.
  public typealias Configuration = LDVAEConfiguration
  /// The model's name in commands and files, `ldvae`.
  public static let name = "ldvae"
  /// For the help text.
  public static let summary =
    "Linearly decoded variational autoencoder (LDVAE): an encoder network, and loadings of genes on a few factors."
  /// The other ways to end a linear decoder.
  public static let variants = [["normalization": "batch"], ["normalization": "none"]]
}

/// The non-linear decoder of scVI.
public enum NetworkKind: AutoencoderKind {
  /// The settings of a fit with a non-linear decoder.
  public typealias Configuration = VAEConfiguration
  /// The model's name in commands and files, `vae`.
  public static let name = "vae"
  /// For the help text.
  public static let summary =
    "Variational autoencoder of counts with a non-linear decoder (scVI), to compare ldvae with."
  /// A deeper decoder.
  public static let variants = [["decoder-layers": "2"]]
}

/// The linearly decoded variational autoencoder.
public typealias LDVAE = Autoencoder<LinearKind>
/// The variational autoencoder with a network as decoder.
public typealias VAE = Autoencoder<NetworkKind>

/// A variational autoencoder of counts: an encoder gives every cell a normal distribution of latents, a decoder the
/// expected share of each gene; both learn by the evidence lower bound.
///
///     z_i ~ N(0, I), or the softmax of such      s_i: total, or e^ℓ with ℓ_i ~ N(m_b, v_b)
///     x_ig ~ NB | ZINB | Poisson(mean s_i ρ_ig, dispersion θ_g)      ρ_i = softmax(BN(W [z_i; b_i]))
///     maximise Σ_i E_q[log p(x_i | z_i, s_i)] − w KL(q(z_i) ‖ p(z)) − KL(q(ℓ_i) ‖ p(ℓ))
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | x_i, b_i | counts and batch of a cell | G, B | `AutoencoderLane.counts`, `batches` |
/// | q(z), q(ℓ) | encoders | | `AutoencoderNetwork.encoder`, `libraryEncoder` |
/// | W, γ, β, θ | decoder | G × (L + B) | `AutoencoderNetwork.output` |
/// | w | weight of the divergence, growing to 1 | | `divergenceWeight` |
///
/// | Deviation | Paper | Reference code | distfit default | Why |
/// |---|---|---|---|---|
/// | mean | plain product | softmax(BN(·)) | softmax(· + level) | levels can start at the mean profile |
/// | library | latent | latent | total | see `AutoencoderSettings` |
/// | minibatches | random rows | shuffled rows | a share of every lane | same bits on any number of ranks |
/// | normalisation | | by device | over everyone | same bits |
/// | variance of the library in a batch of one cell | | 0 | that within the other batches | a divergence of ∞ |
///
/// Sources: Svensson, Gayoso, Yosef, Pachter 2020, doi:10.1093/bioinformatics/btaa169; Lopez et al. 2018,
/// doi:10.1038/s41592-018-0229-2; code scverse/scvi-tools@93dc4fa.
public struct Autoencoder<Kind: AutoencoderKind>: Model {
  /// The settings of the kind.
  public typealias Configuration = Kind.Configuration

  /// The model's name in commands and files.
  public static var name: String { Kind.name }
  /// For the help text.
  public static var summary: String { Kind.summary }

  /// The settings of the fit.
  public let configuration: Kind.Configuration
  let data: DataSummary
  let split: RowSplit
  let random: RandomSource
  /// Training cells of all lanes.
  let trainCount: Int
  /// The batch of every row, and their names; one without --batch-key.
  let batches: RowGroups
  /// Whose dispersions every row has.
  let dispersionGroups: RowGroups
  let pools = AutoencoderPools()

  /// The settings that all autoencoders have.
  var settings: AutoencoderSettings { configuration.common }

  /// A model of this data.
  ///
  /// - Throws: `ModelError` where a column is missing or the data are too few for the split.
  public init(_ configuration: Kind.Configuration, for data: DataSummary) throws(ModelError) {
    let settings = configuration.common
    self.configuration = configuration
    self.data = data
    random = RandomSource(seed: UInt64(settings.seed))
    let batches = try RowGroups(settings.batchKey, of: data, flag: "--batch-key")
    if settings.batchKey != nil, let row = batches.codes.firstIndex(of: -1) {
      throw ModelError(
        "--batch-key: cell \"\(data.rows.names[row])\" has no batch: give it one, or leave it out")
    }
    var classes = try RowGroups(settings.labels, of: data, flag: "--labels")
    split = RowSplit(
      rowCount: data.rowCount, classes: settings.labels == nil ? nil : classes.codes,
      validation: settings.validationFraction, test: settings.testFraction, random: random)
    classes.nameMissing("unlabelled")
    self.batches = batches
    switch settings.dispersion {
    case .gene: dispersionGroups = RowGroups(rowCount: data.rowCount)
    case .geneBatch: dispersionGroups = batches
    case .geneLabel: dispersionGroups = classes
    }
    trainCount = split.uses.count { $0 == .train }
    guard trainCount > 0 else {
      throw ModelError("\(data.rowCount) cells leave none for training after the split")
    }
    if data.columnCount < 2 {
      throw ModelError("the data have \(data.columnCount) gene; a decoder needs at least 2")
    }
  }

  /// One for every 16 cells of a minibatch, unless set; never more than there are cells.
  public static func laneCount(_ configuration: Kind.Configuration, rowCount: Int) -> Int {
    min(
      configuration.common.lanes ?? max(1, configuration.common.batch / 16), max(1, rowCount))
  }

  /// Minibatches of an epoch.
  var batchCount: Int { (trainCount + settings.batch - 1) / settings.batch }
  /// How many epochs the settings plan.
  var epochCount: Int { settings.epochCount(trainCount: trainCount) }

  /// A lane of these rows.
  ///
  /// - Throws: `ModelError` for values that are no counts.
  public func lane(from rows: RowData) throws(ModelError) -> AutoencoderLane {
    guard case .counts(let counts) = rows.matrix else {
      throw ModelError("\(Self.name) is a model of counts: whole numbers from 0 on")
    }
    let range = rows.rows
    func positions(_ use: RowUse) -> [Int] {
      range.indices.filter { split.uses[$0] == use }.map { $0 - range.lowerBound }
    }
    return AutoencoderLane(
      rows: range, counts: counts,
      totals: (0..<counts.rowCount).map { Double(counts.total(ofRow: $0)) },
      batches: Array(batches.codes[range]), dispersionGroups: Array(dispersionGroups.codes[range]),
      train: positions(.train), validation: positions(.validation))
  }
}

/// Which group each row belongs to.
struct RowGroups: Sendable {
  /// The group of each row, −1 for none.
  var codes: [Int32]
  /// The name of each group, in the order of the codes.
  var names: [String]

  /// One group of all rows.
  init(rowCount: Int) {
    codes = Array(repeating: 0, count: rowCount)
    names = ["all"]
  }

  /// The groups that a column of `obs` says; one without a column.
  ///
  /// - Throws: `ModelError` naming the column that is missing or holds no classes.
  init(_ column: String?, of data: DataSummary, flag: String) throws(ModelError) {
    self.init(rowCount: data.rowCount)
    guard let column else { return }
    let classes = try data.rows.classes(column, in: "\(flag): obs")
    (codes, names) = (classes.codes, classes.names)
  }

  /// The share of the rows in each group.
  var shares: [Double] {
    var counts = [Double](repeating: 0, count: names.count)
    for code in codes where code >= 0 { counts[Int(code)] += 1 }
    return counts.map { $0 / Double(max(codes.count, 1)) }
  }

  /// Makes a group of the rows that have none.
  mutating func nameMissing(_ name: String) {
    guard codes.contains(-1) else { return }
    codes = codes.map { $0 < 0 ? Int32(names.count) : $0 }
    names.append(name)
  }

  /// The codes of other rows by the names of these groups, −1 where a name is not known.
  func codes(of rows: Table, column: String, in place: String) throws(ModelError) -> [Int32] {
    let classes = try rows.classes(column, in: place)
    let known = Dictionary(uniqueKeysWithValues: zip(names, Int32(0)...))
    let places = classes.names.map { known[$0] ?? -1 }
    return classes.codes.map { $0 < 0 ? -1 : places[Int($0)] }
  }
}
