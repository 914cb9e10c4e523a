import LinearAlgebra
public import Modeling
import Probability
import RealModule

/// Counts from non-negative Poisson reduced-rank regression with known parts:
///
///     y_nj ~ Poisson(s_n (X U V)_nj),   u_pr, v_rj ~ Gamma(a, 1),   s_n = d exp(ω ν_n), ν_n ~ N(0, 1)
///
/// Covariates are those of ``SimulatedDesign``, 0 or more. Defaults: the paper's comparison of methods
/// (X uniform in 0 … 3, a = 0.5), with 200 samples.
public struct NonnegativePRRRSimulator: Simulator {
  /// Settings of the simulation.
  public struct Configuration: SimulatedRegressionConfiguration {
    /// Sizes, covariates, factors, depth and seed.
    package var common = SimulatedRegressionSettings(covariateScale: 3)
    /// a, the shape of the gamma distribution of all loadings.
    public var shape = 0.5

    /// Every setting at its default.
    public init() {}

    /// Flags of `distfit simulate nn-prrr`.
    public static var settings: [Setting<Configuration>] {
      designSettings(
        covariates:
          "Covariates: numbers of 0 or more, copies of an allele, or the levels of one category.",
        scale:
          "The largest uniform covariate, standard deviation of normal ones before their sign is dropped."
      ) + [
        .number("shape", \.shape, in: 1e-3...1e3, "Shape of the gamma distribution of U and V.")
      ] + countSettings
    }
  }

  /// `distfit simulate nn-prrr`.
  public static let name = "nn-prrr"
  /// What it makes.
  public static let summary =
    "Poisson counts whose rates are sums of non-negative parts of covariates."

  private let regression: SimulatedRegression

  /// A simulation of these settings.
  public init(_ configuration: Configuration) throws(ModelError) {
    regression = SimulatedRegression(
      configuration, isNonnegative: true, loading: { $0.gamma(shape: configuration.shape) })
  }

  /// n: rows that the simulation makes.
  public var rowCount: Int { regression.rowCount }

  /// The genes' names: columns have no true parameters beside U, V and v₀.
  public var columns: Table {
    Table(names: regression.intercepts.indices.map { "gene\($0)" })
  }

  /// U, V, names of the covariates, settings.
  public var truth: StoredTree { regression.truth }

  /// Samples, each keyed by its row number.
  ///
  /// Local.
  public func rows(_ range: Range<Int>) -> SimulatedRows { regression.rows(range) { $0 } }
}
