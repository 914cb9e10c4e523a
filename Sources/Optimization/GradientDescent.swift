public import RealModule

/// Gradient descent with momentum and coupled weight decay, as in torch.
///
///     g ← g + λ θ,   b ← ρ b + g (b ← g at the first step),   θ ← θ − η b
///
/// Source: torch.optim.SGD; I. Sutskever et al., On the importance of initialization and momentum in deep
/// learning, ICML 2013, in torch's form (the learning rate outside the momentum).
public struct GradientDescent<Scalar: Real & Codable & Sendable>: Codable, Sendable, Equatable {
  /// η.
  public var learningRate: Scalar
  /// ρ; 0: none.
  public var momentum: Scalar
  /// λ.
  public var weightDecay: Scalar
  /// Steps done.
  public private(set) var stepCount = 0
  private var velocities: [Scalar]

  /// An optimiser of `parameterCount` numbers, before its first step.
  public init(
    parameterCount: Int, learningRate: Scalar, momentum: Scalar = 0, weightDecay: Scalar = 0
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    velocities = Array(repeating: 0, count: parameterCount)
  }

  /// One step downhill.
  ///
  /// - Precondition: as many parameters and derivatives as at the start.
  public mutating func update(_ parameters: inout [Scalar], along gradient: [Scalar]) {
    precondition(
      parameters.count == velocities.count && gradient.count == velocities.count,
      "\(parameters.count) parameters and \(gradient.count) derivatives for \(velocities.count)")
    for index in parameters.indices {
      let g = gradient[index] + weightDecay * parameters[index]
      let velocity = stepCount == 0 ? g : momentum * velocities[index] + g
      velocities[index] = velocity
      parameters[index] -= learningRate * velocity
    }
    stepCount += 1
  }
}
