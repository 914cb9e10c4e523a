public import Concurrency
public import Optimization

/// Layers one after the other: a decoder's trunk, what leads to one of several heads on it, an encoder.
///
///     y_0 = inputs      y_{n+1} = layer_n(y_n)      ∂y_n = layer_n's gradient by its inputs, given ∂y_{n+1}
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | y_0 | inputs, such as representations | rows × inputs | `inputs` |
/// | y_n | what layer n takes | rows × its inputs | `Activations.values[n]` |
///
/// A network evaluates (batch normalisation by running statistics, no dropout) or learns from a `TrainingPass`; without
/// such layers both are the same. No layers: the identity. Several heads on one trunk: the trunk forward once, each head
/// forward on its output; the heads' gradients by their inputs are added up (`addGradient`) before the trunk goes
/// backward.
public struct Network<Scalar: NetworkScalar>: Codable, Sendable {
  /// Inputs of the first layer.
  public let inputCount: Int
  /// The layers, from the inputs outwards.
  public internal(set) var layers: [Layer<Scalar>]
  let tools: NetworkTools

  private enum CodingKeys: String, CodingKey {
    case inputCount, layers
  }

  /// A network of these layers.
  ///
  /// - Precondition: each layer's inputs are the outputs of the one before.
  public init(inputCount: Int, _ layers: [Layer<Scalar>]) {
    self.init(inputCount: inputCount, layers, tools: NetworkTools())
  }

  /// Dense layers, each followed by an activation.
  public init(
    inputCount: Int, layers: [DenseWeights<Scalar>], activation: Activation
  ) {
    self.init(
      inputCount: inputCount,
      layers.flatMap { [.dense(Dense($0)), .activation(activation)] })
  }

  /// A network with chosen kernels.
  package init(inputCount: Int, _ layers: [Layer<Scalar>], tools: NetworkTools) {
    var width = inputCount
    for layer in layers {
      precondition(
        layer.inputCount ?? width == width,
        "a layer of \(layer.inputCount ?? width) inputs after one of \(width) outputs")
      width = layer.outputCount(inputCount: width)
    }
    self.inputCount = inputCount
    self.layers = layers
    self.tools = tools
  }

  /// A network as it was saved.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    inputCount = try container.decode(Int.self, forKey: .inputCount)
    layers = try container.decode([Layer<Scalar>].self, forKey: .layers)
    tools = NetworkTools()
  }

  /// Outputs of the last layer; the inputs' number without layers.
  public var outputCount: Int {
    layers.reduce(inputCount) { $1.outputCount(inputCount: $0) }
  }

  /// Weights and biases of the dense layers, from the inputs outwards.
  public var dense: [DenseWeights<Scalar>] {
    layers.compactMap { if case .dense(let layer) = $0 { layer.weights } else { nil } }
  }

  /// 64-bit integers that hold the gradient of all parameters, layer by layer.
  public var limbCount: Int { layers.reduce(0) { $0 + ($1.parameters?.limbCount ?? 0) } }

  /// Multiplies the weights of each input of the first layer, which is dense: what the network says stays the same
  /// where the inputs are divided.
  public mutating func scaleWeights(ofInputs factors: [Scalar]) {
    precondition(factors.count == inputCount)
    guard case .dense? = layers.first else {
      preconditionFailure("only a dense layer has weights of its inputs")
    }
    layers[0].withParameters { $0.scale(by: factors) }
  }

  /// One step of Adam along the gradient that summed limbs hold.
  ///
  /// Local; the same on every rank.
  public mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, on workers: Workers
  ) {
    precondition(limbs.count == limbCount)
    var start = 0
    for index in layers.indices {
      layers[index].withParameters { parameters in
        let end = start + parameters.limbCount
        parameters.move(step, along: .init(rebasing: limbs[start..<end]), on: workers)
        start = end
      }
    }
  }

  /// Moves the running statistics of batch normalisation towards those of a minibatch.
  ///
  /// Local; the same on every rank.
  public mutating func follow(_ activations: Activations<Scalar>) {
    for (index, statistics) in activations.statistics {
      guard case .normalization(var layer) = layers[index] else { continue }
      layer.follow(statistics)
      layers[index] = .normalization(layer)
    }
  }

  /// The gradient that summed limbs hold, of the parameters of each layer in their layout; none of layers without.
  public func gradients(of limbs: UnsafeBufferPointer<Int64>) -> [[Scalar]] {
    precondition(limbs.count == limbCount)
    var start = 0
    return layers.map { layer in
      guard let parameters = layer.parameters else { return [] }
      let range = start..<start + parameters.limbCount
      start = range.upperBound
      return parameters.gradient(of: .init(rebasing: limbs[range]))
    }
  }

  /// The gradient of the dense layers that summed limbs hold.
  public func gradient(of limbs: UnsafeBufferPointer<Int64>) -> [DenseWeights<Scalar>] {
    zip(layers, gradients(of: limbs)).compactMap { layer, gradient in
      if case .dense(let dense) = layer { dense.parameters.unpacked(gradient) } else { nil }
    }
  }
}
