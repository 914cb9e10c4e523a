public import Modeling

/// The settings of Poisson reduced-rank regression (PRRR), with distfit's defaults.
///
/// | Setting | Paper | Reference code | distfit | Why |
/// |---|---|---|---|---|
/// | intercept | none | N(0, 1) prior | N(0, 1) prior | without it covariates must explain each gene's level |
/// | `inference` | Adam; SVI | Adam; SVI | Newton, alternating | reaches a higher log joint in tens of passes instead of thousands |
/// | prior of U, V | N(0, σ²) | N(0, 1) | N(0, 1) | σ is not stated in the paper |
/// | size factor | total count | total count | total count | the last published commit makes it latent, with a misplaced logarithm |
/// | `restarts` | none | none | 3 | the log joint has local maxima |
/// | stopping | fixed or decrease < 0.01 | the same | relative change | a rule on a noisy ELBO stops almost at random |
/// | prediction | | without v0 | with v0 | what the model says |
public struct PRRRConfiguration: ModelConfiguration {
  /// How the parameters are found.
  public enum Inference: String, CaseIterable, Sendable {
    /// The maximum of the log joint by alternating Newton steps.
    case map
    /// The same by Adam on the full batch, as published.
    case adam
    /// A normal distribution for every parameter, by stochastic variational inference.
    case variational
  }

  /// What a sample's rate is multiplied by.
  public enum SizeFactor: String, CaseIterable, Sendable {
    /// Its total count.
    case total
    /// Nothing.
    case none
  }

  /// Where the parameters start.
  public enum Start: String, CaseIterable, Sendable {
    /// Intercepts at each gene's rate; U ~ N(0, 1/p), V ~ N(0, 1/q).
    case rates
    /// Everything random, intercepts too: v0 ~ N(0, 1/q).
    case published
  }

  /// Covariates: columns of obs.
  public var covariates: [String] = []
  /// What happens to rows with a missing covariate.
  public var missing = CovariateDesign.Missing.drop
  /// What is done to numbers.
  public var scaling = CovariateDesign.Scaling.standardise
  /// Factors k.
  public var rank = 5
  /// Whether every covariate has its own coefficient for every gene.
  public var fullRank = false
  /// Whether genes have intercepts.
  public var intercept = true
  /// The size factor.
  public var sizeFactor = SizeFactor.total
  /// A column of obs with size factors.
  public var sizeFactorColumn: String?
  /// Standard deviation of the prior of U.
  public var covariateDeviation = 1.0
  /// Standard deviation of the prior of V.
  public var geneDeviation = 1.0
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
  /// Lanes.
  public var lanes: Int?
  /// The seed of everything random.
  public var seed = 0

  /// The defaults.
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
