public import Concurrency
public import Optimization

/// Networks of dense layers without sums over everyone, in either precision.
public protocol HiddenLayers<Scalar>: Codable, Sendable {
  /// The numbers it computes in.
  associatedtype Scalar: NetworkScalar

  /// Dense layers, each followed by max(·, 0).
  init(inputCount: Int, layers: [DenseWeights<Scalar>])
  /// How many inputs the first layer takes.
  var inputCount: Int { get }
  /// Weights and biases, from the inputs outwards.
  var dense: [DenseWeights<Scalar>] { get }
  /// 64-bit integers that hold the gradient of all parameters.
  var limbCount: Int { get }
  /// All layers' outputs.
  func forward(_ inputs: [Scalar], rowCount: Int, on workers: Workers) -> Activations<Scalar>
  /// Gradient by the inputs, and that of the parameters into limbs.
  func backward(
    _ activations: Activations<Scalar>, _ outputGradient: [Scalar], groups: LaneGroups,
    into limbs: UnsafeMutableBufferPointer<Int64>?, on workers: Workers
  ) -> BackwardResult<Scalar>
  /// One step of Adam.
  mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, on workers: Workers)
  /// The gradient that limbs hold.
  func gradient(of limbs: UnsafeBufferPointer<Int64>) -> [DenseWeights<Scalar>]
}

extension Network: HiddenLayers {
  /// Dense layers, each followed by max(·, 0).
  public init(inputCount: Int, layers: [DenseWeights<Scalar>]) {
    self.init(inputCount: inputCount, layers: layers, activation: .relu)
  }
}

/// Weights and biases of a hidden layer.
public typealias HiddenLayer = DenseWeights
/// Hidden layers in single precision.
public typealias FusedHiddenLayers = Network<Float>
/// Hidden layers as formulas.
public typealias PlainHiddenLayers = Network
