import RealModule

extension PlainOutputLayer {
  /// log p(x | μ, r) with its derivatives by μ and ρ, r = 1 + e^ρ.
  ///
  /// Negative binomial, with A = μ/(r+μ+ε)+ε and B = r/(r+μ+ε) as in the reference code:
  ///
  ///     ℓ      = log Γ(x+r) − log Γ(r) − log Γ(x+1) + x log A + r log B
  ///     ∂ℓ/∂μ  = x (r+ε)/(r+μ+ε)²/A − r²/(r+μ+ε)²/B
  ///     ∂ℓ/∂r  = ψ(x+r) − ψ(r) − x μ/(r+μ+ε)²/A + log B + r (μ+ε)/(r+μ+ε)²/B
  ///
  /// Gaussian: ℓ = −(x − μ)². Bernoulli (on the logit a): ℓ = x a − log(1 + eᵃ).
  func logProbability(
    _ x: Scalar, mean: Scalar, logit: Scalar, _ logDispersion: Scalar
  ) -> (value: Scalar, byMean: Scalar, byLogDispersion: Scalar) {
    switch specification.likelihood {
    case .gaussian:
      return (-(x - mean) * (x - mean), 2 * (x - mean), 0)
    case .bernoulli:
      let softplus = max(logit, 0) + Scalar.log(onePlus: Scalar.exp(-abs(logit)))
      return (x * logit - softplus, 0, 0)
    case .negativeBinomial:
      let epsilon = Scalar(specification.stabilizer)
      let r = 1 + Scalar.exp(logDispersion)
      let total = r + mean + epsilon
      let A = mean / total + epsilon
      let B = r / total
      var value = r * Scalar.log(B)
      var byMean = -r * r / (total * total) / B
      var byDispersion = Scalar.log(B) + r * (mean + epsilon) / (total * total) / B
      if x > 0 {
        value += logRisingFactorial(r, x) - Scalar.logGamma(x + 1) + x * Scalar.log(A)
        byMean += x * (r + epsilon) / (total * total) / A
        byDispersion += digammaDifference(r, x) - x * mean / (total * total) / A
      }
      return (value, byMean, (r - 1) * byDispersion)
    }
  }

  /// log Γ(x+r) − log Γ(r) for a whole number x: Σ_{i<x} log(r+i), or the difference itself where the sum is
  /// long.
  private func logRisingFactorial(_ r: Scalar, _ x: Scalar) -> Scalar {
    guard x <= 64 else { return Scalar.logGamma(x + r) - Scalar.logGamma(r) }
    return (0..<Int(x)).reduce(Scalar.zero) { $0 + Scalar.log(r + Scalar($1)) }
  }

  /// ψ(x+r) − ψ(r) for a whole number x: Σ_{i<x} 1/(r+i); from i = 64 on by the asymptotic series
  /// ψ(y) = log y − 1/(2y) − 1/(12y²) + 1/(120y⁴) − 1/(252y⁶) + 1/(240y⁸) …, right to 10⁻¹⁸ there.
  private func digammaDifference(_ r: Scalar, _ x: Scalar) -> Scalar {
    let short = (0..<Int(min(x, 64))).reduce(Scalar.zero) { $0 + 1 / (r + Scalar($1)) }
    guard x > 64 else { return short }
    func series(_ y: Scalar) -> Scalar {
      let q: Scalar = 1 / (y * y)
      var tail: Scalar = 1 / 252 - q / 240
      tail = 1 / 120 - q * tail
      tail = q * (1 / 12 - q * tail)
      return Scalar.log(y) - 1 / (2 * y) - tail
    }
    return short + series(x + r) - series(64 + r)
  }
}
