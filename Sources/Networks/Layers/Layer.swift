import Probability
import Sums

/// One layer of a `Network`.
public enum Layer<Scalar: NetworkScalar>: Codable, Sendable {
  /// Weighted sums of all inputs.
  case dense(Dense<Scalar>)
  /// A function of every unit by itself.
  case activation(Activation)
  /// Units centred and scaled over the minibatch of everyone.
  case normalization(BatchNormalization<Scalar>)
  /// Units left out at random while learning.
  case dropout(Dropout)

  /// Outputs, given the inputs.
  func outputCount(inputCount: Int) -> Int {
    if case .dense(let layer) = self { layer.outputCount } else { inputCount }
  }

  /// Inputs, where the layer knows how many it takes.
  var inputCount: Int? {
    switch self {
    case .dense(let layer): layer.inputCount
    case .normalization(let layer): layer.unitCount
    case .activation, .dropout: nil
    }
  }

  /// The parameters, if it has any.
  var parameters: Parameters<Scalar>? {
    switch self {
    case .dense(let layer): layer.parameters
    case .normalization(let layer): layer.parameters
    case .activation, .dropout: nil
    }
  }

  /// Lends the parameters to be changed in place: their arrays are not copied.
  mutating func withParameters(_ body: (inout Parameters<Scalar>) -> Void) {
    switch self {
    case .dense(var layer):
      self = .activation(.identity)
      body(&layer.parameters)
      self = .dense(layer)
    case .normalization(var layer):
      self = .activation(.identity)
      body(&layer.parameters)
      self = .normalization(layer)
    case .activation, .dropout: break
    }
  }
}
