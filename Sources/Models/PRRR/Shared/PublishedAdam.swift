import RealModule

/// Adam as TensorFlow computes it, for parity with the published fits.
///
///     m ← β₁ m + (1 − β₁) g,  w ← β₂ w + (1 − β₂) g²
///     θ ← θ − a √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√w + ε)           β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁷
///
/// ε is not divided by √(1 − β₂ᵗ), unlike in Kingma and Ba's algorithm 1 and in PyTorch.
/// TensorFlow computes the factor of m in single precision, whatever the parameters are: so does this.
/// Source: D. P. Kingma, J. Ba, Adam, ICLR 2015, arXiv:1412.6980, section 2; TensorFlow 2.21,
/// `tf_keras/optimizers/adam.py`.
package struct PublishedAdam: Codable, Sendable, Equatable {
  private var first: [Double]
  private var second: [Double]
  private var stepCount = 0
  private let rate: Double

  /// Before the first step.
  package init(count: Int, rate: Double) {
    first = Array(repeating: 0, count: count)
    second = first
    self.rate = rate
  }

  /// Moves downhill.
  ///
  /// - Parameter gradient: of what is minimised.
  package mutating func update(_ parameters: inout [Double], along gradient: [Double]) {
    precondition(parameters.count == first.count && gradient.count == first.count)
    stepCount += 1
    let t = Float(stepCount)
    let length = Double(Float(rate) * (1 - .pow(0.999, t)).squareRoot() / (1 - .pow(0.9, t)))
    for index in parameters.indices {
      first[index] = 0.9 * first[index] + 0.1 * gradient[index]
      second[index] = 0.999 * second[index] + 0.001 * gradient[index] * gradient[index]
      parameters[index] -= length * first[index] / (second[index].squareRoot() + 1e-7)
    }
  }
}
