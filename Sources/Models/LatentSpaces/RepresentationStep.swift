import Networks
import Optimization

/// One step on representations along the gradients they collected: Adam, or gradient descent with momentum
/// as torch's SGD:
///
///     g ← g + λ z      v ← m v + g  (v ← g at the first step)      z ← z − η v
enum RepresentationStep {
  case adam(AdamStep)
  case momentum(rate: Double, momentum: Double, weightDecay: Double)

  /// Moves the representations of some cells.
  @specialized(where Scalar == Float)
  func move<Scalar: NetworkScalar>(
    _ saved: inout DGDLane<Scalar>.Saved, rows: [Int], width: Int
  ) {
    switch self {
    case .adam(let step):
      for row in rows {
        let range = row * width..<(row + 1) * width
        var z = Array(saved.representations[range])
        var first = Array(saved.firstMoments[range])
        var second = Array(saved.secondMoments[range])
        step.move(&z, &first, &second, along: Array(saved.gradients[range]))
        saved.representations.replaceSubrange(range, with: z)
        saved.firstMoments.replaceSubrange(range, with: first)
        saved.secondMoments.replaceSubrange(range, with: second)
      }
    case .momentum(let rate, let momentum, let weightDecay):
      let (rate, momentum, decay) = (Scalar(rate), Scalar(momentum), Scalar(weightDecay))
      for row in rows {
        for index in row * width..<(row + 1) * width {
          let g = saved.gradients[index] + decay * saved.representations[index]
          saved.firstMoments[index] = momentum * saved.firstMoments[index] + g
          saved.representations[index] -= rate * saved.firstMoments[index]
        }
      }
    }
  }
}

extension DGDModel {
  func representationStep(_ number: Int) -> RepresentationStep {
    if let momentum = configuration.representationMomentum {
      return .momentum(
        rate: configuration.representationRate, momentum: momentum,
        weightDecay: configuration.weightDecay)
    }
    return .adam(adam(number, configuration.representationRate))
  }
}
