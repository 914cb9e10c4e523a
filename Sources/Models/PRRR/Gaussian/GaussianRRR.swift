public import Concurrency
import LinearAlgebra
public import Modeling
import Optimization
import RealModule
public import Sums

/// The settings of least-squares reduced-rank regression of log counts.
public struct GaussianRRRConfiguration: RegressionConfiguration {
  /// Where covariates come from: columns and matrices of the samples, genotypes of their donors.
  package var sources = CovariateSources()
  /// What happens to rows with a missing covariate.
  public var missing = CovariateDesign.Missing.drop
  /// What is done to numbers.
  public var scaling = CovariateDesign.Scaling.standardise
  /// Factors k; none: full rank.
  public var rank: Int? = 5
  /// α, the weight of the penalty on rows of the covariates' loadings.
  public var penalty = 0.0
  /// Whether genes have intercepts.
  public var intercept = true
  /// Relative change that ends the alternation.
  public var tolerance = 1e-10
  /// Rounds at most.
  public var iterations = 100_000
  /// Fraction of rows held out.
  public var testFraction = 0.0
  /// Whether the p × q matrix of coefficients is written.
  public var coefficients = false
  /// Lanes that the rows are cut into; nil: one for 256 rows, at most 64.
  public var lanes: Int?
  /// The seed of the split.
  public var seed = 0

  /// Every setting at its default.
  public init() {}

  /// Flags, run-file members and help, in the order of the help text.
  public static var settings: [Setting<GaussianRRRConfiguration>] {
    covariateSettings(
      columns:
        "Columns of obs: categories become one column a level, numbers are standardised; NAME:category and NAME:number say otherwise, NAME* is all that begin so."
    ) + [
      .choice("scaling", \.scaling, "What is done to numbers among the covariates."),
      .optionalInteger(
        "rank", \.rank, in: 1...1000, "Factors k between covariates and genes; none: full rank."),
      .number(
        "penalty", \.penalty, in: 0...1e9,
        "Weight α of Σ‖row of loadings‖: with a rank sparse RRR, with --rank none the multi-response LASSO."
      ),
      .flag("intercept", \.intercept, "Whether every gene has an intercept."),
      .number(
        "tolerance", \.tolerance, in: 0...1,
        "Relative change that ends the alternation of sparse fits."),
      .integer("iterations", \.iterations, in: 1...100_000_000, "Rounds of sparse fits at most."),
    ] + splitSettings(for: "held-out R²") + runSettings(random: "the split")
  }
}

/// Reduced-rank regression of log(counts + 1) by least squares: what PRRR is compared with.
///
///     log(y_nj + 1) = (X U V)_nj + v0_j + ε,   minimise ‖L − X B − 1 v0‖² / 2n + α Σ_p ‖U_p‖₂
///
/// | rank | penalty α | what it is |
/// |---|---|---|
/// | k | 0 | Gaussian reduced-rank regression, closed form |
/// | k | > 0 | sparse reduced-rank regression |
/// | none | 0 | ordinary least squares, minimum norm |
/// | none | > 0 | multi-response LASSO (a group a covariate) |
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | L | log(Y + 1) | n × q | rows of `SparseRows` |
/// | U, V | loadings | p × k, q × k | `LeastSquaresFit` |
///
/// One sum over all rows, p × (p + q) numbers; the rest is done on these sums. R² here is on the logarithmic
/// scale, as in the paper's comparisons; it is not comparable with the R² of counts.
public struct GaussianRRR: Model {
  /// As in `distfit fit rrr`.
  public static let name = "rrr"
  /// What it is.
  public static let summary =
    "Reduced-rank regression of log counts by least squares: closed form, sparse, LASSO."

  /// The settings of the fit.
  public let configuration: GaussianRRRConfiguration
  let regression: CountRegression

  /// One lane for 256 rows, at most 64, unless set.
  public static func laneCount(_ configuration: GaussianRRRConfiguration, rowCount: Int) -> Int {
    CountRegression.laneCount(configuration.lanes, rowCount: rowCount)
  }

  /// Matrices of obsm among the covariates.
  public static func attachments(_ configuration: Configuration) -> Attachments {
    configuration.sources.attachments
  }

  /// A model of data of this shape.
  ///
  /// - Throws: `ModelError` for covariates that are not there or say nothing, or a rank that is too high.
  public init(
    _ configuration: GaussianRRRConfiguration, for data: DataSummary
  ) throws(ModelError) {
    try self.init(configuration, for: data, covariates: nil)
  }

  /// A model with covariates from elsewhere.
  ///
  /// - Throws: as `init(_:for:)`.
  public init(
    _ configuration: GaussianRRRConfiguration, for data: DataSummary, covariates: [RawCovariate]?
  ) throws(ModelError) {
    var options = CountRegression.Options()
    options.sources = configuration.sources
    options.missing = configuration.missing
    options.scaling = configuration.scaling
    options.usesTotals = false
    options.testFraction = configuration.testFraction
    options.seed = configuration.seed
    regression = try CountRegression(options, for: data, covariates: covariates)
    if let rank = configuration.rank { try regression.checkRank(rank) }
    self.configuration = configuration
  }

  /// One lane: its rows of counts.
  public struct Lane: LaneState {
    /// A lane keeps nothing between steps that the data do not say.
    public struct Saved: Codable, Sendable {}
    /// The rows of the lane.
    public let rows: Range<Int>
    /// A lane has no state of its own: sums of its rows are all that a fit needs.
    public var saved = Saved()
    let counts: SparseRows
  }

  /// Everything that is the same on every rank.
  public struct State: Codable, Sendable {
    package var sums: LeastSquaresSums?
    package var fit: LeastSquaresFit?
    /// v₀, the intercept of every gene.
    package var intercepts: [Double] = []
    /// Of the held-out rows.
    package var heldOut: HeldOut?
  }

  /// R² of every gene of the held-out rows; NaN where it does not vary.
  package struct HeldOut: Codable, Sendable {
    /// On the logarithmic scale that is fitted.
    package var logarithms: [Double]
    /// Of counts, predicted by exp(fitted logarithm) − 1.
    package var counts: [Double]

    /// The mean over the genes that vary.
    static func mean(_ values: [Double]) -> Double {
      let known = values.filter { !$0.isNaN }
      return known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count)
    }
  }

  /// The state of one lane.
  ///
  /// - Throws: `ModelError` for a value that is no count.
  public func lane(from rows: RowData) throws(ModelError) -> Lane {
    Lane(rows: rows.rows, counts: try SparseRows(rows))
  }

  /// The state before the sums have been taken.
  public func start() -> State { State() }

  /// The whole fit.
  ///
  /// Collective: one sum, and one for the held-out rows.
  public func step<Everyone: Team & ~Copyable>(
    _ shared: inout State, _ lanes: inout [Lane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    var report = StepReport(
      stage: "least squares", progress: 1, rowsProcessed: regression.split.uses.count,
      endsEpoch: true)
    report.remark =
      regression.design.remarks.isEmpty
      ? nil : regression.design.remarks.joined(separator: "\n")
    guard let sums = try sums(of: lanes, with: everyone, on: workers) else {
      report.failure = ModelError("no row is left to fit to: every one lacks a covariate")
      return report
    }
    let fit: LeastSquaresFit
    do {
      fit = try solve(sums)
    } catch {
      report.failure = ModelError(
        "least squares: \(error); leave out covariates that others determine, or set --penalty")
      return report
    }
    let b = fit.coefficients
    let shift = matrixProduct(
      Matrix(rowCount: 1, columnCount: sums.covariateMeans.count, elements: sums.covariateMeans), b
    ).elements
    shared.sums = sums
    shared.fit = fit
    shared.intercepts = zip(sums.geneMeans, shift).map { $0 - $1 }
    if configuration.testFraction > 0 {
      var remarks = regression.design.remarks
      shared.heldOut = unlessFault("held-out rows", &remarks) {
        try heldOut(b, shared.intercepts, lanes, with: everyone, on: workers)
      }
      report.remark = remarks.isEmpty ? nil : remarks.joined(separator: "\n")
    }
    report.measures = [
      .init("objective", fit.objective), .init("rounds", Double(fit.roundCount)),
    ]
    if let heldOut = shared.heldOut {
      report.measures += [
        .init("heldOutRSquaredLog", HeldOut.mean(heldOut.logarithms)),
        .init("heldOutRSquared", HeldOut.mean(heldOut.counts)),
      ]
    }
    report.termination =
      fit.roundCount < configuration.iterations ? .objectiveTolerance : .stepLimit
    return report
  }

  /// The coefficients by the method that the settings ask for.
  func solve(_ sums: LeastSquaresSums) throws(LinearAlgebraError) -> LeastSquaresFit {
    switch (configuration.rank, configuration.penalty) {
    case (nil, 0): return try sums.ordinary()
    case (nil, let penalty):
      return sums.lasso(
        penalty: penalty, tolerance: configuration.tolerance, limit: configuration.iterations)
    case (let rank?, 0): return try sums.reducedRank(rank)
    case (let rank?, let penalty):
      return try sums.sparse(
        rank: rank, penalty: penalty, tolerance: configuration.tolerance,
        limit: configuration.iterations)
    }
  }
}
