import LinearAlgebra
public import Modeling
import Probability
import RealModule

/// Counts from Poisson reduced-rank regression with known coefficients:
///
///     y_nj ~ Poisson(s_n exp((X U V)_nj + v0_j))
///     u_pr, v_rj ~ N(m, σ²),   v0_j ~ N(b, τ²),   s_n = d exp(ω ν_n), ν_n ~ N(0, 1)
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | X | covariates, n × p | ``SimulatedDesign`` |
/// | m, σ | mean and standard deviation of U and V | `effectMean`, `effectDeviation` |
/// | b, τ | mean and standard deviation of the intercepts | `baseMean`, `baseDeviation` |
/// | d, ω | typical size factor, spread of its logarithm | `depth`, `depthDeviation` |
///
/// Defaults: the paper's simulation of rank recovery (figure 3a). Every number is keyed by (seed, what it is,
/// row or gene), so that rows can be made anywhere.
public struct PRRRSimulator: Simulator {
  /// Settings of the simulation.
  public struct Configuration: SimulatedRegressionConfiguration {
    /// Sizes, covariates, factors, depth and seed.
    package var common = SimulatedRegressionSettings(covariateScale: 5)
    /// m, the mean of the entries of U and V.
    public var effectMean = 0.01
    /// σ, the standard deviation of the entries of U and V.
    public var effectDeviation = 0.25
    /// b, the mean of the intercepts.
    public var baseMean = 0.0
    /// τ, the standard deviation of the intercepts.
    public var baseDeviation = 0.0

    /// Every setting at its default.
    public init() {}

    /// Flags of `distfit simulate prrr`.
    public static var settings: [Setting<Configuration>] {
      designSettings(
        covariates: "Covariates: numbers, copies of an allele, or the levels of one category.",
        scale: "Half the width of uniform covariates, standard deviation of normal ones."
      ) + [
        .number("effect-mean", \.effectMean, in: -1e3...1e3, "Mean of U and V."),
        .number(
          "effect-deviation", \.effectDeviation, in: 0...1e3, "Standard deviation of U and V."),
        .number("base-mean", \.baseMean, in: -50...50, "Mean of the intercepts, log counts."),
        .number(
          "base-deviation", \.baseDeviation, in: 0...50, "Standard deviation of the intercepts."),
      ] + countSettings
    }
  }

  /// `distfit simulate prrr`.
  public static let name = "prrr"
  /// What it makes.
  public static let summary =
    "Poisson counts whose logarithmic rates depend on covariates through a few factors."

  private let regression: SimulatedRegression

  /// A simulation of these settings.
  public init(_ configuration: Configuration) throws(ModelError) {
    regression = SimulatedRegression(
      configuration,
      loading: {
        $0.normal(
          mean: configuration.effectMean, standardDeviation: configuration.effectDeviation)
      },
      intercept: {
        $0.normal(mean: configuration.baseMean, standardDeviation: configuration.baseDeviation)
      })
  }

  /// n: rows that the simulation makes.
  public var rowCount: Int { regression.rowCount }

  /// Gene names and true intercepts.
  public var columns: Table {
    Table(
      names: regression.intercepts.indices.map { "gene\($0)" },
      columns: [NamedColumn("true_intercept", .numbers(regression.intercepts))])
  }

  /// U, V, names of the covariates, settings.
  public var truth: StoredTree { regression.truth }

  /// Samples, each keyed by its row number.
  ///
  /// Local.
  public func rows(_ range: Range<Int>) -> SimulatedRows {
    regression.rows(range) { .exp(min($0, PoissonLimits.largestPredictor)) }
  }
}
