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
    /// n, the number of rows.
    public var cells = 200
    /// q, the number of genes.
    public var genes = 20
    /// p, the number of covariates.
    public var covariates = 20
    /// The distribution of the covariates.
    package var design = SimulatedDesign.Kind.uniform
    /// Their width or scale.
    public var covariateScale = 3.0
    /// k, the number of factors.
    public var rank = 3
    /// a, the shape of the gamma distribution of all loadings.
    public var shape = 0.5
    /// d, the typical size factor of a row.
    public var depth = 1.0
    /// ω, the spread of the size factors' logarithms.
    public var depthDeviation = 0.0
    /// The probability that a count is lost.
    public var dropout = 0.0
    /// The seed of all random numbers.
    public var seed = 0

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
    rowCount = configuration.cells
  }

  /// n, the number of rows.
  public let rowCount: Int

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
