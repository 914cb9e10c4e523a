import RealModule

/// The logarithm of the two-sided p value of Student's t: log P(|T| ≥ |t|).
///
/// Accurate where the p value underflows (t = 60 with 500 degrees of freedom is 10⁻²³⁵, t = 100 less than
/// the smallest number). P = I_{d/(d + t²)}(d/2, ½).
/// Edge cases: t = 0 gives 0, infinite t gives −∞; degrees of freedom ≤ 0 give NaN.
public func studentTLogTwoSided(_ t: Double, degreesOfFreedom d: Double) -> Double {
  guard d > 0, !t.isNaN else { return .nan }
  if t == 0 { return 0 }
  let square = t * t
  guard square.isFinite else {
    return t.isInfinite ? -.infinity : logPowerTail(abs(t), d)
  }
  let x = d / (d + square)
  if x < 1e-280 { return logPowerTail(abs(t), d) }
  return IncompleteBeta(d / 2, 0.5, x, complement: square / (d + square)).logLower
}

/// The leading term of the tail, x^a / (a B(a, ½)) with x = d / t²: exact to rounding where x² is negligible.
private func logPowerTail(_ t: Double, _ d: Double) -> Double {
  let a = d / 2
  return a * (.log(d) - 2 * .log(t)) - .log(a) - logBeta(a, 0.5)
}

/// The logarithm of the upper tail of F: log P(X ≥ f) = log I_{d₂/(d₂ + d₁ f)}(d₂/2, d₁/2).
public func fisherFLogUpper(_ f: Double, _ d1: Double, _ d2: Double) -> Double {
  guard f > 0 else { return f.isNaN ? .nan : 0 }
  let sum = d2 + d1 * f
  return IncompleteBeta(d2 / 2, d1 / 2, d2 / sum, complement: d1 * f / sum).logLower
}

/// The upper tail of F with d₁ and d₂ degrees of freedom, P(X ≥ f): the p value of an analysis of variance.
public func fisherFUpper(_ f: Double, _ d1: Double, _ d2: Double) -> Double {
  .exp(fisherFLogUpper(f, d1, d2))
}
