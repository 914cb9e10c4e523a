public import RealModule

/// One step of Adam with coupled weight decay, as in torch: every network, mixture, representation and factor
/// moves by it.
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
  /// How the root of the second moment enters the denominator: equal in exact arithmetic but for the last, whose
  /// ε weighs differently.
  public enum Denominator: Sendable, Equatable {
    /// √v · c + ε with c = 1/√(1 − β₂ᵗ): a product for each parameter, as the kernels of networks compute it.
    case multiplied
    /// √v / √(1 − β₂ᵗ) + ε: a quotient for each parameter, as torch computes it.
    case divided
    /// √v + ε, with η √(1 − β₂ᵗ)/(1 − β₁ᵗ), computed in single precision, in the place of η/(1 − β₁ᵗ): TensorFlow.
    case uncorrected
  }

  /// t, the number of this step, from 1.
  public let stepNumber: Int
  /// η, the learning rate.
  public let learningRate: Double
  /// β₁, the decay of the first moment.
  public let beta1: Double
  /// β₂, the decay of the second moment.
  public let beta2: Double
  /// ε, which keeps the denominator from zero.
  public let epsilon: Double
  /// λ, the weight decay.
  public let weightDecay: Double
  /// How the root of the second moment enters.
  public let denominator: Denominator

  /// Step number t ≥ 1.
  public init(
    _ stepNumber: Int, learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8, weightDecay: Double = 0, denominator: Denominator = .multiplied
  ) {
    precondition(stepNumber >= 1, "steps of Adam are counted from 1")
    self.stepNumber = stepNumber
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.denominator = denominator
  }

  /// What the first moment is multiplied by: η / (1 − β₁ᵗ).
  public var stepSize: Double {
    guard denominator == .uncorrected else {
      return learningRate / (1 - Double.pow(beta1, stepNumber))
    }
    // In single precision, whatever the parameters are, as TensorFlow does.
    let t = Float(stepNumber)
    let corrections =
      (1 - Float.pow(Float(beta2), t)).squareRoot() / (1 - Float.pow(Float(beta1), t))
    return Double(Float(learningRate) * corrections)
  }

  /// √(1 − β₂ᵗ), the correction of the second moment's root.
  private var correction: Double { (1 - Double.pow(beta2, stepNumber)).squareRoot() }

  /// 1 / √(1 − β₂ᵗ).
  public var secondMomentFactor: Double { 1 / correction }

  /// Moves parameters and moments along a gradient.
  ///
  /// Entries do not influence one another: the result is the same however parameters are split.
  /// - Precondition: four arrays of one length.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func move<Scalar: Real & BinaryFloatingPoint>(
    _ parameters: inout [Scalar], _ firstMoments: inout [Scalar], _ secondMoments: inout [Scalar],
    along gradient: [Scalar]
  ) {
    precondition(
      parameters.count == gradient.count && firstMoments.count == gradient.count
        && secondMoments.count == gradient.count,
      "Adam: \(parameters.count) parameters and \(gradient.count) derivatives for \(firstMoments.count) moments"
    )
    let size = Scalar(stepSize)
    let divides = denominator == .divided
    let factor =
      divides ? Scalar(correction) : denominator == .multiplied ? Scalar(secondMomentFactor) : 1
    let (b1, b2) = (Scalar(beta1), Scalar(beta2))
    let (eps, decay) = (Scalar(epsilon), Scalar(weightDecay))
    for index in parameters.indices {
      let g = gradient[index] + decay * parameters[index]
      let m = b1 * firstMoments[index] + (1 - b1) * g
      let v = b2 * secondMoments[index] + (1 - b2) * g * g
      firstMoments[index] = m
      secondMoments[index] = v
      let root = v.squareRoot()
      parameters[index] -= size * m / ((divides ? root / factor : root * factor) + eps)
    }
  }
}
