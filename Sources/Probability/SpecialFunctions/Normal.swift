import RealModule

// The rational functions of Wichura's AS 241 (PPND16).

/// a₀ + a₁ x + … + a₇ x⁷.
@inline(__always)
private func horner(
  _ x: Double, _ a0: Double, _ a1: Double, _ a2: Double, _ a3: Double, _ a4: Double, _ a5: Double,
  _ a6: Double, _ a7: Double
) -> Double {
  ((((((a7 * x + a6) * x + a5) * x + a4) * x + a3) * x + a2) * x + a1) * x + a0
}

private func centreRatio(_ x: Double) -> Double {
  horner(
    x, 3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
    1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
    3.3430575583588128105e+4, 2.5090809287301226727e+3)
    / horner(
      x, 1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
      2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
      5.2264952788528545610e+3)
}

private func shoulderRatio(_ x: Double) -> Double {
  horner(
    x, 1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
    3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
    2.27238449892691845833e-2, 7.74545014278341407640e-4)
    / horner(
      x, 1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
      1.05075007164441684324e-9)
}

private func tailRatio(_ x: Double) -> Double {
  horner(
    x, 6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
    2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
    2.71155556874348757815e-5, 2.01033439929228813265e-7)
    / horner(
      x, 1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
      2.04426310338993978564e-15)
}

/// The standard normal quantile Φ⁻¹(p).
///
/// Edge cases: 0 and 1 give −∞ and ∞; outside [0, 1] the result is NaN.
/// Source: M. J. Wichura, Algorithm AS 241, Applied Statistics 37(3):477–484, 1988, doi:10.2307/2347330.
public func normalQuantile(_ p: Double) -> Double {
  guard p > 0, p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
  let q = p - 0.5
  if abs(q) <= 0.425 {
    return q * centreRatio(0.180625 - q * q)
  }
  let size = normalTailQuantileSize(logTail: q < 0 ? .log(p) : .log(onePlus: -p))
  return q < 0 ? -size : size
}

private func normalTailQuantileSize(logTail: Double) -> Double {
  let r = (-logTail).squareRoot()
  return r <= 5
    ? shoulderRatio(r - 1.6)
    : tailRatio(r - 5)
}

/// The standard normal log density, −x²/2 − ½ log 2π.
public func normalLogDensity(_ x: Double) -> Double {
  -0.5 * x * x - 0.918938533204672741780
}

/// The standard normal distribution function Φ(x), accurate in both tails.
public func normalCDF(_ x: Double) -> Double {
  0.5 * Double.erfc(-x / 2.0.squareRoot())
}

/// The logarithm of Φ(x), accurate where Φ(x) underflows.
///
/// Below −20 it is log φ(x) − log(−x) + log of the asymptotic series Σ (−1)ⁱ (2i−1)!! / x²ⁱ.
public func normalLogCDF(_ x: Double) -> Double {
  if x > 0 { return .log(onePlus: -0.5 * Double.erfc(x / 2.0.squareRoot())) }
  if x > -20 { return .log(normalCDF(x)) }
  let inverse = 1 / (x * x)
  var term = 1.0
  var series = 0.0
  for index in 1...8 {
    term *= -Double(2 * index - 1) * inverse
    series += term
  }
  return normalLogDensity(x) - .log(-x) + .log(onePlus: series)
}
