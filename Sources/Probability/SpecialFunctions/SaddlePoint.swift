import RealModule

/// x log(x / m) + m − x, half the Poisson deviance, without cancellation where x ≈ m.
///
/// Source: C. Loader, Fast and accurate computation of binomial probabilities, 2000, section 3.
func poissonDeviance(_ x: Double, _ mean: Double) -> Double {
  if abs(x - mean) < 0.1 * (x + mean) {
    let v = (x - mean) / (x + mean)
    var sum = (x - mean) * v
    var term = 2 * x * v
    let square = v * v
    for index in 1..<1000 {
      term *= square
      let next = sum + term / Double(2 * index + 1)
      if next == sum { break }
      sum = next
    }
    return sum
  }
  return x * .log(x / mean) + mean - x
}

/// log of x^a e^{−x} / Γ(a), for a > 0 and x > 0.
func logGammaKernel(_ a: Double, _ x: Double) -> Double {
  if a < 10 { return a * .log(x) - x - .logGamma(a) }
  // x^a e^{−x} / Γ(a) = a · (x^a e^{−x} / Γ(a + 1))
  return 0.5 * .log(a) - halfLogTwoPi - stirlingRemainder(a) - poissonDeviance(a, x)
}

/// log of x^a y^b / B(a, b) with y = 1 − x given separately, for a, b > 0 and 0 < x < 1.
func logBetaKernel(_ a: Double, _ b: Double, _ x: Double, _ y: Double) -> Double {
  if a < 10 || b < 10 {
    let logX = x > 0.5 ? .log(onePlus: -y) : Double.log(x)
    let logY = y > 0.5 ? .log(onePlus: -x) : Double.log(y)
    return a * logX + b * logY - logBeta(a, b)
  }
  // = (a b / n) · binomial(n, a) x^a y^b
  let n = a + b
  return 0.5 * (.log(a) + .log(b / n)) - halfLogTwoPi
    + stirlingRemainder(n) - stirlingRemainder(a) - stirlingRemainder(b)
    - poissonDeviance(a, n * x) - poissonDeviance(b, n * y)
}
