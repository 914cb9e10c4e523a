import Probability
import RealModule

/// log p(x | μ, r, π) of one value in double precision, with its derivatives.
struct LogProbability {
  /// log p.
  var value: Double
  /// ∂ log p/∂ μ; of a `bernoulli` value ∂ log p/∂ y divided by y′, which is what the link's slope cancels.
  var byMean: Double
  /// ∂ log p/∂ r.
  var byDispersion = 0.0
  /// ∂ log p/∂ π.
  var byInflation = 0.0
}

extension Likelihood {
  /// log p(x) and its derivatives.
  ///
  /// - Parameters:
  ///   - logit: a, for the cross entropy on logits.
  ///   - inflation: π.
  ///   - epsilon: what the reference code adds inside the logarithms of the negative binomial.
  func logProbability(
    of x: Double, mean: Double, logit: Double, dispersion: Double, inflation: Double,
    epsilon: Double
  ) -> LogProbability {
    switch self {
    case .negativeBinomial:
      return negativeBinomial(x, mean: mean, dispersion: dispersion, epsilon: epsilon)
    case .zeroInflatedNegativeBinomial:
      let density = ZeroInflatedNegativeBinomial(
        mean: mean, dispersion: dispersion, dropoutLogit: inflation)
      let derivatives = density.derivatives(x)
      return LogProbability(
        value: density.logProbability(x), byMean: derivatives.byMean,
        byDispersion: derivatives.byDispersion, byInflation: derivatives.byDropoutLogit)
    case .poisson:
      let density = Poisson(mean: mean)
      return LogProbability(value: density.logProbability(x), byMean: density.derivative(x))
    case .gaussian:
      return LogProbability(value: -(x - mean) * (x - mean), byMean: 2 * (x - mean))
    case .bernoulli:
      return LogProbability(value: x * logit - log1pExp(logit), byMean: x - sigmoid(logit))
    }
  }

  /// The negative binomial with A = μ/(r+μ+ε)+ε and B = r/(r+μ+ε) as in the reference code of scDGD:
  ///
  ///     ℓ      = log Γ(x+r) − log Γ(r) − log Γ(x+1) + x log A + r log B
  ///     ∂ℓ/∂μ  = x (r+ε)/(r+μ+ε)²/A − r²/(r+μ+ε)²/B
  ///     ∂ℓ/∂r  = ψ(x+r) − ψ(r) − x μ/(r+μ+ε)²/A + log B + r (μ+ε)/(r+μ+ε)²/B
  private func negativeBinomial(
    _ x: Double, mean: Double, dispersion r: Double, epsilon: Double
  ) -> LogProbability {
    let total = r + mean + epsilon
    let square = total * total
    let A = mean / total + epsilon
    let B = r / total
    var terms = LogProbability(
      value: r * Double.log(B), byMean: -r * r / square / B,
      byDispersion: Double.log(B) + r * (mean + epsilon) / square / B)
    if x > 0 {
      terms.value += logGammaDifference(r, plus: x) - logFactorial(x) + x * Double.log(A)
      terms.byMean += x * (r + epsilon) / square / A
      terms.byDispersion += digammaDifference(r, plus: x) - x * mean / square / A
    }
    return terms
  }
}
