public import Modeling

/// Poisson reduced-rank regression (PRRR): low-rank associations between covariates and counts.
///
///     y_nj ~ Poisson(s_n exp((X U V)_nj + v0_j))
///     u_pr ~ N(0, σ_U²),  v_rj ~ N(0, σ_V²),  v0_j ~ N(m_j, σ_0²)
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | Y | counts, rows × genes | n × q | `PoissonBlock.entryCounts` |
/// | X | covariates | n × p | `design` |
/// | s | size factors | n | `PoissonBlock.exposure` |
/// | U | loadings of covariates | p × k | `covariateLoadings` |
/// | V | loadings of genes | k × q | `geneCoefficients` |
/// | v0 | intercepts | q | `geneCoefficients`, last column |
/// | m | their prior means, each gene's rate or 0 | q | `PRRRState.interceptCentres` |
///
/// U and V are determined up to a rotation, B = U V is the identified quantity; what is written is the
/// canonical form (``ReducedRankCoefficients/balance(covariateScale:geneScale:)`` with scales of 1). The log joint has local
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

  /// The settings of the fit.
  public let configuration: PRRRConfiguration
  let regression: CountRegression

  /// One lane for 256 rows, at most 64, unless set.
  public static func laneCount(_ configuration: PRRRConfiguration, rowCount: Int) -> Int {
    CountRegression.laneCount(configuration.lanes, rowCount: rowCount)
  }

  /// Matrices of obsm among the covariates.
  public static func attachments(_ configuration: Configuration) -> Attachments {
    configuration.sources.attachments
  }

  /// How covariates are coded.
  public var design: CovariateDesign { regression.design }

  /// A model of data of this shape.
  ///
  /// - Throws: `ModelError` for covariates that are not there or say nothing, a rank that is too high, size
  ///   factors that are missing or negative.
  public init(
    _ configuration: PRRRConfiguration, for data: DataSummary
  ) throws(ModelError) {
    try self.init(configuration, for: data, covariates: nil)
  }

  /// A model with covariates from elsewhere: coordinates, genotypes.
  ///
  /// - Throws: as `init(_:for:)`.
  public init(
    _ configuration: PRRRConfiguration, for data: DataSummary, covariates: [RawCovariate]?
  ) throws(ModelError) {
    var options = CountRegression.Options()
    options.sources = configuration.sources
    options.missing = configuration.missing
    options.scaling = configuration.scaling
    options.usesTotals = configuration.sizeFactor == .total
    options.sizeFactorColumn = configuration.sizeFactorColumn
    options.testFraction = configuration.testFraction
    options.seed = configuration.seed
    regression = try CountRegression(options, for: data, covariates: covariates)
    self.configuration = configuration
    if configuration.fullRank {
      guard covariateCount <= Self.fullRankLimit else {
        throw ModelError(
          "--full-rank with \(covariateCount) columns of covariates needs a matrix of that order for "
            + "every gene; up to \(Self.fullRankLimit) are possible. Use --rank")
      }
    } else {
      try regression.checkRank(configuration.rank)
    }
  }

  /// The most columns of covariates for full-rank regression.
  static let fullRankLimit = 100

  /// p, how many covariates the design has.
  var covariateCount: Int { regression.covariateCount }
  /// q, how many genes are regressed.
  var geneCount: Int { regression.geneCount }
  /// k, how many factors link covariates and genes: p of a full-rank fit.
  var factorCount: Int { configuration.fullRank ? covariateCount : configuration.rank }

  /// The state of one lane: counts by gene, rows with equal covariates together.
  ///
  /// - Throws: `ModelError` for a value that is no count.
  public func lane(from rows: RowData) throws(ModelError) -> CountRegressionLane {
    try regression.lane(from: rows)
  }
}
