import LinearAlgebra
public import Modeling
import Probability

/// Poisson reduced-rank regression (PRRR): low-rank associations between covariates and counts.
///
///     y_nj ~ Poisson(s_n exp((X U V)_nj + v0_j))
///     u_pr ~ N(0, σ_U²),  v_rj ~ N(0, σ_V²),  v0_j ~ N(0, σ_0²)
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | Y | counts, rows × genes | n × q | `PoissonBlock.entryCounts` |
/// | X | covariates | n × p | `design` |
/// | s | size factors | n | `PoissonBlock.exposure` |
/// | U | loadings of covariates | p × k | `covariateLoadings` |
/// | V | loadings of genes | k × q | `geneCoefficients` |
/// | v0 | intercepts | q | `geneCoefficients`, last column |
///
/// U and V are determined up to a rotation, B = U V is the identified quantity; what is written is the
/// canonical form (``ReducedRankCoefficients/balance(covariateScale:geneScale:)``). The log joint has local
/// maxima: several starts are made and the best kept. Deviations from paper and reference code:
/// ``PRRRConfiguration``.
///
/// Source: T. Fitzgerald, A. Jones, B. E. Engelhardt, A Poisson reduced-rank regression model for association
/// mapping in sequencing data, BMC Bioinformatics 23:529, 2022, doi:10.1186/s12859-022-05054-6, equations
/// 6–8, 11; tianafitz/PRRR@b0cedde (class `GRRR`).
public struct PRRR: Model {
  /// As in `distfit fit prrr`.
  public static let name = "prrr"
  /// What it is.
  public static let summary =
    "Poisson reduced-rank regression: low-rank associations between covariates and counts."

  /// The settings.
  public let configuration: PRRRConfiguration
  /// How covariates are coded.
  public let design: CovariateDesign
  /// Shares of the rows.
  public let laneCount: Int

  let matrix: DesignMatrix
  let sizeFactors: [Double]?
  let split: RowSplit
  let geneNames: [String]
  let emptyGeneCount: Int
  let random: RandomSource

  /// A model of data of this shape.
  ///
  /// - Throws: `ModelError` for covariates that are not there or say nothing, a rank that is too high, size
  ///   factors that are missing or negative.
  public init(
    _ configuration: PRRRConfiguration, for data: DataSummary
  ) throws(ModelError) {
    guard !configuration.covariates.isEmpty else {
      let known = data.rows.columns.map(\.name)
      throw ModelError(
        "--covariates is empty: name columns of obs, such as --covariates cell_type,age. There are: "
          + (known.isEmpty ? "none" : known.joined(separator: ", ")))
    }
    try self.init(
      configuration, for: data,
      covariates: try RawCovariate.selected(configuration.covariates, from: data.rows))
  }

  /// A model with covariates from elsewhere: coordinates, genotypes.
  ///
  /// - Throws: as `init(_:for:)`.
  public init(
    _ configuration: PRRRConfiguration, for data: DataSummary, covariates: [RawCovariate]
  ) throws(ModelError) {
    let coding = try CovariateDesign(
      covariates, scaling: configuration.scaling, missing: configuration.missing,
      isNonnegative: false)
    matrix = try coding.matrix(covariates, rowCount: data.rowCount)
    design = coding.remarking(on: matrix)
    self.configuration = configuration
    let covariateCount = design.columns.count
    if configuration.fullRank {
      guard covariateCount <= Self.fullRankLimit else {
        throw ModelError(
          "--full-rank with \(covariateCount) columns of covariates needs a matrix of that order for "
            + "every gene; up to \(Self.fullRankLimit) are possible. Use --rank")
      }
    } else {
      let limit = min(covariateCount, data.columnCount)
      guard configuration.rank <= limit else {
        throw ModelError(
          "--rank \(configuration.rank) is above \(limit), the smaller of \(covariateCount) columns of "
            + "covariates and \(data.columnCount) genes; at that rank nothing is reduced")
      }
    }
    sizeFactors = try Self.sizeFactors(configuration, data)
    laneCount = configuration.lanes ?? min(max(data.rowCount / 256, 1), 64)
    random = RandomSource(seed: UInt64(configuration.seed))
    split = RowSplit(
      rowCount: data.rowCount, classes: nil, validation: 0, test: configuration.testFraction,
      random: random)
    geneNames = data.columns.names
    emptyGeneCount = data.columnTotals.count { $0 == 0 }
  }

  /// The most columns of covariates for full-rank regression.
  static let fullRankLimit = 100

  /// p.
  var covariateCount: Int { design.columns.count }
  /// q.
  var geneCount: Int { geneNames.count }
  /// k.
  var factorCount: Int { configuration.fullRank ? covariateCount : configuration.rank }

  private static func sizeFactors(
    _ configuration: PRRRConfiguration, _ data: DataSummary
  ) throws(ModelError) -> [Double]? {
    if let name = configuration.sizeFactorColumn {
      let setting = "--size-factor-column"
      guard let column = data.rows[name] else {
        throw ModelError("\(setting): obs has no column \"\(name)\"")
      }
      let numbers: [Double]
      switch column {
      case .numbers(let values): numbers = values
      case .integers(let values): numbers = values.map { $0.map(Double.init) ?? .nan }
      default: throw ModelError("\(setting): \"\(name)\" holds no numbers")
      }
      if let row = numbers.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
        throw ModelError(
          "\(setting): \"\(name)\" is \(numbers[row]) in row \(data.rows.names[row]); size factors "
            + "are above 0")
      }
      return numbers
    }
    return configuration.sizeFactor == .total ? nil : Array(repeating: 1, count: data.rowCount)
  }
}

/// One lane of PRRR: its rows, gathered by equal covariates.
public struct PRRRLane: LaneState {
  /// A lane keeps nothing between steps that the data do not say.
  public struct Saved: Codable, Sendable {}
  /// The rows of the lane.
  public let rows: Range<Int>
  /// Nothing.
  public var saved = Saved()

  /// Rows that the model is fitted to.
  let training: [PoissonBlock]
  /// Rows that are held out, one by one.
  let heldOut: [PoissonBlock]
  /// Σ y log s − log y! over the training rows, and the log-likelihood of a model that knows every count.
  let trainingConstants: (constant: Double, saturated: Double)
  /// The same for the rows that are held out.
  let heldOutConstants: (constant: Double, saturated: Double)
  /// Rows without any count.
  let emptyRowCount: Int
}

extension PRRR {
  /// The state of one lane: counts by gene, rows with equal covariates together.
  ///
  /// - Throws: `ModelError` for a value that is no count.
  public func lane(from rows: RowData) throws(ModelError) -> PRRRLane {
    let counts = try SparseRows(rows)
    let first = rows.rows.lowerBound
    let local = Matrix(
      rowCount: rows.rows.count, columnCount: covariateCount,
      elements: rows.rows.flatMap { matrix.values.row($0) })
    let exposure = rows.rows.map { sizeFactors?[$0] ?? counts.total($0 - first) }
    let usable = rows.rows.filter { !matrix.isIncomplete[$0] }
    let training = usable.filter { split.uses[$0] == .train }.map { $0 - first }
    let heldOut = usable.filter { split.uses[$0] != .train }.map { $0 - first }
    func blocks(_ rows: [Int], merging: Bool) -> [PoissonBlock] {
      PoissonBlock.blocks(
        rows: rows, design: local, exposure: exposure, counts: counts, geneCount: geneCount,
        merging: merging)
    }
    return PRRRLane(
      rows: rows.rows, training: blocks(training, merging: true),
      heldOut: blocks(heldOut, merging: false),
      trainingConstants: counts.likelihoodConstants(rows: training, exposure: exposure),
      heldOutConstants: counts.likelihoodConstants(rows: heldOut, exposure: exposure),
      emptyRowCount: (0..<counts.count).count { counts.places($0).isEmpty })
  }
}
