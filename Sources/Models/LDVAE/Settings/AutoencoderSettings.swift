public import Modeling

/// The settings that `ldvae` and `vae` have in common, with distfit's defaults.
///
/// | Setting | Reference code | distfit | Why |
/// |---|---|---|---|
/// | `start` | random, ρ ~ N(0, 1) | estimated | the mean profile and its dispersions are where a decoder without latents ends |
/// | `dispersion-rate` | as the others | 10 × as much | θ = e^ρ at rate 10⁻³ does not get from its start to where it belongs |
/// | `library` | latent (ldvae), observed (vae) | observed | totals are known; inferring them costs likelihood |
/// | `kl-warmup` | 400 epochs, also of shorter runs | the first quarter of the run | a million cells would be trained with weight 0.02 |
/// | `patience` | off | 45 epochs of validation, best state kept | |
public struct AutoencoderSettings: ModelConfiguration {
  /// The distribution of the latents.
  public enum Latents: String, CaseIterable, Sendable {
    /// z ~ N(0, I).
    case normal
    /// z = softmax(u), u ~ N(0, I).
    case logisticNormal = "logistic-normal"
  }

  /// The distribution of a count around its mean.
  public enum Counts: String, CaseIterable, Sendable {
    /// Negative binomial with mean μ and dispersion θ.
    case negativeBinomial = "negative-binomial"
    /// The negative binomial, or zero whatever the mean.
    case zeroInflated = "zero-inflated"
    /// Poisson, without dispersions.
    case poisson
  }

  /// What a gene's dispersions belong to.
  public enum DispersionGroups: String, CaseIterable, Sendable {
    /// One for each gene.
    case gene
    /// One for each gene and batch.
    case geneBatch = "gene-batch"
    /// One for each gene and class of --labels.
    case geneLabel = "gene-label"
  }

  /// Where a cell's scale comes from.
  public enum Library: String, CaseIterable, Sendable {
    /// The total of its counts.
    case observed
    /// A latent of its own, with an encoder of its own.
    case latent
  }

  /// Where parameters start.
  public enum Start: String, CaseIterable, Sendable {
    /// Decoder at the mean profile, dispersions by maximum likelihood around it.
    case estimated
    /// Everything random, as published.
    case published
  }

  /// What becomes of new cells of a batch that the fit does not know.
  public enum UnseenBatch: String, CaseIterable, Sendable {
    /// They are refused.
    case error
    /// They are decoded by the mean of the batches.
    case average
  }

  /// L, the length of a latent representation.
  public var latent = 10
  /// The distribution of the latents.
  public var latents = Latents.normal
  /// The distribution of a count around its mean.
  public var likelihood = Counts.negativeBinomial
  /// What dispersions belong to.
  public var dispersion = DispersionGroups.gene
  /// Where a cell's scale comes from.
  public var library = Library.observed
  /// Units of each hidden layer of the encoders.
  public var hidden = 128
  /// Hidden layers of the encoder of the latents.
  public var layers = 1
  /// The probability of dropout in the encoders.
  public var dropout = 0.1
  /// A column of obs with each cell's batch.
  public var batchKey: String?
  /// A column of obs with classes.
  public var labels: String?
  /// What becomes of new cells of an unknown batch.
  public var unseenBatch = UnseenBatch.error
  /// Where parameters start.
  public var start = Start.estimated
  /// Passes over the training cells; nil: as many as the data's size asks for.
  public var epochs: Int?
  /// Epochs without a better validation loss before stopping.
  public var patience: Int? = 45
  /// Cells of a minibatch.
  public var batch = 128
  /// Lanes that the rows are cut into; nil: batch / 16.
  public var lanes: Int?
  /// Adam's learning rate.
  public var rate = 5e-3
  /// Adam's learning rate of the dispersions; nil: ten times the others'.
  public var dispersionRate: Double?
  /// Adam's decay of the first moment.
  public var beta1 = 0.9
  /// Adam's decay of the second moment.
  public var beta2 = 0.999
  /// What Adam adds to the root of the second moment, against division by 0.
  public var epsilon = 0.01
  /// Coupled weight decay.
  public var weightDecay = 1e-6
  /// Minibatches in which the divergence's weight grows to 1.
  public var warmupSteps: Int?
  /// Epochs in which it does, at the beginning of each.
  public var warmupEpochs: Int?
  /// Fraction of cells for validation.
  public var validationFraction = 0.1
  /// Fraction of cells for the final test.
  public var testFraction = 0.1
  /// Draws from each cell's posterior for its bound and marginal likelihood.
  public var importanceSamples = 10
  /// The seed of everything random.
  public var seed = 0

  /// Every setting at its default.
  public init() {}

  /// Epochs of a fit to so many training cells: 20 000 cells see 100 epochs, fewer at most 400, more at least 10.
  func epochCount(trainCount: Int) -> Int {
    epochs ?? max(10, min(200, 2_000_000 / max(trainCount, 1)))
  }

  /// The weight of the divergence in a minibatch.
  ///
  /// - Parameter step: minibatches done.
  package func divergenceWeight(epoch: Int, step: Int, plannedSteps: Int) -> Double {
    if let warmupEpochs {
      return warmupEpochs == 0 ? 1 : min(1, Double(epoch) / Double(warmupEpochs))
    }
    let steps = warmupSteps ?? plannedSteps / 4
    return steps == 0 ? 1 : min(1, Double(step + 1) / Double(steps))
  }

  /// Combinations that cannot be.
  public func validate() throws(SettingError) {
    if likelihood == .poisson, dispersion != .gene {
      throw SettingError("dispersion", "counts of --likelihood poisson have no dispersion")
    }
    if dispersion == .geneBatch, batchKey == nil {
      throw SettingError("dispersion", "gene-batch needs --batch-key")
    }
    if dispersion == .geneLabel, labels == nil {
      throw SettingError("dispersion", "gene-label needs --labels")
    }
    if validationFraction + testFraction >= 1 {
      throw SettingError("validation-fraction", "with --test-fraction none is left for training")
    }
    if warmupSteps != nil, warmupEpochs != nil {
      throw SettingError("kl-warmup-steps", "stands beside --kl-warmup-epochs: one of them")
    }
  }
}
