import LinearAlgebra
package import Modeling
package import Networks
package import Probability

/// What a decoder and its latent spaces are made of. The deep generative decoder has no trunk, one head and one
/// space; models of several kinds of data and of covariates have more.
package struct DGDArchitecture: Sendable {
  /// A kind of data.
  package struct Head: Sendable {
    /// Its name, in reports of fits with several.
    package var name: String
    /// Widths of the hidden layers between trunk and output layer.
    package var hidden: [Int]
    /// How many features this kind of data has.
    package var columnCount: Int
    /// What a value is, given its mean.
    package var likelihood: Likelihood
    /// From logits to means per unit of scale.
    package var link: Link
    /// What a row's profile is multiplied by.
    package var scaling: DGDConfiguration.Scaling
    /// Output weights that do not exist, as positions g · H + h.
    package var absentWeights: [Int] = []
    /// Whether dispersions are estimated by steps of their own, r = e^ρ; otherwise r = 1 + e^ρ moves with the weights.
    package var estimatesDispersions = false
    /// For every row of the data whether it has this kind of data; empty: all have.
    package var presence: [Bool] = []
  }

  /// A latent space.
  package struct Space: Sendable {
    /// Its name, in reports and files, of a model with several that have names.
    package var name = ""
    /// L, the dimension of the space.
    package var dimension: Int
    /// K; 0: no mixture.
    package var componentCount: Int
    /// Whether a component has one variance for all dimensions.
    package var isIsotropic: Bool
    /// The prior before the start has seen the data.
    package var prior: GaussianMixturePrior
    /// Classes that own components: each cell's class and how many components a class has; nil: nobody owns them.
    package var owners: Owners?
    /// How it is trained.
    package var training: LatentSpaceTraining
    /// Whether rows with a class start at its component, as a known covariate allows; otherwise classes only teach.
    package var startsAtClasses = false
  }

  /// Classes that own components of a space.
  package struct Owners: Sendable {
    /// The class of every row of the data, −1 without one.
    package var codes: [Int32]
    /// Names of the classes.
    package var names: [String]
    /// Components of each.
    package var componentsPerClass: Int

    /// Classes of the rows, each owning so many components.
    package init(codes: [Int32], names: [String], componentsPerClass: Int = 1) {
      self.codes = codes
      self.names = names
      self.componentsPerClass = componentsPerClass
    }
  }

  /// What the model's columns in files begin with.
  package var modelName = "dgd"
  /// λ of the penalty λ Σ |w| of all weights of the decoder, which counts in every minibatch; 0: none.
  package var absolutePenalty = 0.0
  /// Widths of the trunk's layers; none: heads read representations.
  package var trunk: [Int] = []
  /// The kinds of data.
  package var heads: [Head]
  /// The latent spaces.
  package var spaces: [Space]
  /// What products of training are rounded to.
  package var products = OutputSpecification.Products.float32

  /// Inputs of the decoder.
  package var inputCount: Int { spaces.reduce(0) { $0 + $1.dimension } }
  /// Inputs of every head.
  var headInputCount: Int { trunk.last ?? inputCount }

  /// What a file or report adds to a name for a space: nothing for the first, then its name or number.
  func suffix(ofSpace index: Int) -> String {
    let name = spaces[index].name
    return index == 0 ? "" : name.isEmpty ? "\(index + 1)" : name
  }

  /// What a head's output layer computes.
  func specification(_ head: Head) -> OutputSpecification {
    OutputSpecification(
      head.likelihood, head.link, outputCount: head.columnCount,
      inputCount: head.hidden.last ?? headInputCount, products: products
    ).with(Dispersion(head.estimatesDispersions ? .exponential : .onePlusExponential))
  }
}

extension DGDArchitecture.Head {
  /// ρ before anything is known: r = 2 in either form.
  var initialLogDispersion: Double { estimatesDispersions ? 0.693_147_180_559_945_3 : 0 }

  /// s of every row of a matrix.
  package func scales(of matrix: RowMatrix) -> [Double] {
    guard likelihood == .negativeBinomial, case .counts(let counts) = matrix else {
      switch matrix {
      case .counts(let counts): return Array(repeating: 1, count: counts.rowCount)
      case .reals(let values): return Array(repeating: 1, count: values.rowCount)
      }
    }
    // A softmax says what share of the total each feature has.
    let scaling = link == .softmax ? .total : scaling
    return (0..<counts.rowCount).map { row in
      switch scaling {
      case .total: Double(counts.total(ofRow: row))
      case .mean: Double(counts.total(ofRow: row)) / Double(columnCount)
      case .maximum: Double(counts.maximum(ofRow: row))
      case .none: 1
      }
    }
  }
}

extension DGDArchitecture {
  /// The deep generative decoder of these settings: one head, one space, no trunk.
  ///
  /// - Throws: `ModelError` where a column of labels or a mask does not go with the settings.
  package init(_ configuration: DGDConfiguration, _ data: DataSummary) throws(ModelError) {
    if configuration.supervised, let classes = try configuration.classes(of: data),
      !classes.codes.contains(where: { $0 >= 0 })
    {
      throw ModelError(
        "--supervised: no cell has a class: the column of --labels holds nothing but missing values"
      )
    }
    heads = [
      Head(
        name: "", hidden: configuration.hidden, columnCount: data.columnCount,
        likelihood: configuration.likelihood.network, link: configuration.output.network,
        scaling: configuration.scaling,
        absentWeights: try DGD.absentWeights(configuration, data),
        estimatesDispersions: configuration.estimatesDispersions)
    ]
    spaces = [try Self.space(configuration, data)]
    products = configuration.products.network
  }

  /// The latent space of these settings.
  ///
  /// - Throws: `ModelError` where a column of labels does not go with the settings.
  package static func space(
    _ configuration: DGDConfiguration, _ data: DataSummary
  ) throws(ModelError) -> Space {
    let classes = try configuration.classes(of: data)
    var owners: Owners?
    if configuration.supervised, let classes {
      owners = Owners(
        codes: classes.codes, names: classes.names,
        componentsPerClass: configuration.componentsPerClass)
    }
    let components =
      configuration.supervised
      ? (classes?.names.count ?? 0) * configuration.componentsPerClass
      : configuration.componentsAreLabels
        ? max(1, classes?.names.count ?? 1) : configuration.components
    return Space(
      dimension: configuration.latent, componentCount: components,
      isIsotropic: configuration.covariance == .isotropic,
      prior: configuration.prior(componentCount: components), owners: owners,
      training: configuration.spaceTraining(classCount: classes?.names.count ?? 1))
  }
}

extension DGDConfiguration {
  /// The mixture's prior before the start has seen the data.
  fileprivate func prior(componentCount: Int) -> GaussianMixturePrior {
    let radius = softballRadius ?? 1
    return GaussianMixturePrior(
      radius: radius, hardness: softballHardness,
      sigma: sigma ?? max(1e-3, 0.2 * radius / Double(max(componentCount, 1))),
      spread: usedSigmaSpread, concentration: dirichlet)
  }

  fileprivate func spaceTraining(classCount: Int) -> LatentSpaceTraining {
    LatentSpaceTraining(
      priorWeight: priorWeight == .perSample ? .oncePerRow : .oncePerEpoch,
      keepsPrecisions: covariance == .fixed, supervisionFactor: Double(classCount),
      mixture: adam(rate: mixtureRate),
      representations: representationMomentum.map {
        .momentum(rate: representationRate, momentum: $0, weightDecay: weightDecay)
      } ?? .adam(adam(rate: representationRate)))
  }

  /// Adam with these settings' coefficients.
  func adam(rate: Double) -> AdamSettings {
    AdamSettings(rate: rate, beta1: beta1, beta2: beta2, weightDecay: weightDecay)
  }

  /// The decoder's Adam in an epoch.
  func decoderAdam(epoch: Int) -> AdamSettings {
    adam(rate: rateEpochs.reduce(decoderRate) { epoch >= $1 ? $0 * rateFactor : $0 })
  }
}
