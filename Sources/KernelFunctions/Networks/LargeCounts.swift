// Long counts of a negative binomial, in double precision. With ρ = r + 8, A = r + k, n = k − 8:
//
//     log Γ(A) − log Γ(r)  = log Π_{i<8} (r + i) + log Γ(A) − log Γ(ρ)          by Stirling's series
//     ψ(A) − ψ(r)          = Σ_{i<8} 1/(r + i)   + ψ(A) − ψ(ρ)

/// log Γ(x) for x ≥ 9, log x being known: error below 10⁻¹² + 10⁻¹⁶ |log Γ|.
@_alwaysEmitIntoClient @inline(always)
func logGamma(_ x: Doubles, logarithm: Doubles) -> Doubles {
  let inverse = 1 / x
  let square = inverse * inverse
  var p = Doubles(repeating: -1.0 / 1680)
  p = Doubles(repeating: 1.0 / 1260).addingProduct(p, square)
  p = Doubles(repeating: -1.0 / 360).addingProduct(p, square)
  p = Doubles(repeating: 1.0 / 12).addingProduct(p, square)
  return (x - 0.5) * logarithm - x + 0.918_938_533_204_672_7 + inverse * p
}

/// ψ(x) for x ≥ 9, log x being known: error below 10⁻¹².
@_alwaysEmitIntoClient @inline(always)
func digamma(_ x: Doubles, logarithm: Doubles) -> Doubles {
  let inverse = 1 / x
  let square = inverse * inverse
  var p = Doubles(repeating: 1.0 / 132)
  p = Doubles(repeating: -1.0 / 240).addingProduct(p, square)
  p = Doubles(repeating: 1.0 / 252).addingProduct(p, square)
  p = Doubles(repeating: -1.0 / 120).addingProduct(p, square)
  p = Doubles(repeating: 1.0 / 12).addingProduct(p, square)
  return logarithm - inverse * 0.5 - square * p
}

/// One long count of each of four entries: loss minus that of a zero (with log k!), ∂loss/∂a, and what is
/// added to the excess.
@_alwaysEmitIntoClient @inline(always)
public func differentiateLongCounts(
  _ kind: OutputKind, logit a: Doubles, count k: Doubles, scale s: Doubles, dispersion r: Doubles
) -> (derivative: Doubles, loss: Doubles, excess: Doubles) {
  let zero = Doubles(repeating: 0)
  let isNegative = a .< zero
  let magnitude = a.replacing(with: -a, where: isNegative)
  var m: Doubles
  var slope: Doubles
  var shift: Doubles
  if case .negativeBinomialSoftmax = kind {
    let least = Doubles(repeating: -600)
    let low = a .< least
    m = s * exponential(a.replacing(with: least, where: low))
    slope = Doubles(repeating: 1)
    shift = zero.replacing(with: a + 600, where: low)
  } else {
    let most = Doubles(repeating: 600)
    let e = exponential(-magnitude.replacing(with: most, where: most .< magnitude))
    let c = 1 / (1 + e)
    shift = zero.replacing(with: a + 600, where: a .< -most)
    if case .negativeBinomialSigmoid = kind {
      m = s * c.replacing(with: e * c, where: isNegative)
      slope = (e * c).replacing(with: c, where: isNegative)
    } else {
      let y = a.replacing(with: zero, where: isNegative) + logarithm(onePlus: e)
      m = s * y
      slope = c.replacing(with: e * c, where: isNegative) / y
    }
  }
  var product = r
  var sum = 1 / r
  for i in 1..<8 {
    let factor = r + Double(i)
    product *= factor
    sum += 1 / factor
  }
  let total = r + k
  let start = r + 8
  let logTotal = logarithm(total)
  let logStart = logarithm(start)
  let factorial = k + 1
  let rising =
    logarithm(product) + logGamma(total, logarithm: logTotal)
    - logGamma(start, logarithm: logStart)
  let logFactorial = logGamma(factorial, logarithm: logarithm(factorial))
  let share = 1 / (r + m)
  let loss = k * (logarithm(onePlus: r / m) - shift) - rising + logFactorial
  let digammas =
    sum + digamma(total, logarithm: logTotal) - digamma(start, logarithm: logStart)
  return (r * (m - k) * share * slope, loss, k * share - digammas)
}
