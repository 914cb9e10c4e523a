public import Modeling

/// The settings of telescoping bimodal latent Dirichlet allocation (TBLDA), with distfit's defaults.
///
/// | Setting | Paper | Reference code | distfit | Why |
/// |---|---|---|---|---|
/// | `inference` | stochastic | stochastic | coordinate ascent | no noise, no learning rate, hundreds of times less time |
/// | ξ, σ, ζ, γ | 1 | 1 | 1 | |
/// | δ, μ | .05, .85 | the same | the same | the text's advice has the two names swapped |
/// | stopping, stochastic | mean of the older 1 000 | mean of both | the paper's; `stop-rule` chooses | |
/// | missing genotypes | none | none | leave the likelihood | |
/// | ancestry | 5 populations | the same | given, or one population of the variants' frequencies | |
public struct TBLDAConfiguration: ModelConfiguration {
  /// How the posterior is approximated.
  public enum Inference: String, CaseIterable, Sendable {
    /// Coordinate ascent with a latent source for every read and allele copy.
    case coordinate
  }

  /// K.
  public var topics = 50
  /// The column of `obs` with each sample's donor.
  public var donorKey = "donor"
  /// How the posterior is approximated.
  public var inference = Inference.coordinate
  /// ξ.
  public var genePrior = 1.0
  /// σ.
  public var topicPrior = 1.0
  /// ζ.
  public var allelePrior = 1.0
  /// γ.
  public var otherAllelePrior = 1.0
  /// δ.
  public var alphaMinimum = 0.05
  /// μ.
  public var alphaMaximum = 0.85
  /// Where α starts.
  public var alphaStart = 0.3
  /// Fits from different starts.
  public var restarts = 1
  /// Iterations of one fit at most.
  public var iterations = 2000
  /// Iterations from one value of the bound to the next.
  public var check = 10
  /// Relative gain of the bound between two checks that ends a fit.
  public var tolerance = 1e-6
  /// Samples of each donor kept out of the fit.
  public var heldOutSamples = 0
  /// Donors with so many samples or more have some held out.
  public var heldOutFrom = 4
  /// Draws for the estimate of the evidence lower bound after the fit.
  public var evidenceDraws = 0
  /// Lanes.
  public var lanes: Int?
  /// The seed of everything random.
  public var seed = 0

  /// The defaults.
  public init() {}

  /// Combinations that do not go together.
  ///
  /// - Throws: `SettingError`.
  public func validate() throws(SettingError) {
    if alphaMinimum > alphaMaximum {
      throw SettingError("alpha-minimum", "\(alphaMinimum) is above --alpha-maximum")
    }
    if heldOutSamples > 0, heldOutSamples >= heldOutFrom {
      throw SettingError(
        "held-out-samples", "\(heldOutSamples) leave donors of --held-out-from without samples")
    }
  }

  /// Flags, run-file members and help, in the order of the help text.
  public static var settings: [Setting<TBLDAConfiguration>] {
    dataSettings + modelSettings + inferenceSettings
  }

  private static var dataSettings: [Setting<TBLDAConfiguration>] {
    [
      .integer("topics", \.topics, in: 1...10_000, "Topics K; 20 to 150 are usual."),
      .text(
        "donor-key", \.optionalDonorKey, "<obs column>",
        "The column of obs with each sample's donor, as the genotypes name it."),
      .integer(
        "held-out-samples", \.heldOutSamples, in: 0...1000,
        "Samples of each donor with enough of them that are kept out of the fit, for eQTL tests."),
      .integer(
        "held-out-from", \.heldOutFrom, in: 2...10_000,
        "Donors with so many samples or more have some held out."),
    ]
  }

  private static var modelSettings: [Setting<TBLDAConfiguration>] {
    let concentration = 1e-3...1e6
    return [
      .number("gene-prior", \.genePrior, in: concentration, "ξ: prior concentration of genes."),
      .number(
        "topic-prior", \.topicPrior, in: concentration,
        "σ: prior concentration of a sample's topics; below 1 fewer topics a sample."),
      .number(
        "allele-prior", \.allelePrior, in: concentration,
        "ζ: prior concentration of the counted allele in a topic."),
      .number(
        "other-allele-prior", \.otherAllelePrior, in: concentration,
        "γ: prior concentration of the other allele in a topic."),
      .number(
        "alpha-minimum", \.alphaMinimum, in: 0...1, "δ: the least weight of ancestry alone."),
      .number(
        "alpha-maximum", \.alphaMaximum, in: 0...1, "μ: the largest weight of ancestry alone."),
    ]
  }

  private static var inferenceSettings: [Setting<TBLDAConfiguration>] {
    [
      .choice("inference", \.inference, "How the posterior is approximated."),
      .number("alpha-start", \.alphaStart, in: 0...1, "Where the weight of ancestry starts."),
      .integer(
        "restarts", \.restarts, in: 1...10_000,
        "Fits from different random starts; the best bound is kept."),
      .integer("iterations", \.iterations, in: 1...10_000_000, "Iterations of one fit at most."),
      .integer("check", \.check, in: 1...100_000, "Iterations from one bound to the next."),
      .number(
        "tolerance", \.tolerance, in: 0...1,
        "Relative gain of the bound between two checks that ends a fit."),
      .integer(
        "evidence-draws", \.evidenceDraws, in: 0...1_000_000,
        "Draws that estimate the evidence lower bound after the fit, to compare methods of inference."
      ),
      .optionalInteger(
        "lanes", \.lanes, in: 1...65_536,
        "Shares that samples and variants are cut into, the most ranks that can help; none: 64."),
      .integer("seed", \.seed, in: 0...Int.max, "Seed of everything random."),
    ]
  }

  private var optionalDonorKey: String? {
    get { donorKey }
    set { donorKey = newValue ?? Self().donorKey }
  }
}
