/// A dense layer: every output is a weighted sum of all inputs and a bias.
///
///     y_i = W x_i + b      ∂W = Σ_i δ_i x_iᵀ      ∂b = Σ_i δ_i      ∂x_i = Wᵀ δ_i,      δ = ∂ loss/∂ y
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | W, b | weights, biases | outputs × inputs, outputs | `parameters[o, i]`, `parameters[o, inputs]` |
/// | x, y | inputs, outputs of a row | inputs, outputs | |
public struct Dense<Scalar: NetworkScalar>: Codable, Sendable {
  /// Weights and bias of each output.
  public var parameters: Parameters<Scalar>

  /// A layer with these weights and biases, and zero moments.
  public init(_ weights: DenseWeights<Scalar>) {
    let inputCount = weights.inputCount
    parameters = Parameters(outputCount: weights.biases.count, width: inputCount + 1) { o, i in
      i < inputCount ? weights.weights[o * inputCount + i] : weights.biases[o]
    }
  }

  /// How many inputs the layer takes.
  public var inputCount: Int { parameters.width - 1 }
  /// How many outputs the layer has.
  public var outputCount: Int { parameters.outputCount }
  /// Weights and biases as plain arrays.
  public var weights: DenseWeights<Scalar> { parameters.unpacked(parameters.values) }
}

/// The weights and biases of a dense layer as plain arrays, or their gradients.
public struct DenseWeights<Scalar: NetworkScalar>: Codable, Sendable, Equatable {
  /// W: outputs × inputs, row-major.
  public var weights: [Scalar]
  /// b, a bias for every output.
  public var biases: [Scalar]

  /// Weights and biases.
  ///
  /// - Precondition: at least one output; as many weights for each.
  public init(weights: [Scalar], biases: [Scalar]) {
    precondition(
      !biases.isEmpty && weights.count.isMultiple(of: biases.count),
      "\(weights.count) weights for \(biases.count) outputs")
    self.weights = weights
    self.biases = biases
  }

  /// How many inputs the layer takes.
  public var inputCount: Int { weights.count / biases.count }
}
