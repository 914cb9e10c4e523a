public import RealModule

/// An optimiser by Adam: the rates, moments and step count of some parameters that move by ``AdamStep``.
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | η, λ | learning rate, weight decay | ``learningRate``, ``weightDecay`` |
/// | β₁, β₂, ε | decay of the moments, stabiliser | ``beta1``, ``beta2``, ``epsilon`` |
/// | t | steps done | ``stepCount`` |
///
/// A value: a checkpoint stores it, and the run continues bit for bit. Rates may be changed between steps.
/// Source: D. P. Kingma, J. Ba, Adam, ICLR 2015, arXiv:1412.6980, algorithm 1 and the end of section 2;
/// TensorFlow 2.21, `tf_keras/optimizers/adam.py`.
public struct Adam<Scalar: Real & BinaryFloatingPoint & Codable & Sendable>: Codable, Sendable,
  Equatable
{
  /// Where ε is added.
  public enum EpsilonPlacement: String, Codable, Sendable {
    /// To the corrected √v, as in the paper and in torch.
    case afterCorrection = "after-correction"
    /// To the uncorrected √v, as in TensorFlow.
    case beforeCorrection = "before-correction"
  }

  /// η, the learning rate.
  public var learningRate: Scalar
  /// β₁, the decay of the first moments.
  public var beta1: Scalar
  /// β₂, the decay of the second moments.
  public var beta2: Scalar
  /// ε, which keeps the division finite.
  public var epsilon: Scalar
  /// λ, the weight decay.
  public var weightDecay: Scalar
  /// Where ε is added.
  public var epsilonPlacement: EpsilonPlacement
  /// t, how many steps have been done.
  public private(set) var stepCount = 0
  private var firstMoments: [Scalar]
  private var secondMoments: [Scalar]

  /// An optimiser of `parameterCount` numbers, before its first step.
  ///
  /// - Precondition: 0 ≤ β < 1, η ≥ 0, ε ≥ 0.
  public init(
    parameterCount: Int, learningRate: Scalar, beta1: Scalar = 9 / 10,
    beta2: Scalar = 999 / 1000, epsilon: Scalar = 1 / 100_000_000, weightDecay: Scalar = 0,
    epsilonPlacement: EpsilonPlacement = .afterCorrection
  ) {
    precondition(
      beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && learningRate >= 0 && epsilon >= 0,
      "Adam's rates outside their ranges")
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.epsilonPlacement = epsilonPlacement
    firstMoments = Array(repeating: 0, count: parameterCount)
    secondMoments = firstMoments
  }

  /// One step downhill.
  ///
  /// - Precondition: as many parameters and derivatives as at the start.
  public mutating func update(_ parameters: inout [Scalar], along gradient: [Scalar]) {
    stepCount += 1
    AdamStep(
      stepCount, learningRate: Double(learningRate), beta1: Double(beta1), beta2: Double(beta2),
      epsilon: Double(epsilon), weightDecay: Double(weightDecay),
      denominator: epsilonPlacement == .afterCorrection ? .divided : .uncorrected
    ).move(&parameters, &firstMoments, &secondMoments, along: gradient)
  }
}
