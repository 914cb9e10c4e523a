/// One layer of a `Network`.
public enum Layer<Scalar: NetworkScalar>: Codable, Sendable {
  /// Weighted sums of all inputs.
  case dense(Dense<Scalar>)
  /// A function of every unit by itself.
  case activation(Activation)

  /// Outputs, given the inputs.
  func outputCount(inputCount: Int) -> Int {
    switch self {
    case .dense(let layer): layer.outputCount
    case .activation: inputCount
    }
  }

  /// The parameters, if it has any.
  var parameters: Parameters<Scalar>? {
    switch self {
    case .dense(let layer): layer.parameters
    case .activation: nil
    }
  }
}
