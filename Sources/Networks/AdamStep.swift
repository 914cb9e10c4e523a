import RealModule

/// One step of Adam with coupled weight decay, as in torch:
///
///     g ← g + λ θ      m ← β₁ m + (1 − β₁) g      v ← β₂ v + (1 − β₂) g²
///     θ ← θ − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | t | number of this step, from 1 | `stepNumber` |
/// | η, λ | learning rate, weight decay | `learningRate`, `weightDecay` |
/// | β₁, β₂, ε | decay of the moments, stabiliser | `beta1`, `beta2`, `epsilon` |
///
/// Source: Kingma and Ba 2015, arXiv:1412.6980, algorithm 1; coupled decay as in torch.optim.Adam.
public struct AdamStep: Sendable, Equatable {
  /// t.
  public let stepNumber: Int
  /// η.
  public let learningRate: Double
  /// β₁.
  public let beta1: Double
  /// β₂.
  public let beta2: Double
  /// ε.
  public let epsilon: Double
  /// λ.
  public let weightDecay: Double

  /// Step number t ≥ 1.
  public init(
    _ stepNumber: Int, learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8, weightDecay: Double = 0
  ) {
    precondition(stepNumber >= 1)
    self.stepNumber = stepNumber
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// η / (1 − β₁ᵗ).
  public var stepSize: Double { learningRate / (1 - Double.pow(beta1, stepNumber)) }
  /// 1 / √(1 − β₂ᵗ).
  public var secondMomentFactor: Double {
    1 / (1 - Double.pow(beta2, stepNumber)).squareRoot()
  }

  /// Moves parameters and moments along a gradient.
  ///
  /// - Precondition: four arrays of one length.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func move<Scalar: NetworkScalar>(
    _ parameters: inout [Scalar], _ firstMoments: inout [Scalar], _ secondMoments: inout [Scalar],
    along gradient: [Scalar]
  ) {
    precondition(
      parameters.count == gradient.count && firstMoments.count == gradient.count
        && secondMoments.count == gradient.count)
    let (size, factor) = (Scalar(stepSize), Scalar(secondMomentFactor))
    let (b1, b2) = (Scalar(beta1), Scalar(beta2))
    let (eps, decay) = (Scalar(epsilon), Scalar(weightDecay))
    for index in parameters.indices {
      let g = gradient[index] + decay * parameters[index]
      let m = b1 * firstMoments[index] + (1 - b1) * g
      let v = b2 * secondMoments[index] + (1 - b2) * g * g
      firstMoments[index] = m
      secondMoments[index] = v
      parameters[index] -= size * m / (v.squareRoot() * factor + eps)
    }
  }
}
