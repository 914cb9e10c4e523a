package import Optimization

/// Settings of Adam that stay the same from step to step; see `AdamStep` for the formula.
package struct AdamSettings: Sendable, Equatable {
  /// η, the learning rate.
  package var rate: Double
  /// Decay of the first moments, β₁.
  package var beta1: Double
  /// Decay of the second moments, β₂.
  package var beta2: Double
  /// λ, coupled: λ θ is added to the gradient.
  package var weightDecay: Double

  /// Settings of Adam with weight decay.
  package init(rate: Double, beta1: Double, beta2: Double, weightDecay: Double) {
    self.rate = rate
    self.beta1 = beta1
    self.beta2 = beta2
    self.weightDecay = weightDecay
  }

  /// Step number t ≥ 1.
  package func step(_ number: Int) -> AdamStep {
    AdamStep(
      number, learningRate: rate, beta1: beta1, beta2: beta2, weightDecay: weightDecay)
  }
}

/// What moves representations along the gradients they collected: Adam, or gradient descent with momentum as
/// torch's SGD:
///
///     g ← g + λ z      v ← m v + g  (v ← g at the first step)      z ← z − η v
package enum RepresentationOptimizer: Sendable, Equatable {
  /// Adam with moments of each representation.
  case adam(AdamSettings)
  /// Gradient descent: η, m, λ.
  case momentum(rate: Double, momentum: Double, weightDecay: Double)
}

extension Representations {
  /// Moves the representations of some rows, each along its gradient, by step number t ≥ 1 of an optimiser.
  mutating func move(_ rows: [Int], by optimizer: RepresentationOptimizer, step number: Int) {
    switch optimizer {
    case .adam(let settings):
      let step = settings.step(number)
      for row in rows {
        let range = entries(of: row)
        var z = Array(values[range])
        var first = Array(firstMoments[range])
        var second = Array(secondMoments[range])
        step.move(&z, &first, &second, along: Array(gradients[range]))
        values.replaceSubrange(range, with: z)
        firstMoments.replaceSubrange(range, with: first)
        secondMoments.replaceSubrange(range, with: second)
      }
    case .momentum(let rate, let momentum, let weightDecay):
      let (rate, momentum, decay) = (Float(rate), Float(momentum), Float(weightDecay))
      for row in rows {
        for index in entries(of: row) {
          let g = gradients[index] + decay * values[index]
          firstMoments[index] = momentum * firstMoments[index] + g
          values[index] -= rate * firstMoments[index]
        }
      }
    }
  }
}
