import Optimization
import TestSupport
import Testing

@Suite struct AdamTests {
  /// The specification's table: θ₀ = 1, g = 2θ, torch in double precision.
  @Test func adamFollowsTheTruthTable() {
    var adam = Adam<Double>(
      parameterCount: 1, learningRate: 0.01, beta1: 0.5, beta2: 0.7, weightDecay: 1e-4)
    var theta = [1.0]
    var path: [Double] = []
    for _ in 0..<4 {
      adam.update(&theta, along: [2 * theta[0]])
      path.append(theta[0])
    }
    #expect(path.areClose(to: [0.99000000005, 0.9800080121, 0.9700281365, 0.9600629554], .golden))
    #expect(adam.stepCount == 4)
  }

  /// One step from rest, by hand: torch moves by η g/(|g| + ε), TensorFlow by η g/(|g| + ε/√(1 − β₂)).
  @Test func epsilonStandsWhereItsPlacementSays() {
    var torch = Adam<Double>(parameterCount: 1, learningRate: 1, beta2: 0.75, epsilon: 1)
    var tensorFlow = torch
    tensorFlow.epsilonPlacement = .beforeCorrection
    var (first, second) = ([0.0], [0.0])
    torch.update(&first, along: [3])
    tensorFlow.update(&second, along: [3])
    #expect(first[0].isClose(to: -0.75, .specialFunction))
    // TensorFlow's factor is in single precision.
    #expect(second[0].isClose(to: -0.6, Tolerance(relative: 1e-6)))
  }

  @Test func splittingTheParametersChangesNoBit() {
    var whole = Adam<Float>(parameterCount: 6, learningRate: 0.1, weightDecay: 0.01)
    var parts = [
      Adam<Float>(parameterCount: 2, learningRate: 0.1, weightDecay: 0.01),
      Adam<Float>(parameterCount: 4, learningRate: 0.1, weightDecay: 0.01),
    ]
    var theta: [Float] = [1, -2, 3, 0.5, 7, -0.1]
    var (left, right) = (Array(theta[..<2]), Array(theta[2...]))
    for _ in 0..<20 {
      whole.update(&theta, along: theta.map { $0 * $0 - 1 })
      parts[0].update(&left, along: left.map { $0 * $0 - 1 })
      parts[1].update(&right, along: right.map { $0 * $0 - 1 })
    }
    #expect(theta == left + right)
  }
}
