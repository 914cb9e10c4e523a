import RealModule

/// The regularised incomplete gamma functions at one point, as logarithms.
///
///     P(a, x) = ∫₀ˣ t^{a−1} e^{−t} dt / Γ(a),  Q = 1 − P
///
/// Series below a + 1, continued fraction above (Lentz), the factor before them by saddle point.
/// Edge cases: x ≤ 0 gives P = 0; x = ∞ gives Q = 0; a ≤ 0 or NaN gives NaN.
/// Source: NIST Digital Library of Mathematical Functions, 8.7.1 and 8.9.2.
public struct IncompleteGamma: Sendable {
  /// log P(a, x).
  public let logLower: Double
  /// log Q(a, x).
  public let logUpper: Double

  /// Evaluates both functions for shape `a`.
  ///
  /// - Complexity: O(√a) near the mean.
  public init(_ a: Double, _ x: Double) {
    guard a > 0, !x.isNaN else {
      (logLower, logUpper) = (.nan, .nan)
      return
    }
    guard x > 0, x.isFinite else {
      (logLower, logUpper) = x > 0 ? (0, -.infinity) : (-.infinity, 0)
      return
    }
    let logKernel = logGammaKernel(a, x)
    if x < a + 1 {
      // P = kernel · Σ xⁿ / (a (a+1) … (a+n))
      var term = 1 / a
      var sum = term
      var denominator = a
      while term > sum * 0x1p-54 {
        denominator += 1
        term *= x / denominator
        sum += term
      }
      let logLower = min(logKernel + .log(sum), 0)
      (self.logLower, logUpper) = (logLower, log1mExp(logLower))
    } else {
      // Q = kernel · 1/(x+1−a− 1(1−a)/(x+3−a− …))
      var b = x + 1 - a
      var c = 1e300
      var d = 1 / b
      var h = d
      for index in 1..<100_000 {
        let factor = -Double(index) * (Double(index) - a)
        b += 2
        d = 1 / (factor * d + b)
        c = b + factor / c
        let change = c * d
        h *= change
        if abs(change - 1) < 0x1p-52 { break }
      }
      let logUpper = min(logKernel + .log(h), 0)
      (logLower, self.logUpper) = (log1mExp(logUpper), logUpper)
    }
  }
}

/// The quantile of the gamma distribution with this shape and scale 1 at a normal score: x with P(a, x) = Φ(z).
///
/// Accurate in both tails.
public func gammaQuantile(normalScore z: Double, shape a: Double) -> Double {
  gammaQuantile(
    logLower: normalLogCDF(z), logUpper: normalLogCDF(-z), normalScore: z, shape: a)
}

private func gammaQuantile(
  logLower: Double, logUpper: Double, normalScore: Double, shape a: Double
) -> Double {
  let logLowerTail = (logLower + .log(a) + .logGamma(a)) / a  // from P ≈ x^a / (a Γ(a))
  let root = 1 - 1 / (9 * a) + normalScore / (9 * a).squareRoot()
  let middle = a * root * root * root
  let start = a > 0.5 && root > 0.2 ? Double.log(middle) : logLowerTail
  let fromBelow = normalScore < 0
  let target = fromBelow ? logLower : logUpper
  let u = safeguardedNewton(start: min(max(start, -744), 709), in: -745...710) { u in
    let x = Double.exp(u)
    let value = IncompleteGamma(a, x)
    let logTail = fromBelow ? value.logLower : value.logUpper
    // d log P / du = x · density / P
    let slope = Double.exp(logGammaKernel(a, x) - logTail)
    return fromBelow ? (logTail - target, slope) : (target - logTail, slope)
  }
  return .exp(u)
}
