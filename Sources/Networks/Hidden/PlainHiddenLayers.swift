public import LinearAlgebra

/// Hidden layers written as their formulas are: the oracle of the fast ones, and those of fits in double
/// precision.
///
///     δ_n = ∂y_{n+1} ∘ [y_{n+1} > 0]      ∂W_n = Σ_i δ_ni y_niᵀ      ∂b_n = Σ_i δ_ni      ∂y_n = δ_n W_n
public struct PlainHiddenLayers<Scalar: NetworkScalar>: HiddenLayers {
  /// L: inputs.
  public let inputCount: Int
  /// The parameters, from the representation outwards.
  public private(set) var layers: [HiddenLayer<Scalar>]
  private var firstMoments: [Scalar]
  private var secondMoments: [Scalar]

  /// Layers with these parameters and zero moments.
  public init(inputCount: Int, layers: [HiddenLayer<Scalar>]) {
    var width = inputCount
    for layer in layers {
      precondition(layer.inputCount == width, "a layer's inputs are the outputs of the one before")
      width = layer.biases.count
    }
    self.inputCount = inputCount
    self.layers = layers
    let count = layers.reduce(0) { $0 + $1.weights.count + $1.biases.count }
    firstMoments = Array(repeating: 0, count: count)
    secondMoments = firstMoments
  }

  /// Integers that hold the gradient of all parameters.
  public var limbCount: Int { FixedPoint.limbsPerValue * firstMoments.count }

  /// All layers' activations.
  ///
  /// Local.
  public func forward(
    _ inputs: [Scalar], rowCount: Int, on workers: Workers
  ) -> HiddenActivations<Scalar> {
    precondition(inputs.count == rowCount * inputCount)
    var values = [inputs]
    for layer in layers {
      let input = values[values.count - 1]
      let (I, O) = (layer.inputCount, layer.biases.count)
      var output: [Scalar] = []
      output.reserveCapacity(rowCount * O)
      for row in 0..<rowCount {
        for o in 0..<O {
          var sum = layer.biases[o]
          for i in 0..<I { sum += layer.weights[o * I + i] * input[row * I + i] }
          output.append(max(sum, 0))
        }
      }
      values.append(output)
    }
    return HiddenActivations(rowCount: rowCount, values: values)
  }

  /// Gradient by the inputs; by the parameters into the limbs unless nil.
  ///
  /// Local.
  public func backward(
    _ activations: HiddenActivations<Scalar>, _ outputGradient: [Scalar], groups: LaneGroups,
    into limbs: UnsafeMutableBufferPointer<Int64>?, on workers: Workers
  ) -> (inputGradient: [Scalar], faultCount: Int) {
    var gradient = outputGradient
    var faults = 0
    var end = limbCount
    limbs?.update(repeating: 0)
    for index in layers.indices.reversed() {
      let layer = layers[index]
      let (I, O) = (layer.inputCount, layer.biases.count)
      let (input, output) = (activations.values[index], activations.values[index + 1])
      for position in gradient.indices where output[position] <= 0 { gradient[position] = 0 }
      let limbSize = FixedPoint.limbsPerValue * (layer.weights.count + layer.biases.count)
      if let limbs {
        for group in 0..<groups.count {
          var sums = [Scalar](repeating: 0, count: layer.weights.count + O)
          for row in groups[group] {
            for o in 0..<O {
              let delta = gradient[row * O + o]
              for i in 0..<I { sums[o * I + i] += delta * input[row * I + i] }
              sums[O * I + o] += delta
            }
          }
          faults += sums.withUnsafeBufferPointer {
            FixedPoint.add($0, to: .init(rebasing: limbs[end - limbSize..<end]))
          }
        }
      }
      end -= limbSize
      var inputGradient = [Scalar](repeating: 0, count: activations.rowCount * I)
      for row in 0..<activations.rowCount {
        for o in 0..<O {
          let delta = gradient[row * O + o]
          for i in 0..<I { inputGradient[row * I + i] += delta * layer.weights[o * I + i] }
        }
      }
      gradient = inputGradient
    }
    return (gradient, faults)
  }

  /// One step of Adam along the gradient that limbs hold.
  ///
  /// Local; the same on every rank.
  public mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, on workers: Workers
  ) {
    let gradient: [Scalar] = FixedPoint.values(of: limbs)
    var parameters = layers.flatMap { $0.weights + $0.biases }
    step.move(&parameters, &firstMoments, &secondMoments, along: gradient)
    layers = split(parameters)
  }

  /// The gradient that limbs hold.
  public func gradient(of limbs: UnsafeBufferPointer<Int64>) -> [HiddenLayer<Scalar>] {
    split(FixedPoint.values(of: limbs))
  }

  private func split(_ values: [Scalar]) -> [HiddenLayer<Scalar>] {
    var start = 0
    return layers.map { layer in
      let middle = start + layer.weights.count
      defer { start = middle + layer.biases.count }
      return HiddenLayer(
        weights: Array(values[start..<middle]),
        biases: Array(values[middle..<middle + layer.biases.count]))
    }
  }
}
