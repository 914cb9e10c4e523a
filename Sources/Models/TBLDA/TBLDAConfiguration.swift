public import Modeling

/// The settings of telescoping bimodal latent Dirichlet allocation (TBLDA), with distfit's defaults.
///
/// | Setting | Paper | Reference code | distfit | Why |
/// |---|---|---|---|---|
/// | `inference` | stochastic | stochastic | coordinate ascent | no noise, no learning rate, a better bound in a fraction of the time |
/// | ξ, σ, ζ, γ | 1 | 1 | 1 | as published |
/// | δ, μ | .05, .85 | the same | the same | the text's advice has the two names swapped |
/// | stopping, stochastic | mean of the older 1 000 | mean of both | the paper's | `stop-rule` chooses |
/// | missing genotypes | none | none | leave the likelihood | data have them |
/// | ancestry | 5 populations | the same | given, or one population | some cohorts have one origin |
public struct TBLDAConfiguration: ModelConfiguration {
  /// How the posterior is approximated.
  public enum Inference: String, CaseIterable, Sendable {
    /// Coordinate ascent with a latent source for every read and allele copy.
    case coordinate
    /// Adam along pathwise gradients of one draw a step, as published.
    case stochastic
  }

  /// What the change of the mean loss is divided by in the stopping rule of stochastic inference.
  public enum StopRule: String, CaseIterable, Sendable {
    /// The mean over the older window, as in the paper.
    case paper
    /// The mean over both windows, as in the published code.
    case code
  }

  /// What the prior of allele frequencies in topics is centred on.
  public enum AlleleCenter: String, CaseIterable, Sendable {
    /// One half where ζ = γ, for all variants, as published.
    case half
    /// The variant's frequency among the donors.
    case frequency
  }

  /// K, the number of topics.
  public var topics = 50
  /// The column of `obs` with each sample's donor.
  public var donorKey = "donor"
  /// How the posterior is approximated.
  public var inference = Inference.coordinate
  /// ξ, the concentration of the Dirichlet prior of a topic over genes.
  public var genePrior = 1.0
  /// σ, the concentration of the Dirichlet prior of a sample over topics.
  public var topicPrior = 1.0
  /// ζ, the Beta prior's parameter of the counted allele in a topic.
  public var allelePrior = 1.0
  /// γ, the Beta prior's parameter of the other allele in a topic.
  public var otherAllelePrior = 1.0
  /// What their mean is.
  public var alleleCenter = AlleleCenter.frequency
  /// δ, the smallest share α of genotypes that ancestry may explain.
  public var alphaMinimum = 0.05
  /// μ, the largest share α of genotypes that ancestry may explain.
  public var alphaMaximum = 0.85
  /// Where α starts.
  public var alphaStart: Double?
  /// Fits from different starts; nil: three, one for stochastic inference and for minibatches.
  public var restarts: Int?
  /// Iterations after which only the best start goes on; nil: all go on to the end.
  public var screening: Int? = 100
  /// Iterations of one fit at most.
  public var iterations: Int?
  /// Iterations from one value of the bound to the next.
  public var check = 10
  /// Relative gain of the bound between two checks that ends a fit.
  public var tolerance = 1e-5
  /// Donors in a minibatch; nil: all in every iteration.
  public var batch: Int?
  /// τ: the larger, the less the first minibatches count.
  public var batchDelay = 1.0
  /// κ: how fast the weight of a minibatch falls.
  public var batchForgetting = 0.7
  /// Samples of each donor kept out of the fit.
  public var heldOutSamples = 0
  /// Donors with so many samples or more have some held out.
  public var heldOutFrom = 4
  /// Share of the genotypes kept out of the fit.
  public var heldOutGenotypes = 0.0
  /// Steps of stochastic natural gradients after coordinate ascent; nil: as ``refinementSteps(parameterCount:)``
  /// says.
  public var refinement: Int?
  /// ρ of the first of these steps; it falls to 0.
  public var refinementRate = 0.3
  /// Adam's learning rate in stochastic inference.
  public var rate = 0.05
  /// What the loss is multiplied by before Adam sees it.
  public var lossScale = 1e-6
  /// The stopping rule of stochastic inference.
  public var stopRule = StopRule.paper
  /// The relative change of the loss below which stochastic inference stops.
  public var stopTolerance = 1e-4
  /// Steps before it is looked at.
  public var minimumSteps = 5000
  /// Draws for the estimate of the evidence lower bound after the fit.
  public var evidenceDraws = 0
  /// Lanes that samples and variants are cut into; nil: 64, at most one for four samples.
  public var lanes: Int?
  /// The seed of everything random.
  public var seed = 0

  /// Every setting at its default.
  public init() {}

  /// Iterations of one fit at most: the published 65 100 steps, or 2 000.
  package var iterationLimit: Int { iterations ?? (inference == .stochastic ? 65_100 : 2000) }

  /// How many starts there are.
  package var startCount: Int {
    restarts ?? (inference == .stochastic || batch != nil ? 1 : 3)
  }

  /// Steps of the refinement of a posterior with so many parameters: unless set 20 for small ones, whose
  /// refinement takes seconds at most, none for others, where many reads leave little to gain.
  package func refinementSteps(parameterCount: Int) -> Int {
    guard inference == .coordinate else { return 0 }
    return refinement ?? (parameterCount <= Self.smallPosterior ? 20 : 0)
  }

  private static let smallPosterior = 10_000

  /// Combinations that do not go together.
  ///
  /// - Throws: `SettingError`.
  public func validate() throws(SettingError) {
    if alphaMinimum > alphaMaximum {
      throw SettingError("alpha-minimum", "\(alphaMinimum) is above --alpha-maximum")
    }
    let hasRestarts = (restarts ?? 1) > 1
    if inference == .stochastic, hasRestarts || (refinement ?? 0) > 0 {
      throw SettingError(
        hasRestarts ? "restarts" : "refinement", "is for coordinate ascent: leave it out")
    }
    if inference == .stochastic, batch != nil {
      throw SettingError("batch", "is for coordinate ascent: leave it out")
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
      .number(
        "held-out-genotypes", \.heldOutGenotypes, in: 0...0.9,
        "Share of the genotypes that is kept out of the fit, to judge it by them."),
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
      .choice(
        "allele-center", \.alleleCenter,
        "What the prior of a topic's allele frequencies is centred on, with ζ + γ as its weight: half (ζ and γ as they are, as published) or the variant's own frequency."
      ),
      .number(
        "alpha-minimum", \.alphaMinimum, in: 0...1, "δ: the least weight of ancestry alone."),
      .number(
        "alpha-maximum", \.alphaMaximum, in: 0...1, "μ: the largest weight of ancestry alone."),
    ]
  }

  private static var inferenceSettings: [Setting<TBLDAConfiguration>] {
    [
      .choice(
        "inference", \.inference,
        "coordinate: coordinate ascent; stochastic: Adam along gradients of single draws, as published."
      ),
      .optionalNumber(
        "alpha-start", \.alphaStart, in: 0...1,
        "Where the weight of ancestry starts; none: 0.3, or 0.1 for stochastic."),
      .optionalInteger(
        "restarts", \.restarts, in: 1...10_000,
        "Starts, which samples' topics differ in at random; the best bound is kept; none: 3, or 1 for stochastic inference and minibatches."
      ),
      .optionalInteger(
        "screening", \.screening, in: 1...1_000_000,
        "Iterations of each of several starts, after which only the best one goes on; none: all go on to the end."
      ),
      .optionalInteger(
        "iterations", \.iterations, in: 1...10_000_000,
        "Iterations of one fit at most; none: 2000, or 65100 for stochastic."),
      .integer("check", \.check, in: 1...100_000, "Iterations from one bound to the next."),
      .number(
        "tolerance", \.tolerance, in: 0...1,
        "Relative gain of the bound between two checks that ends a fit."),
      .optionalInteger(
        "batch", \.batch, in: 1...10_000_000,
        "Donors in a minibatch: iterations go over so many of them by stochastic natural gradients, for large cohorts; none: all."
      ),
      .number(
        "batch-delay", \.batchDelay, in: 0...1e6,
        "τ: minibatch t moves what is shared by (t + τ)^−κ."),
      .number(
        "batch-forgetting", \.batchForgetting, in: 0.5...1,
        "κ: how fast the weight of minibatches falls."),
      .optionalInteger(
        "refinement", \.refinement, in: 0...1_000_000,
        "Steps of stochastic natural gradients after coordinate ascent, which widen its posterior; none: 20 where the posterior has at most 10000 parameters, 0 else."
      ),
      .number(
        "refinement-rate", \.refinementRate, in: 1e-9...1,
        "ρ: how far the first of them goes; it falls to 0."),
      .number("rate", \.rate, in: 1e-9...10, "Adam's learning rate in stochastic inference."),
      .number(
        "loss-scale", \.lossScale, in: 1e-12...1,
        "What the loss is multiplied by before Adam sees it; its 1e-8 weighs more the smaller it is."
      ),
      .choice(
        "stop-rule", \.stopRule,
        "Stochastic inference ends when the mean loss of 1000 steps has hardly changed, relative to that of the 1000 before (paper) or of both (code)."
      ),
      .number(
        "stop-tolerance", \.stopTolerance, in: 0...1, "The relative change of the stop rule."),
      .integer(
        "minimum-steps", \.minimumSteps, in: 0...10_000_000,
        "Steps before the stop rule is looked at."),
      .integer(
        "evidence-draws", \.evidenceDraws, in: 0...1_000_000,
        "Draws that estimate the evidence lower bound after the fit, to compare methods of inference."
      ),
      .optionalInteger(
        "lanes", \.lanes, in: 1...65_536,
        "Shares that samples and variants are cut into, the most ranks that can help; none: 64, at most one for four samples."
      ),
      .integer("seed", \.seed, in: 0...Int.max, "Seed of everything random."),
    ]
  }

  private var optionalDonorKey: String? {
    get { donorKey }
    set { donorKey = newValue ?? Self().donorKey }
  }
}
