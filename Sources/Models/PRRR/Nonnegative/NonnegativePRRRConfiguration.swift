public import Modeling

/// The settings of non-negative Poisson reduced-rank regression (nn-PRRR), with distfit's defaults.
///
/// | Setting | Paper | Reference code | distfit | Why |
/// |---|---|---|---|---|
/// | `inference` | log-normal SVI | log-normal SVI, Adam | gamma, coordinate ascent | closed-form updates, each costs the non-zero counts only; the bound never falls |
/// | priors | Gamma(2, 1) | Gamma(1, 1) | Gamma(2, 1) | as published |
/// | latent v0 | none | in the prior, not in the rate | none | it says nothing about the counts |
/// | rows without covariates | | rate 0 | an error, or `baseline` | −∞ otherwise |
public struct NonnegativePRRRConfiguration: CountRegressionConfiguration {
  /// How the parameters are found.
  public enum Inference: String, CaseIterable, Sendable {
    /// A gamma distribution for every parameter, by coordinate ascent.
    case gamma
    /// The maximum of the log joint by the EM algorithm.
    case map
    /// The variational distribution by Adam on softplus-transformed parameters, as published.
    case adam
    /// A log-normal distribution for every parameter, by stochastic variational inference, as published.
    case lognormal
  }

  /// Where covariates come from: columns and matrices of the samples, genotypes of their donors.
  package var sources = CovariateSources()
  /// What happens to rows with a missing covariate.
  public var missing = CovariateDesign.Missing.drop
  /// Whether a covariate that is 1 everywhere is added.
  public var baseline = false
  /// k, the number of factors, the published rank.
  public var rank = 5
  /// The size factor.
  public var sizeFactor = PRRRConfiguration.SizeFactor.total
  /// A column of obs with size factors.
  public var sizeFactorColumn: String?
  /// Shape of the gamma priors.
  public var priorShape = 2.0
  /// Rate of the gamma priors.
  public var priorRate = 1.0
  /// How parameters are found.
  public var inference = Inference.gamma
  /// Fits from different starts.
  public var restarts: Int?
  /// Steps of each.
  public var iterations: Int?
  /// Relative change that ends a fit.
  public var tolerance: Double?
  /// Adam's learning rate.
  public var rate = 0.01
  /// Draws of the noise for every step of log-normal inference.
  public var draws = 1
  /// Fraction of rows held out.
  public var testFraction = 0.0
  /// Whether the p × q matrix of coefficients is written.
  public var coefficients = false
  /// Lanes that the rows are cut into; nil: one for 256 rows, at most 64.
  public var lanes: Int?
  /// The seed of everything random.
  public var seed = 0

  /// Every setting at its default.
  public init() {}

  /// Steps of one fit at most.
  package var iterationLimit: Int {
    if let iterations { return iterations }
    return switch inference {
    case .gamma, .map: 5000
    case .adam: 2000
    case .lognormal: 5000
    }
  }

  /// Fits from different starts.
  package var restartCount: Int {
    restarts ?? (inference == .gamma || inference == .map ? 3 : 1)
  }

  /// The EM algorithm needs priors with a mode.
  ///
  /// - Throws: `SettingError`.
  public func validate() throws(SettingError) {
    if inference == .map || inference == .adam, priorShape < 1 {
      throw SettingError(
        "prior-shape",
        "\(priorShape) is below 1: the density is infinite at 0 and has no maximum; use --inference gamma"
      )
    }
  }

  /// Flags, run-file members and help, in the order of the help text.
  public static var settings: [Setting<NonnegativePRRRConfiguration>] {
    covariateSettings(
      columns:
        "Columns of obs, 0 or more: categories become one column a level; NAME:category and NAME:number say otherwise, NAME* is all that begin so."
    ) + [.flag("baseline", \.baseline, "Add a covariate that is 1 in every row.")]
      + sizeSettings + splitSettings(for: "held-out deviance and R²") + modelSettings
      + stepSettings(
        restarts: "3 for gamma and map, else 1", iterations: "2000 for adam, else 5000",
        tolerance: "1e-6 for gamma, 1e-7 for map, 1e-5 over 200 steps for lognormal, never for adam"
      ) + [
        .integer(
          "draws", \.draws, in: 1...1000, "Draws of the parameters in every step of lognormal.")
      ] + runSettings(random: "everything random")
  }

  private static var modelSettings: [Setting<NonnegativePRRRConfiguration>] {
    [
      .integer("rank", \.rank, in: 1...1000, "Factors k between covariates and genes."),
      .number("prior-shape", \.priorShape, in: 1e-3...1e6, "Shape of the gamma priors of U and V."),
      .number("prior-rate", \.priorRate, in: 1e-6...1e6, "Rate of the gamma priors of U and V."),
      .choice(
        "inference", \.inference,
        "gamma: variational, closed-form updates; map: EM; adam and lognormal: as published."),
    ]
  }
}
