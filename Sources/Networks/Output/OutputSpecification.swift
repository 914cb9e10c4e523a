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

  /// A specification.
  public init(
    _ likelihood: Likelihood, _ activation: Activation, outputCount: Int, inputCount: Int,
    stabilizer: Double = 0
  ) {
    precondition(outputCount >= 1 && inputCount >= 1)
    self.likelihood = likelihood
    self.activation = activation
    self.outputCount = outputCount
    self.inputCount = inputCount
    self.stabilizer = stabilizer
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
