public import LinearAlgebra
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
/// No layers: the identity. Several heads on one trunk: the trunk forward once, each head forward on its output; the
/// heads' gradients by their inputs are added up (`addGradient`) before the trunk goes backward.
public struct Network<Scalar: NetworkScalar>: Codable, Sendable {
  /// Inputs of the first layer.
  public let inputCount: Int
  /// The layers, from the inputs outwards.
  public private(set) var layers: [Layer<Scalar>]
  private let tools: NetworkTools

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
      if case .dense(let dense) = layer {
        precondition(
          dense.inputCount == width,
          "a layer of \(dense.inputCount) inputs after one of \(width) outputs")
      }
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

  /// All layers' outputs for rows × inputs.
  ///
  /// Local.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func forward(
    _ inputs: [Scalar], rowCount: Int, on workers: Workers
  ) -> Activations<Scalar> {
    precondition(inputs.count == rowCount * inputCount)
    var values = [inputs]
    for layer in layers {
      let input = values[values.count - 1]
      switch layer {
      case .dense(let layer):
        values.append(
          Scalar.Arithmetic.forward(
            layer.parameters, input, rowCount: rowCount, tools, on: workers))
      case .activation(let activation): values.append(activation.values(of: input))
      }
    }
    return Activations(rowCount: rowCount, values: values)
  }

  /// ∂ loss/∂ inputs from ∂ loss/∂ output; the gradient of the parameters replaces whatever `limbs` held, unless nil.
  ///
  /// Local.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func backward(
    _ activations: Activations<Scalar>, _ outputGradient: [Scalar], groups: LaneGroups,
    into limbs: UnsafeMutableBufferPointer<Int64>?, on workers: Workers
  ) -> BackwardResult<Scalar> {
    precondition(groups.rowCount == activations.rowCount)
    precondition(limbs.map { $0.count == limbCount } ?? true)
    limbs?.update(repeating: 0)
    var result = BackwardResult(inputGradient: outputGradient, faultCount: 0)
    var end = limbCount
    for (index, layer) in layers.enumerated().reversed() {
      let (inputs, outputs) = (activations.values[index], activations.values[index + 1])
      switch layer {
      case .dense(let layer):
        let start = end - layer.parameters.limbCount
        let back = Scalar.Arithmetic.backward(
          layer.parameters, result.inputGradient, inputs: inputs, groups: groups,
          into: limbs.map { .init(rebasing: $0[start..<end]) }, tools, on: workers)
        result.inputGradient = back.inputGradient
        result.faultCount += back.faultCount
        end = start
      case .activation(let activation):
        activation.differentiate(&result.inputGradient, inputs: inputs, outputs: outputs)
      }
    }
    return result
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
      guard let count = layers[index].parameters?.limbCount else { continue }
      layers[index].move(step, along: .init(rebasing: limbs[start..<start + count]), on: workers)
      start += count
    }
  }

  /// The gradient of the dense layers that summed limbs hold.
  public func gradient(of limbs: UnsafeBufferPointer<Int64>) -> [DenseWeights<Scalar>] {
    precondition(limbs.count == limbCount)
    var start = 0
    var gradients: [DenseWeights<Scalar>] = []
    for layer in layers {
      guard let parameters = layer.parameters else { continue }
      let range = start..<start + parameters.limbCount
      if case .dense = layer {
        gradients.append(
          parameters.unpacked(parameters.gradient(of: .init(rebasing: limbs[range]))))
      }
      start = range.upperBound
    }
    return gradients
  }
}

extension Layer {
  /// One step of Adam, in place: the arrays are not copied.
  fileprivate mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, on workers: Workers
  ) {
    switch self {
    case .dense(var layer):
      self = .activation(.identity)
      layer.parameters.move(step, along: limbs, on: workers)
      self = .dense(layer)
    case .activation: break
    }
  }
}

/// What the layers of a network computed on the way forward: needed on the way back.
public struct Activations<Scalar: NetworkScalar>: Sendable {
  /// Rows.
  public let rowCount: Int
  /// The inputs, then the outputs of every layer: rows × width, row-major.
  public let values: [[Scalar]]

  /// The last layer's outputs.
  public var output: [Scalar] { values[values.count - 1] }
}

/// Adds the gradient of one head by the trunk's output to that of others; an empty sum holds none yet.
public func addGradient<Scalar: NetworkScalar>(_ sum: inout [Scalar], _ gradient: [Scalar]) {
  guard !sum.isEmpty else {
    sum = gradient
    return
  }
  precondition(sum.count == gradient.count)
  for index in sum.indices { sum[index] += gradient[index] }
}
