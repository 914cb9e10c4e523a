package import LinearAlgebra
public import Modeling
package import Optimization
import Probability

/// Non-negative Poisson reduced-rank regression (nn-PRRR): counts as sums of non-negative parts of covariates.
///
///     y_nj ~ Poisson(s_n (X U V)_nj),   u_pr, v_rj ~ Gamma(a, b)
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | Y | counts | n × q | `PoissonBlock.entryCounts` |
/// | X | covariates, 0 or more | n × p | `PoissonBlock.design` |
/// | s | size factors | n | `PoissonBlock.exposure` |
/// | U | loadings of covariates, 0 or more | p × k | `covariates` |
/// | V | loadings of genes, 0 or more | k × q | `genes` (q × k) |
/// | a, b | shape and rate of the priors | | `priorShape`, `priorRate` |
///
/// Factors are determined up to their order; they are written by the share of the expected counts that they
/// make up, largest first. Deviations from paper and reference code: ``NonnegativePRRRConfiguration``.
///
/// Source: T. Fitzgerald, A. Jones, B. E. Engelhardt, A Poisson reduced-rank regression model for association
/// mapping in sequencing data, equations 8, 9, 12; tianafitz/PRRR@b0cedde (class `PRRR`). Coordinate ascent:
/// P. Gopalan, J. M. Hofman, D. M. Blei, Scalable recommendation with hierarchical Poisson factorization,
/// UAI 2015, arXiv:1311.1704, with the design matrix among the rates.
public struct NonnegativePRRR: Model {
  /// As in `distfit fit nn-prrr`.
  public static let name = "nn-prrr"
  /// What it is.
  public static let summary =
    "Non-negative Poisson reduced-rank regression: counts as sums of parts of non-negative covariates."

  /// The settings of the fit.
  public let configuration: NonnegativePRRRConfiguration
  let regression: CountRegression

  /// One lane for 256 rows, at most 64, unless set.
  public static func laneCount(
    _ configuration: NonnegativePRRRConfiguration, rowCount: Int
  ) -> Int {
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
  /// - Throws: `ModelError` for covariates that are not there, say nothing or are negative, a rank that is too
  ///   high, size factors that are missing.
  public init(
    _ configuration: NonnegativePRRRConfiguration, for data: DataSummary
  ) throws(ModelError) {
    try self.init(configuration, for: data, covariates: nil)
  }

  /// A model with covariates from elsewhere: genotypes.
  ///
  /// - Throws: as `init(_:for:)`.
  public init(
    _ configuration: NonnegativePRRRConfiguration, for data: DataSummary,
    covariates: [RawCovariate]?
  ) throws(ModelError) {
    var options = CountRegression.Options()
    options.sources = configuration.sources
    options.missing = configuration.missing
    options.isNonnegative = true
    options.addsBaseline = configuration.baseline
    options.usesTotals = configuration.sizeFactor == .total
    options.sizeFactorColumn = configuration.sizeFactorColumn
    options.testFraction = configuration.testFraction
    options.seed = configuration.seed
    regression = try CountRegression(options, for: data, covariates: covariates)
    try regression.checkRank(configuration.rank)
    self.configuration = configuration
  }

  /// The state of one lane.
  ///
  /// - Throws: `ModelError` for a value that is no count or a row whose rate would be 0.
  public func lane(from rows: RowData) throws(ModelError) -> CountRegressionLane {
    try regression.lane(from: rows)
  }
}

/// Everything of an nn-PRRR fit that is the same on every rank.
public struct NonnegativePRRRState: Codable, Sendable {
  /// A point of the parameters with what is known of it.
  package struct Solution: Codable, Sendable {
    /// U: the estimate, or the mean of the approximate posterior.
    package var covariates: Matrix<Double>
    /// Vᵀ: the same.
    package var genes: Matrix<Double>
    /// Standard deviations of U and Vᵀ; empty for a maximum.
    package var deviations: [Matrix<Double>]
    /// The log joint, or the bound on the evidence.
    package var objective: Double
    /// Which start it came from.
    package var restart: Int
    /// Whether the tolerance was met.
    package var isConverged: Bool
  }

  /// The result of a round that has been extrapolated.
  package enum Fallback: Codable, Sendable {
    /// Of coordinate ascent.
    case ascent(AscentPoint)
    /// Of EM: U and Vᵀ.
    case maximum(Matrix<Double>, Matrix<Double>)
  }

  /// Nil before the first step.
  package var totals: CountTotals?
  /// U of a maximum.
  package var covariates: Matrix<Double>
  /// Vᵀ of a maximum.
  package var genes: Matrix<Double>
  /// Where coordinate ascent stands; nil before its first round.
  package var ascent: AscentPoint?
  /// The last rounds of coordinate ascent or EM, for the next extrapolation.
  package var mixing = AndersonMixing()
  /// What an extrapolation that does not pay is replaced by; nil where none is to be judged.
  package var fallback: Fallback?
  /// Of the gradient methods: the parameters that they move, and their optimiser.
  package var free: [Double] = []
  /// Adam with its moments; nil where coordinates are ascended.
  package var adam: Adam<Double>?
  /// When log-normal inference has stopped rising.
  package var window = WindowedMean()
  /// Number of the start, from 0.
  package var restart = 0
  /// Steps since the start.
  package var iteration = 0
  /// The objective at the beginning of the last step.
  package var objective: Double?
  /// The best of the starts so far.
  package var best: Solution?
  /// Of the rows held out.
  package var evaluation: CountEvaluation?
}
