import Kernels

/// What the output layer of a decoder computes:
///
///     a = W h + b        μ_g = s · link(a)_g        loss = −log p(x | μ, r)
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | h | last hidden layer's activations | rows × H | `OutputBatch.hidden` |
/// | W, b | weights, biases | G × H, G | `OutputParameters.weights`, `biases` |
/// | s | scale of the row (library) | rows | `OutputBatch.scales` |
/// | r | dispersion, see `Dispersion` | G × groups | `logDispersions` holds ρ |
/// | π | second logits of a zero-inflated likelihood, V h + d | rows × G | `OutputParameters.inflation` holds V, d |
public struct OutputSpecification: Codable, Sendable, Equatable {
  /// What the factors of a training step's three matrix products are rounded to; sums are made in single
  /// precision. Losses and representations outside training know only single precision.
  public enum Products: String, Codable, Sendable, CaseIterable {
    /// Not at all: 24 digits.
    case float32
    /// Eight digits: half the time on processors that multiply such numbers.
    case bfloat16
  }

  /// The distribution of a value around its mean.
  public let likelihood: Likelihood
  /// How a mean follows from its logit.
  public let link: Link
  /// The dispersion; of no account to likelihoods without.
  public private(set) var dispersion = Dispersion()
  /// G, the number of genes.
  public let outputCount: Int
  /// H, the number of inputs.
  public let inputCount: Int
  /// ε added inside the logarithms of the negative binomial, as in the reference code (10⁻¹⁰); 0: the
  /// stated likelihood.
  public let stabilizer: Double
  /// The factors of products; `PlainOutput` takes no notice.
  public let products: Products

  /// What an output layer of these sizes computes.
  public init(
    _ likelihood: Likelihood, _ link: Link, outputCount: Int, inputCount: Int,
    stabilizer: Double = 0, products: Products = .float32
  ) {
    precondition(outputCount >= 1 && inputCount >= 1)
    self.likelihood = likelihood
    self.link = link
    self.outputCount = outputCount
    self.inputCount = inputCount
    self.stabilizer = stabilizer
    self.products = products
  }

  /// The specification with this dispersion.
  public func with(_ dispersion: Dispersion) -> OutputSpecification {
    var result = self
    result.dispersion = dispersion
    return result
  }

  /// Why `OutputHead` does not compute a combination, in one sentence; nil where it does.
  public static func refusal(
    _ likelihood: Likelihood, _ link: Link, dispersion: Dispersion = Dispersion()
  ) -> String? {
    guard OutputKind(likelihood.kernel, link.kernel) != nil else {
      let offered = Link.allCases.filter { OutputKind(likelihood.kernel, $0.kernel) != nil }
        .map(\.rawValue)
      return
        "likelihood \(likelihood.rawValue) takes the link \(offered.joined(separator: " or ")), not \(link.rawValue)"
    }
    guard likelihood.hasDispersion || dispersion.groupCount == 1 else {
      return "likelihood \(likelihood.rawValue) has no dispersion that could differ between groups"
    }
    return nil
  }

  /// Dispersions of a gene.
  var dispersionCount: Int { likelihood.hasDispersion ? dispersion.groupCount : 0 }
}

/// The rows that an output layer works on.
public struct OutputBatch<Scalar: NetworkScalar>: Sendable {
  /// h: rows × H, row-major.
  public var hidden: [Scalar]
  /// s, one a row.
  public var scales: [Scalar]
  /// x, the values of the rows, those that are not zero.
  public var values: SparseBatch<Scalar>
  /// Which rows belong to which lane.
  public var groups: LaneGroups
  /// The group of each row among those that have dispersions of their own; empty where there is one.
  public var dispersionGroups: [Int32] = []
  /// Whether all rows have the same hidden activations: for losses their logits are then computed once.
  public var rowsShareHidden = false

  /// The rows of a minibatch with the inputs of the layer.
  public init(
    hidden: [Scalar], scales: [Scalar], values: SparseBatch<Scalar>, groups: LaneGroups
  ) {
    precondition(
      scales.count == values.rowCount && groups.rowCount == values.rowCount)
    self.hidden = hidden
    self.scales = scales
    self.values = values
    self.groups = groups
  }
}

/// What an output layer says about a batch.
public struct OutputResult<Scalar: NetworkScalar>: Sendable {
  /// −log p(x_i | h_i), a row.
  public var losses: [Double]
  /// ∂ loss / ∂ h: rows × H, row-major.
  public var hiddenGradient: [Scalar]
  /// Gradient entries that were not finite or out of range and are missing from the limbs.
  public var faultCount: Int

  /// The losses of a batch with the gradient by its inputs.
  public init(losses: [Double], hiddenGradient: [Scalar], faultCount: Int) {
    self.losses = losses
    self.hiddenGradient = hiddenGradient
    self.faultCount = faultCount
  }
}

/// The parameters of an output layer as plain arrays, or their gradients.
public struct OutputParameters<Scalar: NetworkScalar>: Codable, Sendable, Equatable {
  /// W: G × H, row-major.
  public var weights: [Scalar]
  /// b, a bias for each of the G outputs.
  public var biases: [Scalar]
  /// ρ: G × groups, row-major; of no account to likelihoods without dispersion.
  public var logDispersions: [Scalar]
  /// V and d of a zero-inflated likelihood; nil for others.
  public var inflation: DenseWeights<Scalar>?

  /// The parameters of an output layer, weights output by output.
  public init(
    weights: [Scalar], biases: [Scalar], logDispersions: [Scalar],
    inflation: DenseWeights<Scalar>? = nil
  ) {
    self.weights = weights
    self.biases = biases
    self.logDispersions = logDispersions
    self.inflation = inflation
  }

  /// Whether the arrays have the sizes of a specification.
  func fits(_ specification: OutputSpecification) -> Bool {
    let (G, H) = (specification.outputCount, specification.inputCount)
    return weights.count == G * H && biases.count == G
      && logDispersions.count == G * specification.dispersion.groupCount
      && (inflation != nil) == specification.likelihood.isInflated
      && inflation.map { $0.weights.count == G * H && $0.biases.count == G } ?? true
  }
}
