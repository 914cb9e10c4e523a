public import Modeling

/// The settings of Poisson reduced-rank regression (PRRR), with distfit's defaults.
///
/// | Setting | Paper | Reference code | distfit | Why |
/// |---|---|---|---|---|
/// | intercept | none | N(0, 1) prior | N(log rate of the gene, 1) prior | without it covariates must explain each gene's level; with total counts as size factors rates are about 10⁻⁴, and a prior around 1 leaves most of each level to the factors, which then show expression levels instead of associations |
/// | `inference` | Adam; SVI | Adam; SVI | Newton, alternating | reaches a higher log joint in tens of passes instead of thousands |
/// | prior of U, V | N(0, σ²) | N(0, 1); first N(0, 1/p), N(0, 1/q) | N(0, 1/p), N(0, 1/q) | see below; σ is not stated in the paper |
/// | size factor | total count | total count | total count | the last published commit makes it latent, with a misplaced logarithm |
/// | `restarts` | none | none | 3 | the log joint has local maxima |
/// | stopping | fixed or decrease < 0.01 | the same | relative change | a rule on a noisy ELBO stops almost at random |
/// | prediction | | without v0 | with v0 | what the model says |
///
/// At a maximum the priors of U and V act on B = U V alone, as −Σ_r S_r / (σ_U σ_V), S its singular values
/// (``ReducedRankCoefficients/balance(covariateScale:geneScale:)``). For a gene that is a normal prior of
/// variance σ_U σ_V S_r on what factor r does to it, and S_r grows with the number of genes: with σ = 1 and
/// 10⁴ genes effects of ± 30 are hardly penalised, and genes that a group of samples has no count of get them.
/// With σ_U = 1/√p, σ_V = 1/√q that variance is S_r / √(p q), the root mean square effect of the factor.
public struct PRRRConfiguration: CountRegressionConfiguration {
  /// How the parameters are found.
  public enum Inference: String, CaseIterable, Sendable {
    /// The maximum of the log joint by alternating Newton steps.
    case map
    /// The maximum of the log joint by Adam on the full batch, as published.
    case adam
    /// A normal distribution for every parameter, by stochastic variational inference.
    case variational
  }

  /// What a sample's rate is multiplied by.
  public enum SizeFactor: String, CaseIterable, Sendable {
    /// Its total count.
    case total
    /// Rates are not multiplied by anything.
    case none
  }

  /// Where the parameters start.
  public enum Start: String, CaseIterable, Sendable {
    /// Intercepts at each gene's rate; U ~ N(0, 1/p), V ~ N(0, 1/q).
    case rates
    /// Everything random, intercepts too: v0 ~ N(0, 1/q).
    case published
  }

  /// Where the priors of the intercepts are centred.
  public enum InterceptCentre: String, CaseIterable, Sendable {
    /// At each gene's rate in the rows of the fit, log((Σ_n y_nj + ½) / Σ_n s_n).
    case rates
    /// At 0, as published.
    case zero
  }

  /// Where covariates come from: columns and matrices of the samples, genotypes of their donors.
  package var sources = CovariateSources()
  /// What happens to rows with a missing covariate.
  public var missing = CovariateDesign.Missing.drop
  /// What is done to numbers.
  public var scaling = CovariateDesign.Scaling.standardise
  /// k, the number of factors, the published rank.
  public var rank = 5
  /// Whether every covariate has its own coefficient for every gene.
  public var fullRank = false
  /// Whether genes have intercepts.
  public var intercept = true
  /// The size factor.
  public var sizeFactor = SizeFactor.total
  /// A column of obs with size factors.
  public var sizeFactorColumn: String?
  /// Standard deviation of the prior of U; nil: 1/√p, or 1 for full-rank regression.
  public var covariateDeviation: Double?
  /// Standard deviation of the prior of V; nil: 1/√q.
  public var geneDeviation: Double?
  /// Mean of the prior of v0.
  public var interceptCentre = InterceptCentre.rates
  /// Standard deviation of the prior of v0.
  public var interceptDeviation = 1.0
  /// How parameters are found.
  public var inference = Inference.map
  /// Where they start.
  public var start = Start.rates
  /// Fits from different starts.
  public var restarts: Int?
  /// Steps of each.
  public var iterations: Int?
  /// Relative change that ends a fit.
  public var tolerance: Double?
  /// Adam's learning rate.
  public var rate = 0.01
  /// Draws of the noise for every step of variational inference.
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
    iterations
      ?? {
        switch inference {
        case .map: 500
        case .adam: 2000
        case .variational: 5000
        }
      }()
  }

  /// Fits from different starts.
  package var restartCount: Int { restarts ?? (inference == .map && !fullRank ? 3 : 1) }

  /// Combinations that do not go together.
  ///
  /// - Throws: `SettingError`.
  public func validate() throws(SettingError) {
    if fullRank, inference != .map {
      throw SettingError("full-rank", "is fitted by Newton steps: leave out --inference")
    }
    if fullRank, restartCount > 1 {
      throw SettingError("restarts", "full-rank regression has one maximum; leave it out")
    }
  }
}
