/// What the output layer of a decoder computes:
///
///     a = W h + b        μ_g = s · activation(a)_g        loss = −log p(x | μ, r)
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | h | last hidden layer's activations | rows × H | `OutputBatch.hidden` |
/// | W, b | weights, biases | G × H, G | `OutputLayer.weights`, `biases` |
/// | s | scale of the row (library) | rows | `OutputBatch.scales` |
/// | r | dispersion, r_g = 1 + e^{ρ_g} | G | `logDispersions` holds ρ |
public struct OutputSpecification: Codable, Sendable, Equatable {
  /// The distribution of a value given its mean.
  public enum Likelihood: String, Codable, Sendable, CaseIterable {
    /// log Γ(k+r) − log Γ(r) − log k! + k log(μ/(r+μ)) + r log(r/(r+μ)).
    case negativeBinomial
    /// −(x − μ)²: the squared error, without constants (Paper I of DGD).
    case gaussian
    /// x log μ + (1 − x) log(1 − μ).
    case bernoulli
  }

  /// From logits to the mean per unit of scale.
  public enum Activation: String, Codable, Sendable, CaseIterable {
    /// log(1 + eᵃ).
    case softplus
    /// 1 / (1 + e⁻ᵃ).
    case sigmoid
    /// eᵃ / Σ eᵃ over all genes.
    case softmax
    /// max(a, 0).
    case relu
    /// a.
    case identity
  }

  /// What the factors of a training step's three matrix products are rounded to; sums are made in single
  /// precision. Losses and representations outside training know only single precision.
  public enum Products: String, Codable, Sendable, CaseIterable {
    /// Not at all: 24 digits.
    case float32
    /// Eight digits: half the time on processors that multiply such numbers.
    case bfloat16
  }

  /// The likelihood.
  public let likelihood: Likelihood
  /// The activation.
  public let activation: Activation
  /// G: genes.
  public let outputCount: Int
  /// H: inputs.
  public let inputCount: Int
  /// ε added inside the logarithms of the negative binomial, as in the reference code (10⁻¹⁰); 0: the
  /// stated likelihood.
  public let stabilizer: Double
  /// The factors of products; `PlainOutputLayer` takes no notice.
  public let products: Products

  /// A specification.
  public init(
    _ likelihood: Likelihood, _ activation: Activation, outputCount: Int, inputCount: Int,
    stabilizer: Double = 0, products: Products = .float32
  ) {
    precondition(outputCount >= 1 && inputCount >= 1)
    self.likelihood = likelihood
    self.activation = activation
    self.outputCount = outputCount
    self.inputCount = inputCount
    self.stabilizer = stabilizer
    self.products = products
  }

  /// A specification as it was saved; before there was a choice of products they were in single precision.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    likelihood = try container.decode(Likelihood.self, forKey: .likelihood)
    activation = try container.decode(Activation.self, forKey: .activation)
    outputCount = try container.decode(Int.self, forKey: .outputCount)
    inputCount = try container.decode(Int.self, forKey: .inputCount)
    stabilizer = try container.decode(Double.self, forKey: .stabilizer)
    products = try container.decodeIfPresent(Products.self, forKey: .products) ?? .float32
  }
}

/// The rows that an output layer works on.
public struct OutputBatch<Scalar: NetworkScalar>: Sendable {
  /// h: rows × H, row-major.
  public var hidden: [Scalar]
  /// s, one a row.
  public var scales: [Scalar]
  /// x.
  public var values: SparseBatch<Scalar>
  /// Which rows belong to which lane.
  public var groups: LaneGroups
  /// Whether all rows have the same hidden activations: for losses their logits are then computed once.
  public var rowsShareHidden = false

  /// A batch.
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

  /// A result.
  public init(losses: [Double], hiddenGradient: [Scalar], faultCount: Int) {
    self.losses = losses
    self.hiddenGradient = hiddenGradient
    self.faultCount = faultCount
  }
}
