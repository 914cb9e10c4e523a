// Softmax over all genes: p_g = eᵃ / Σ eᵃ, m = s p. Three rounds over the tiles, because the derivative
//
//     ∂loss/∂a_g = v_g − p_g Σ_h v_h,    v = m/(1 + m/r) for a zero
//
// needs Σ eᵃ first and Σ v after that.

/// The largest logit of each row, and Σ e^(a − largest).
@_alwaysEmitIntoClient @inline(always)
public func maximumAndSum(
  _ u: UnsafePointer<Floats>, geneCount: Int
) -> (maximum: Floats, sum: Floats) {
  var maximum = u[0]
  for g in 1..<max(geneCount, 1) { maximum = larger(maximum, u[g]) }
  let least = Floats(repeating: -86)
  var sum = Floats(repeating: 0)
  for g in 0..<geneCount { sum += exponential(larger(u[g] - maximum, least)) }
  return (maximum, sum)
}

/// Σ_g v_g.
@_alwaysEmitIntoClient @inline(always)
public func sumOverGenes(_ v: UnsafePointer<Floats>, geneCount: Int) -> Floats {
  var sum = Floats(repeating: 0)
  for g in 0..<geneCount { sum += v[g] }
  return sum
}

/// v becomes v − p Σ v.
@_alwaysEmitIntoClient @inline(always)
public func subtractMean(
  _ v: UnsafeMutablePointer<Floats>, _ p: UnsafePointer<Floats>, geneCount: Int, total: Floats
) {
  for g in 0..<geneCount { v[g] = v[g].addingProduct(-total, p[g]) }
}
