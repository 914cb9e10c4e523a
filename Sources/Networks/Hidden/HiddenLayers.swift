public import LinearAlgebra

/// The hidden layers of a decoder: y_{n+1} = max(W_n y_n + b_n, 0), with Adam moments.
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | W_n, b_n | weights, biases | H_{n+1} × H_n, H_{n+1} | `layers[n]` |
/// | y_0 | representations | rows × L | `inputs` |
///
/// No layers: the identity. Each output entry is one chain of sums over its inputs, so a row's bits do not
/// depend on the other rows of the call.
public protocol HiddenLayers<Scalar>: Codable, Sendable {
  /// The numbers it computes in.
  associatedtype Scalar: NetworkScalar

  /// Layers with these parameters and zero moments; each layer's input width is the output width of the one
  /// before.
  init(inputCount: Int, layers: [HiddenLayer<Scalar>])

  /// L.
  var inputCount: Int { get }
  /// The parameters, from the representation outwards.
  var layers: [HiddenLayer<Scalar>] { get }
  /// How many 64-bit integers hold the gradient of all parameters.
  var limbCount: Int { get }

  /// All layers' activations for rows × L inputs; the last is the network's output.
  ///
  /// Local.
  func forward(_ inputs: [Scalar], rowCount: Int, on workers: Workers) -> HiddenActivations<Scalar>

  /// ∂ loss / ∂ inputs (rows × L) from ∂ loss / ∂ output; the gradient of the parameters
  /// replaces whatever `limbs` held, unless nil.
  ///
  /// Local.
  /// - Returns: also how many gradient entries were not finite or out of range.
  func backward(
    _ activations: HiddenActivations<Scalar>, _ outputGradient: [Scalar], groups: LaneGroups,
    into limbs: UnsafeMutableBufferPointer<Int64>?, on workers: Workers
  ) -> (inputGradient: [Scalar], faultCount: Int)

  /// One step of Adam along the gradient that (summed) limbs hold.
  ///
  /// Local; the same on every rank.
  mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, on workers: Workers)

  /// The gradient that limbs hold, layer by layer.
  func gradient(of limbs: UnsafeBufferPointer<Int64>) -> [HiddenLayer<Scalar>]
}

extension HiddenLayers {
  /// Width of the last layer's output; L without layers.
  public var outputCount: Int { layers.last?.biases.count ?? inputCount }
}

/// Weights and biases of one hidden layer.
public struct HiddenLayer<Scalar: NetworkScalar>: Codable, Sendable, Equatable {
  /// W: outputs × inputs, row-major.
  public var weights: [Scalar]
  /// b: outputs.
  public var biases: [Scalar]

  /// A layer.
  public init(weights: [Scalar], biases: [Scalar]) {
    precondition(!biases.isEmpty && weights.count.isMultiple(of: biases.count))
    self.weights = weights
    self.biases = biases
  }

  /// Inputs.
  public var inputCount: Int { weights.count / biases.count }
}

/// What the layers computed on the way forward: needed on the way back.
public struct HiddenActivations<Scalar: NetworkScalar>: Sendable {
  /// Rows.
  public let rowCount: Int
  /// y_0, y_1 …: rows × width, row-major.
  public var values: [[Scalar]]

  /// Activations, the inputs first.
  public init(rowCount: Int, values: [[Scalar]]) {
    self.rowCount = rowCount
    self.values = values
  }

  /// The last layer's.
  public var output: [Scalar] { values[values.count - 1] }
}
