package import Optimization

extension Adam<Double> {
  /// The optimiser of the published fits: TensorFlow's Adam with its defaults, ε = 10⁻⁷ beside the uncorrected √v.
  package static func published(count: Int, rate: Double) -> Adam<Double> {
    Adam(
      parameterCount: count, learningRate: rate, epsilon: 1e-7, epsilonPlacement: .beforeCorrection)
  }
}
