import RealModule

/// dx/da of a sample x of the gamma distribution with shape a and scale 1, its probability held fixed:
/// −(∂P(a, x)/∂a) / p(x), the implicit reparameterisation.
///
/// The derivative goes through the series (x < a + 1) or the continued fraction of P or Q; the factor
/// before them cancels, so that it is exact in both tails. They take some 6 √a terms: from a = 1000 on the quantile's
/// expansion by the normal score z does instead, |z| ≤ 8 (error below 10⁻⁹ for |z| ≤ 5, 2 · 10⁻⁸ at 8),
///
///     x = a + √a z + (z² − 1)/3 + (z³ − 7z)/(36 √a) − (3z⁴ + 7z² − 16)/(810 a) + (9z⁵ + 256z³ − 433z)/(38880 a √a)
///
/// Source: M. Figurnov, S. Mohamed, A. Mnih, Implicit reparameterization gradients, NeurIPS 2018,
/// arXiv:1805.08498; A. R. DiDonato, A. H. Morris, Computation of the incomplete gamma function ratios and their
/// inverse, ACM TOMS 12:377–393, 1986, equation 31, of the expansion.
public func gammaPathwiseDerivative(_ x: Double, shape a: Double) -> Double {
  if a >= 1000, let derivative = pathwiseDerivativeByScore(x, shape: a) { return derivative }
  let logKernelSlope = Double.log(x) - digamma(a)
  if x < a + 1 {
    // S = Σ xⁿ / (a (a+1) … (a+n));  dx/da = −x (S (log x − ψ(a)) + S′)
    var term = 1 / a
    var termSlope = -term / a
    var (sum, sumSlope) = (term, termSlope)
    var denominator = a
    while term > sum * 0x1p-54 || abs(termSlope) > abs(sumSlope) * 0x1p-54 {
      denominator += 1
      let inverse = 1 / denominator
      let ratio = x * inverse
      termSlope = (termSlope - term * inverse) * ratio
      term *= ratio
      sum += term
      sumSlope += termSlope
    }
    return -x * (sum * logKernelSlope + sumSlope)
  }
  // h, the continued fraction of Q, by Lentz's recurrences with their derivatives
  var (b, c, d) = (x + 1 - a, 1e300, 1 / (x + 1 - a))
  var (cSlope, dSlope) = (0.0, d * d)
  var (h, hSlope) = (d, dSlope)
  for index in 1..<100_000 {
    let i = Double(index)
    let factor = -i * (i - a)
    b += 2
    let below = factor * d + b
    let belowSlope = i * d + factor * dSlope - 1
    d = 1 / below
    dSlope = -belowSlope * d * d
    let inverse = 1 / c
    c = b + factor * inverse
    cSlope = -1 + (i - factor * cSlope * inverse) * inverse
    let change = c * d
    let changeSlope = cSlope * d + c * dSlope
    hSlope = hSlope * change + h * changeSlope
    h *= change
    if abs(change - 1) < 0x1p-52, abs(h * changeSlope) <= 0x1p-50 * abs(hSlope) { break }
  }
  return x * (h * logKernelSlope + hSlope)
}

/// The derivative by the expansion, z found from Wilson and Hilferty's start by two steps of Newton's method; nil
/// where |z| > 8.
private func pathwiseDerivativeByScore(_ x: Double, shape a: Double) -> Double? {
  let root = a.squareRoot()
  var z = 3 * root * (.root(x / a, 3) - 1 + 1 / (9 * a))
  guard abs(z) <= 8 else { return nil }
  for _ in 0..<2 {
    let square = z * z
    let quantile =
      a + root * z + (square - 1) / 3 + z * (square - 7) / (36 * root)
      - ((3 * square + 7) * square - 16) / (810 * a)
      + z * ((9 * square + 256) * square - 433) / (38_880 * a * root)
    let slope =
      root + 2 * z / 3 + (3 * square - 7) / (36 * root) - z * (12 * square + 14) / (810 * a)
      + ((45 * square + 768) * square - 433) / (38_880 * a * root)
    z -= (quantile - x) / slope
  }
  let square = z * z
  return 1 + z / (2 * root) - z * (square - 7) / (72 * a * root)
    + ((3 * square + 7) * square - 16) / (810 * a * a)
    - z * ((9 * square + 256) * square - 433) / (25_920 * a * a * root)
}
