import RealModule

/// A function applied to every unit by itself.
///
/// | Case | y(x) | y′(x) |
/// |---|---|---|
/// | `identity` | x | 1 |
/// | `relu` | max(x, 0) | [y > 0] |
/// | `softplus` | log(1 + eˣ) | σ(x) |
/// | `sigmoid` | σ(x) = 1/(1 + e⁻ˣ) | y (1 − y) |
/// | `swish` | x σ(x) | σ(x) + y (1 − σ(x)) |
/// | `tanh` | tanh x | 1 − y² |
///
/// Source of `swish`: Ramachandran, Zoph, Le 2017, arXiv:1710.05941.
public enum Activation: String, Codable, Sendable, CaseIterable {
  /// The input itself.
  case identity
  /// The input where it is positive.
  case relu
  /// A smooth `relu`.
  case softplus
  /// From all numbers to 0…1.
  case sigmoid
  /// The input times its sigmoid.
  case swish
  /// From all numbers to −1…1.
  case tanh

  /// y of every number.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func values<Scalar: NetworkScalar>(of inputs: [Scalar]) -> [Scalar] {
    switch self {
    case .identity: return inputs
    case .relu: return inputs.map { max($0, 0) }
    case .softplus: return inputs.map { max($0, 0) + Scalar.log(onePlus: Scalar.exp(-abs($0))) }
    case .sigmoid: return inputs.map(Self.sigmoid)
    case .swish: return inputs.map { $0 * Self.sigmoid($0) }
    case .tanh: return inputs.map { Scalar.tanh($0) }
    }
  }

  /// Multiplies ∂ loss/∂ y by y′, given inputs and outputs.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func differentiate<Scalar: NetworkScalar>(
    _ gradient: inout [Scalar], inputs: [Scalar], outputs: [Scalar]
  ) {
    precondition(gradient.count == outputs.count && inputs.count == outputs.count)
    gradient.withUnsafeMutableBufferPointer { gradient in
      switch self {
      case .identity: break
      case .relu: for j in gradient.indices where outputs[j] <= 0 { gradient[j] = 0 }
      case .softplus: for j in gradient.indices { gradient[j] *= Self.sigmoid(inputs[j]) }
      case .sigmoid: for j in gradient.indices { gradient[j] *= outputs[j] * (1 - outputs[j]) }
      case .swish:
        for j in gradient.indices {
          let share = Self.sigmoid(inputs[j])
          gradient[j] *= share + outputs[j] * (1 - share)
        }
      case .tanh: for j in gradient.indices { gradient[j] *= 1 - outputs[j] * outputs[j] }
      }
    }
  }

  /// 1/(1 + e⁻ˣ), by whichever of eˣ and e⁻ˣ is small.
  private static func sigmoid<Scalar: NetworkScalar>(_ x: Scalar) -> Scalar {
    let e = Scalar.exp(-abs(x))
    return (x < 0 ? e : 1) / (1 + e)
  }
}
