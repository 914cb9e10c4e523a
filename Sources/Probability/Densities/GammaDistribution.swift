import RealModule

/// The gamma distribution: log p(x) = a log b − log Γ(a) + (a − 1) log x − b x.
public struct GammaDistribution: Sendable {
  /// a.
  public let shape: Double
  /// b, 1/scale.
  public let rate: Double

  /// The distribution with shape a > 0 and rate b > 0.
  public init(shape: Double, rate: Double) {
    self.shape = shape
    self.rate = rate
  }

  /// log p(x), x ≥ 0.
  public func logDensity(_ x: Double) -> Double {
    shape * .log(rate) - logGamma(shape) + xLogY(shape - 1, x) - rate * x
  }

  /// ∂ log p(x) / ∂x = (a − 1)/x − b.
  public func derivative(_ x: Double) -> Double {
    (shape == 1 ? 0 : (shape - 1) / x) - rate
  }

  /// E X = a/b.
  public var mean: Double { shape / rate }

  /// E log X = ψ(a) − log b.
  public var expectedLogarithm: Double { digamma(shape) - .log(rate) }

  /// KL(this ‖ other) = (a − a') ψ(a) − log Γ(a) + log Γ(a') + a' log(b/b') + a (b' − b)/b.
  public func divergence(from other: GammaDistribution) -> Double {
    (shape - other.shape) * digamma(shape) - logGamma(shape) + logGamma(other.shape)
      + other.shape * .log(rate / other.rate) + shape * (other.rate - rate) / rate
  }
}

/// dx/da of a sample x of the gamma distribution with shape a and scale 1, its probability held fixed:
/// −(∂P(a, x)/∂a) / p(x), the implicit reparameterisation.
///
/// The derivative goes through the series (x < a + 1) or the continued fraction of P or Q; the factor
/// before them cancels, so that it is exact in both tails.
/// Source: M. Figurnov, S. Mohamed, A. Mnih, Implicit reparameterization gradients, NeurIPS 2018,
/// arXiv:1805.08498.
public func gammaPathwiseDerivative(_ x: Double, shape a: Double) -> Double {
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
