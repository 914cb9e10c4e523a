public import Modeling

/// The settings of multiDGD, with distfit's defaults: those of the deep generative decoder, and what several kinds of data
/// and covariates add.
///
/// | Setting | Paper | Reference code | distfit | Why |
/// |---|---|---|---|---|
/// | `l1` | – | 1 | 0 | not in the paper; every minibatch counts it, so that it grows with their number |
/// | `trunk`, `head` | 2 × 100; 2 layers | 2 × 100; 100, max(100, √G) | the code's | |
/// | rates, start, widths of components | | | as `dgd` | see there |
/// | `covariates` | any number | the first | any number | the stated model |
/// | `covariate-sigma` | 0.2 ϱ/C | rounded to two digits | 0.2 ϱ/C | rounding gives 0 for many classes |
public struct MultiDGDConfiguration: ModelConfiguration {
  /// What the density of a representation with a known class is multiplied by.
  public enum Supervision: String, CaseIterable, Sendable {
    /// The number of classes, as in the reference code.
    case classes
    /// Nothing: the density itself.
    case plain
  }

  /// Settings of the deep generative decoder that mean the same here.
  public var decoder = DGDConfiguration()
  /// Components of the mixture; nil: the number of classes of the labels, 9 without.
  public var components: Int?
  /// Widths of the layers that all modalities share.
  public var trunk = [100, 100]
  /// Widths of the hidden layers of each modality's head but the last.
  public var head = [100]
  /// Width of the last hidden layer of each head; nil: as the layer before, or √features if that is more.
  public var headWidth: Int?
  /// λ of λ Σ |w| over the decoder's weights.
  public var absolutePenalty = 0.0
  /// Columns of obs, each with a latent space of its own.
  public var covariates: [String] = []
  /// Dimensions of a covariate's space.
  public var covariateLatent = 2
  /// Radius of the softball prior of a covariate's means.
  public var covariateRadius = 2.0
  /// Sharpness of that softball's edge.
  public var covariateHardness = 5.0
  /// Centre of the width of a covariate's components; nil: 0.2 ϱ/C.
  public var covariateSigma: Double?
  /// Concentration of the Dirichlet prior of a covariate's weights.
  public var covariateDirichlet = 2.0
  /// Learning rate of a covariate's mixture; nil: a tenth of the representations'.
  public var covariateRate: Double?
  /// What the density of a cell with a known class is multiplied by.
  public var covariateSupervision = Supervision.classes

  /// Every setting at its default.
  public init() {}

  /// Combinations that the decoder refuses.
  ///
  /// - Throws: `SettingError`.
  public func validate() throws(SettingError) {
    try decoder.validate()
    if Set(covariates).count < covariates.count {
      throw SettingError("covariates", "names a column twice")
    }
  }

  /// Flags, run-file members and help, in the order of the help text.
  public static var settings: [Setting<MultiDGDConfiguration>] {
    // What a model of one kind of data, or without covariates, asks otherwise.
    let other: Set = [
      "hidden", "likelihood", "activation", "scaling", "mask", "components", "supervised",
      "components-per-class",
    ]
    let shared = DGDConfiguration.settings.filter { !other.contains($0.name) }
    return networkSettings + covariateSettings
      + settings(
        of: \.decoder,
        shared.map { $0.name == "labels" ? $0.marked([], alias: "observable") : $0 })
  }

  private static var networkSettings: [Setting<MultiDGDConfiguration>] {
    [
      .integers(
        "trunk", \.trunk, in: 1...100_000,
        "Widths of the layers (ReLU) between representations and heads, which all modalities share; none: no layers."
      ),
      .integers(
        "head", \.head, in: 1...100_000,
        "Widths of the hidden layers (ReLU) of each modality's head, all but the last; none: the last only."
      ),
      .optionalInteger(
        "head-width", \.headWidth, in: 1...100_000,
        "Width of the last hidden layer of each head; none: as the layer before, or the root of the number of features if that is more."
      ),
      .number(
        "l1", \.absolutePenalty, in: 0...1e6,
        "Penalty of the absolute values of the decoder's weights, counted in every minibatch; the reference code has 1."
      ),
      .optionalInteger(
        "components", \.components, in: 0...10_000,
        "Components K of the Gaussian mixture over representations; none: the number of classes of --labels, 9 without; 0: no prior."
      ),
    ]
  }

  private static var covariateSettings: [Setting<MultiDGDConfiguration>] {
    [
      .texts(
        "covariates", \.covariates, "<obs column>,…",
        "Columns of classes, such as batch and donor: each has a latent space in which its classes own the components. Cells without a class are modelled without."
      ),
      .integer(
        "covariate-latent", \.covariateLatent, in: 1...100, "Dimensions of a covariate's space."),
      .number(
        "covariate-radius", \.covariateRadius, in: 1e-6...1e6,
        "Radius ϱ of the softball prior of a covariate's means."),
      .number(
        "covariate-hardness", \.covariateHardness, in: 0.01...1000,
        "Sharpness of the edge of a covariate's softball."),
      .optionalNumber(
        "covariate-sigma", \.covariateSigma, in: 1e-6...1e6,
        "Standard deviation that a covariate's components are centred on; none: 0.2 ϱ over the number of classes."
      ),
      .number(
        "covariate-dirichlet", \.covariateDirichlet, in: 1e-6...1e6,
        "Concentration of the Dirichlet prior of a covariate's weights."),
      .optionalNumber(
        "covariate-rate", \.covariateRate, in: 0...10,
        "Adam's learning rate of a covariate's mixture; none: a tenth of --representation-rate."),
      .choice(
        "covariate-supervision", \.covariateSupervision,
        "What the density of a cell with a known class is multiplied by: the number of classes (reference code), or plain."
      ),
    ]
  }
}
