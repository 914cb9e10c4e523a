import Kernels
public import Modeling
import Networks

/// The settings of the deep generative decoder (DGD, scDGD), with distfit's defaults.
///
/// | Setting | Paper (scDGD) | Reference code | distfit | Why |
/// |---|---|---|---|---|
/// | `activation` | sigmoid | softplus | softmax | the better held-out likelihood; all are offered |
/// | `dispersions` | – | 1 + e^ρ from 2 on, with the decoder | e^ρ, steps of their own | Adam with the decoder's rate never leaves the neighbourhood of 2, the largest likelihood lies between 0.01 and 10⁴ |
/// | `scaling` | maximum | maximum | total | the maximum of a cell is one gene's noise; the total is sequencing depth |
/// | `start` | from zero | from zero | spectral | from zero the components collapse on small data (see the guide) |
/// | `sigma` | 0.2 r / K | 0.2 r / K | 0.7 × the width of the start's clusters, for each dimension | the published value is tiny against the distance of the means |
/// | `prior-weight` | per data set | per sample | per sample | the published results were made with it, and it holds the components at the start's widths |
/// | `sigma-spread` | 1 | 1 | 0.2 | with 1 the widths adapt until components swallow their neighbours |
/// | `epochs` | 800 | 500 | 60, or 540 minibatches if that is more | from a good start more epochs change little |
/// | schedule | decoder rate at epoch 500 | 300, moments reset | none | the reset is a defect of the reference |
public struct DGDConfiguration: ModelConfiguration {
  /// What the decoder's output says about a count or value.
  public enum Likelihood: String, CaseIterable, Sendable {
    /// Counts: negative binomial with a dispersion per gene.
    case negativeBinomial = "negative-binomial"
    /// Real values: squared error (Paper I).
    case gaussian
    /// Values in 0…1: cross entropy (Paper I).
    case bernoulli
  }

  /// The output layer's activation.
  public enum Output: String, CaseIterable, Sendable {
    /// log(1 + eᵃ) × scale.
    case softplus
    /// 1 / (1 + e⁻ᵃ) × scale.
    case sigmoid
    /// eᵃ / Σ eᵃ × scale: the expected share of each gene.
    case softmax
    /// max(a, 0): Gaussian only.
    case relu
    /// a: Gaussian only.
    case identity
  }

  /// What the factors of training's matrix products are rounded to.
  public enum Products: String, CaseIterable, Sendable {
    /// Single precision, 24 binary digits.
    case float32
    /// Eight digits, with sums in 24.
    case bfloat16
  }

  /// What a cell's expected profile is multiplied by.
  public enum Scaling: String, CaseIterable, Sendable {
    /// The cell's total count.
    case total
    /// The cell's mean count over all genes.
    case mean
    /// The cell's largest count.
    case maximum
    /// Expected profiles are not multiplied by anything.
    case none
  }

  /// The shape of the mixture's components.
  public enum Covariance: String, CaseIterable, Sendable {
    /// A variance for every component and dimension.
    case diagonal
    /// A variance for every component.
    case isotropic
    /// Variances stay at their initial value.
    case fixed
  }

  /// How often the priors of the mixture count.
  public enum PriorWeight: String, CaseIterable, Sendable {
    /// Once an epoch, as in the paper.
    case perDataSet = "per-data-set"
    /// Once for every cell, as in the reference code.
    case perSample = "per-sample"
  }

  /// How representations and mixture start.
  public enum Start: String, CaseIterable, Sendable {
    /// Principal components, then components fitted to them by EM.
    case spectral
    /// Zeros and random means, as published.
    case published
  }

  /// How dispersions are found.
  public enum Dispersions: String, CaseIterable, Sendable {
    /// Estimated after a spectral start, as published after a published one.
    case byStart = "by-start"
    /// r = e^ρ > 0, from the largest likelihood of the mean profile on, by steps of its own.
    case estimated
    /// r = 1 + e^ρ from 2 on, by the decoder's steps.
    case published
  }

  /// Length of a representation.
  public var latent = 20
  /// Widths of the hidden layers.
  public var hidden = [100, 100, 100]
  /// The distribution of a count around its mean.
  public var likelihood = Likelihood.negativeBinomial
  /// How dispersions are found.
  public var dispersions = Dispersions.byStart
  /// The output activation.
  public var output = Output.softmax
  /// The scale of a cell.
  public var scaling = Scaling.total
  /// A matrix of varm that says which output weights exist.
  public var mask: String?
  /// Components of the mixture; 0: no prior on representations.
  public var components = 9
  /// Whether there are as many components as `labels` has classes.
  public var componentsAreLabels = false
  /// The shape of components.
  public var covariance = Covariance.diagonal
  /// Radius of the softball prior of the means.
  public var softballRadius: Double?
  /// Sharpness of the softball's edge.
  public var softballHardness = 1.0
  /// Concentration of the Dirichlet prior of the weights.
  public var dirichlet = 1.0
  /// Standard deviation that the components' prior is centred on.
  public var sigma: Double?
  /// Standard deviation of the prior of log variances.
  public var sigmaSpread: Double?
  /// How often the mixture's priors count.
  public var priorWeight = PriorWeight.perSample
  /// A column of obs with classes.
  public var labels: String?
  /// Whether classes own components.
  public var supervised = false
  /// Components of each class.
  public var componentsPerClass = 1
  /// How it starts.
  public var start = Start.spectral
  /// Epochs in which only the decoder learns, after a spectral start.
  public var frozenEpochs: Int?
  /// How many epochs are trained; nil: as many as the data's size asks for.
  public var epochs: Int?
  /// Cells of a minibatch.
  public var batch = 256
  /// Lanes that the rows are cut into; nil: batch / 16.
  public var lanes: Int?
  /// Learning rate of the decoder.
  public var decoderRate = 1e-3
  /// Learning rate of the representations.
  public var representationRate = 1e-2
  /// Learning rate of the mixture.
  public var mixtureRate = 1e-2
  /// Epochs at which the decoder's rate changes.
  public var rateEpochs: [Int] = []
  /// The factor at each of those epochs.
  public var rateFactor = 0.1
  /// First Adam coefficient.
  public var beta1 = 0.5
  /// Second Adam coefficient.
  public var beta2 = 0.7
  /// Factors of the output layer's products in training.
  public var products = Products.float32
  /// The weight decay of the decoder's Adam.
  public var weightDecay = 1e-4
  /// Momentum of plain gradient descent on the representations; none: Adam.
  public var representationMomentum: Double?
  /// Fraction for validation.
  public var validationFraction = 0.1
  /// Fraction for the final test.
  public var testFraction = 0.1
  /// Epochs without improvement before stopping; nil: by the start; 0: all epochs are trained.
  public var patience: Int?
  /// Most steps for the representation of a cell outside training.
  public var embeddingSteps = 300
  /// The seed of everything random.
  public var seed = 0

  /// Where cells outside training start.
  public var embeddingStart = EmbeddingStart.best

  /// Where the representation of a cell outside training starts.
  public enum EmbeddingStart: String, CaseIterable, Sendable {
    /// Both of the following, the projection fitted anew to the trained representations: each is followed until the loss
    /// falls no more, the lower one counts.
    case best
    /// The projection onto the principal components of the training cells, where the fit has them; then as many steps as
    /// are set of the training's optimiser.
    case projection
    /// The mean of the component that explains it best, then steps likewise, as published.
    case component
  }

  /// Every setting at its default.
  public init() {}

  /// Counts, means and priors that do not go together.
  ///
  /// - Throws: `SettingError`.
  public func validate() throws(SettingError) {
    if componentsAreLabels, labels == nil {
      throw SettingError("components", "labels needs --labels with a column of classes")
    }
    if supervised, labels == nil {
      throw SettingError("supervised", "needs --labels with a column of classes")
    }
    if products == .bfloat16, Kernels.current.bfloat16 == nil {
      throw SettingError(
        "products", "bfloat16 needs a processor with AVX2, which this one is not; take float32")
    }
    if mask != nil, hidden.isEmpty, start == .spectral {
      throw SettingError(
        "mask",
        "without hidden layers gives each latent dimension its own meaning, which principal components do not have: add --start published"
      )
    }
    if validationFraction + testFraction >= 1 {
      throw SettingError(
        "validation-fraction",
        "with --test-fraction leaves no cells for training; together they must be below 1")
    }
    switch (likelihood, output) {
    case (.negativeBinomial, .relu), (.negativeBinomial, .identity):
      throw SettingError(
        "activation",
        "\(output.rawValue) goes with --likelihood gaussian; counts take softplus, sigmoid or softmax"
      )
    case (.bernoulli, .softplus), (.bernoulli, .softmax), (.bernoulli, .relu),
      (.bernoulli, .identity):
      throw SettingError("activation", "--likelihood bernoulli takes sigmoid")
    case (.gaussian, .softmax):
      throw SettingError(
        "activation", "--likelihood gaussian takes identity, relu, sigmoid or softplus")
    default: break
    }
  }
}

extension DGDConfiguration.Likelihood {
  /// The likelihood of an output layer.
  var network: Networks.Likelihood {
    switch self {
    case .negativeBinomial: .negativeBinomial
    case .gaussian: .gaussian
    case .bernoulli: .bernoulli
    }
  }
}

extension DGDConfiguration.Output {
  /// The link of an output layer.
  var network: Link {
    switch self {
    case .softplus: .softplus
    case .sigmoid: .sigmoid
    case .softmax: .softmax
    case .relu: .relu
    case .identity: .identity
    }
  }
}

extension DGDConfiguration.Products {
  /// What an output layer rounds factors to.
  var network: OutputSpecification.Products {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    }
  }
}
