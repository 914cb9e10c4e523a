import RealModule

/// The negative binomial distribution by mean and dispersion; its variance is m + m²/r.
///
///     log p(k) = log Γ(k + r) − log Γ(r) − log k! + k log(m/(r + m)) + r log(r/(r + m))
///
/// | Deviation | Reference code | Here | why |
/// |---|---|---|---|
/// | ε | 10⁻¹⁰ added inside the logarithms | none | every term is finite where the value is |
///
/// Edge cases: k = 0 has no Γ; m = 0 gives 0 for k = 0 and −∞ otherwise; for r → ∞ it becomes the Poisson
/// distribution without losing digits.
public struct NegativeBinomial: Sendable {
  /// m.
  public let mean: Double
  /// r.
  public let dispersion: Double

  /// The distribution with mean m ≥ 0 and dispersion r > 0.
  public init(mean: Double, dispersion: Double) {
    self.mean = mean
    self.dispersion = dispersion
  }

  /// log p(k).
  public func logProbability(_ k: Double) -> Double {
    let zero = -dispersion * .log(onePlus: mean / dispersion)
    if k == 0 { return zero }
    return zero + logGammaDifference(dispersion, plus: k) - logFactorial(k)
      + k * .log(mean / (dispersion + mean))
  }

  /// The derivatives of log p(k).
  ///
  ///     ∂/∂m = r (k − m) / (m (r + m))
  ///     ∂/∂r = ψ(k + r) − ψ(r) + log(r/(r + m)) + (m − k)/(r + m)
  public func derivatives(_ k: Double) -> (byMean: Double, byDispersion: Double) {
    let total = dispersion + mean
    let byMean = k == 0 ? -dispersion / total : dispersion * (k - mean) / (mean * total)
    let byDispersion =
      digammaDifference(dispersion, plus: k) - .log(onePlus: mean / dispersion)
      + (mean - k) / total
    return (byMean, byDispersion)
  }
}

/// The zero-inflated negative binomial distribution:
///
///     p(k) = π [k = 0] + (1 − π) NB(k | m, r),   π = 1/(1 + e^{−ℓ})
public struct ZeroInflatedNegativeBinomial: Sendable {
  /// The counts that are not dropped.
  public let counts: NegativeBinomial
  /// ℓ, the logit of the probability of an extra zero.
  public let dropoutLogit: Double

  /// The distribution with mean m, dispersion r and logit ℓ.
  public init(mean: Double, dispersion: Double, dropoutLogit: Double) {
    counts = NegativeBinomial(mean: mean, dispersion: dispersion)
    self.dropoutLogit = dropoutLogit
  }

  /// log p(k).
  public func logProbability(_ k: Double) -> Double {
    let kept = counts.logProbability(k) - log1pExp(dropoutLogit)
    return k == 0 ? logSumExp(-log1pExp(-dropoutLogit), kept) : kept
  }

  /// The derivatives of log p(k).
  ///
  /// With q the probability that the value was not dropped, given k (1 for k > 0):
  /// ∂/∂m and ∂/∂r are q times those of the negative binomial, ∂/∂ℓ = (1 − q) − π.
  public func derivatives(
    _ k: Double
  ) -> (byMean: Double, byDispersion: Double, byDropoutLogit: Double) {
    let plain = counts.derivatives(k)
    // log odds of "not dropped": log NB(0) − ℓ
    let q = k == 0 ? sigmoid(counts.logProbability(0) - dropoutLogit) : 1
    let dropped = k == 0 ? sigmoid(dropoutLogit - counts.logProbability(0)) : 0
    return (q * plain.byMean, q * plain.byDispersion, dropped - sigmoid(dropoutLogit))
  }
}
