import RealModule

/// The regularised incomplete beta functions at one point, as logarithms.
///
///     I_x(a, b) = ∫₀ˣ t^{a−1} (1−t)^{b−1} dt / B(a, b),  its complement I_{1−x}(b, a)
///
/// Continued fraction (Lentz) on the side where it converges, the factor before it by saddle point.
/// Edge cases: x ≤ 0 and x ≥ 1 give 0 and 1; a or b ≤ 0 or NaN gives NaN.
/// Source: NIST Digital Library of Mathematical Functions, 8.17.22.
public struct IncompleteBeta: Sendable {
  /// log I_x(a, b).
  public let logLower: Double
  /// log of the complement.
  public let logUpper: Double

  /// Evaluates both functions.
  ///
  /// - Parameter complement: 1 − x, where the caller knows it better than the subtraction would give it.
  /// - Complexity: O(√max(a, b)) near the mean.
  public init(_ a: Double, _ b: Double, _ x: Double, complement: Double? = nil) {
    let y = complement ?? 1 - x
    guard a > 0, b > 0, !x.isNaN, !y.isNaN else {
      (logLower, logUpper) = (.nan, .nan)
      return
    }
    guard x > 0, y > 0 else {
      (logLower, logUpper) = x > 0 ? (0, -.infinity) : (-.infinity, 0)
      return
    }
    let logKernel = logBetaKernel(a, b, x, y)
    if x * (a + b + 2) <= a + 1 {
      let logTail = min(logKernel - .log(a) + .log(Self.fraction(a, b, x)), 0)
      (logLower, logUpper) = (logTail, log1mExp(logTail))
    } else {
      let logTail = min(logKernel - .log(b) + .log(Self.fraction(b, a, y)), 0)
      (logLower, logUpper) = (log1mExp(logTail), logTail)
    }
  }

  private static func fraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
    let tiny = 1e-300
    var c = 1.0
    var d = 1 - (a + b) * x / (a + 1)
    d = 1 / (abs(d) < tiny ? tiny : d)
    var h = d
    for index in 1..<200_000 {
      let m = Double(index)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 + even * d
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = 1 + even / c
      if abs(c) < tiny { c = tiny }
      h *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 + odd * d
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = 1 + odd / c
      if abs(c) < tiny { c = tiny }
      let change = d * c
      h *= change
      if abs(change - 1) < 0x1p-52 { break }
    }
    return h
  }
}

/// The quantile of the Beta(a, b) distribution and its complement, each accurate where it is small.
///
/// Newton steps on the logarithm of the nearer tail, in logit(x), safeguarded by bisection.
/// Edge cases: p = 0 and 1 give the ends; outside [0, 1] NaN.
public func betaQuantile(_ p: Double, _ a: Double, _ b: Double) -> (x: Double, complement: Double) {
  guard p > 0, p < 1 else { return p == 0 ? (0, 1) : p == 1 ? (1, 0) : (.nan, .nan) }
  let fromBelow = p < 0.5
  let target = fromBelow ? Double.log(p) : .log(onePlus: -p)
  let u = safeguardedNewton(start: logitStart(p, a, b), in: -746...746) { u in
    let x = sigmoid(u)
    let y = sigmoid(-u)
    let value = IncompleteBeta(a, b, x, complement: y)
    let logTail = fromBelow ? value.logLower : value.logUpper
    // dI/du = density · x y = kernel
    let slope = Double.exp(logBetaKernel(a, b, x, y) - logTail)
    return fromBelow ? (logTail - target, slope) : (target - logTail, slope)
  }
  return (sigmoid(u), sigmoid(-u))
}

private func logitStart(_ p: Double, _ a: Double, _ b: Double) -> Double {
  // Where a tail is a power: P ≈ x^a / (a B(a, b)).
  let logB = logBeta(a, b)
  let left = (Double.log(p) + .log(a) + logB) / a
  if left < -3, a < 1 || left < Double.log(a / (a + b)) - 3 { return max(left, -745) }
  let right = (Double.log(onePlus: -p) + .log(b) + logB) / b
  if right < -3, b < 1 || right < Double.log(b / (a + b)) - 3 { return min(-right, 745) }
  // logit X is nearly normal with mean ψ(a) − ψ(b) and variance ψ′(a) + ψ′(b).
  let spread = (trigamma(a) + trigamma(b)).squareRoot()
  let start = digamma(a) - digamma(b) + spread * normalQuantile(p)
  return min(max(start, -740), 740)
}
