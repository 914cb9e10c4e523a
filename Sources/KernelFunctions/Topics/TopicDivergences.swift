// Divergences of topics' posteriors from their priors, and steps along logarithms, four numbers at a time.

/// ψ(x) and log Γ(x) for x > 0, errors below 10⁻¹³ max(1, |value|).
///
/// From 8 on by the asymptotic series; below by eight steps of the recurrence at once,
///
///     ψ(x) = ψ(x + 8) − Σ_{i<8} 1/(x + i)          log Γ(x) = log Γ(x + 8) − log Π_{i<8} (x + i)
@_alwaysEmitIntoClient @inline(always)
func gammaLogarithms(_ x: Doubles) -> (digamma: Doubles, logGamma: Doubles) {
  let isShort = x .< Doubles(repeating: 8)
  guard any(isShort) else { return gammaLogarithmSeries(x) }
  var point = x
  var numerator = Doubles(repeating: 1)
  var denominator = x
  for _ in 1..<8 {
    point += 1
    numerator = denominator.addingProduct(numerator, point)
    denominator *= point
  }
  // Elsewhere the product may be beyond the range of numbers.
  let one = Doubles(repeating: 1)
  denominator.replace(with: one, where: .!isShort)
  numerator.replace(with: Doubles(repeating: 0), where: .!isShort)
  let series = gammaLogarithmSeries(x.replacing(with: x + 8, where: isShort))
  return (series.digamma - numerator / denominator, series.logGamma - logarithm(denominator))
}

/// ψ(x) and log Γ(x) for x ≥ 8, by the asymptotic series.
@_alwaysEmitIntoClient @inline(always)
func gammaLogarithmSeries(_ x: Doubles) -> (digamma: Doubles, logGamma: Doubles) {
  let log = logarithm(x)
  let inverse = 1 / x
  let u = inverse * inverse
  var digamma = Doubles(repeating: -691.0 / 32_760)
  digamma = Doubles(repeating: 1.0 / 132).addingProduct(digamma, u)
  digamma = Doubles(repeating: -1.0 / 240).addingProduct(digamma, u)
  digamma = Doubles(repeating: 1.0 / 252).addingProduct(digamma, u)
  digamma = Doubles(repeating: -1.0 / 120).addingProduct(digamma, u)
  digamma = Doubles(repeating: 1.0 / 12).addingProduct(digamma, u)
  var gamma = Doubles(repeating: 1.0 / 156)
  gamma = Doubles(repeating: -691.0 / 360_360).addingProduct(gamma, u)
  gamma = Doubles(repeating: 1.0 / 1188).addingProduct(gamma, u)
  gamma = Doubles(repeating: -1.0 / 1680).addingProduct(gamma, u)
  gamma = Doubles(repeating: 1.0 / 1260).addingProduct(gamma, u)
  gamma = Doubles(repeating: -1.0 / 360).addingProduct(gamma, u)
  gamma = Doubles(repeating: 1.0 / 12).addingProduct(gamma, u)
  let halfLogTwoPi = Doubles(repeating: 0.918_938_533_204_672_7)
  return (
    log - (0.5 * inverse + digamma * u),
    (halfLogTwoPi - x).addingProduct(x - 0.5, log) + gamma * inverse
  )
}

/// 0 for the lanes from `count` on.
@_alwaysEmitIntoClient @inline(always)
func keeping(_ count: Int, of values: Doubles) -> Doubles {
  guard count < 4 else { return values }
  return values.replacing(
    with: Doubles(repeating: 0), where: Doubles(0, 1, 2, 3) .>= Doubles(repeating: Double(count)))
}

extension TopicKernels {
  /// Σ (a − prior) (ψ(a) − ψ(A)) − log Γ(a) over one row with the sum A: what a Dirichlet distribution's divergence
  /// from its prior has of every concentration.
  @_alwaysEmitIntoClient @inline(never)
  public func dirichletTerms(
    _ a: UnsafePointer<Double>, width: Int, prior: Double, digammaOfTotal: Double
  ) -> Double {
    let total = Doubles(repeating: digammaOfTotal)
    var sum = Doubles(repeating: 0)
    var index = 0
    while index < width {
      let values = load(a + index, width - index, filler: 9)
      let (digamma, logGamma) = gammaLogarithms(values)
      sum += keeping(
        width - index, of: (-logGamma).addingProduct(values - prior, digamma - total))
      index += 4
    }
    return sum.sum()
  }

  /// Σ log Γ(a + b) − log Γ(a) − log Γ(b) + (a − prior) (ψ(a) − ψ(a + b)) + (b − prior) (ψ(b) − ψ(a + b)): the same
  /// of Beta distributions.
  @_alwaysEmitIntoClient @inline(never)
  public func betaTerms(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, priorA: Double, priorB: Double,
    count: Int
  ) -> Double {
    var sum = Doubles(repeating: 0)
    var index = 0
    while index < count {
      let counted = load(a + index, count - index, filler: 9)
      let other = load(b + index, count - index, filler: 9)
      let (ofCounted, ofOther, ofBoth) = (
        gammaLogarithms(counted), gammaLogarithms(other), gammaLogarithms(counted + other)
      )
      var term = ofBoth.logGamma - ofCounted.logGamma - ofOther.logGamma
      term = term.addingProduct(counted - priorA, ofCounted.digamma - ofBoth.digamma)
      term = term.addingProduct(other - priorB, ofOther.digamma - ofBoth.digamma)
      sum += keeping(count - index, of: term)
      index += 4
    }
    return sum.sum()
  }

  /// x ← max(least, x (x / y)^weight): a step further along the logarithm from y to x.
  @_alwaysEmitIntoClient @inline(never)
  public func extrapolate(
    _ point: UnsafeMutablePointer<Double>, from previous: UnsafePointer<Double>, by weight: Double,
    atLeast least: Double, count: Int
  ) {
    let least = Doubles(repeating: least)
    let bound = Doubles(repeating: 100)
    var index = 0
    while index < count {
      let new = load(point + index, count - index, filler: 1)
      let old = load(previous + index, count - index, filler: 1)
      var step = weight * logarithm(new / old)
      step.replace(with: bound, where: bound .< step)
      step.replace(with: -bound, where: step .< -bound)
      let moved = new * exponential(step)
      store(moved.replacing(with: least, where: moved .< least), count - index, to: point + index)
      index += 4
    }
  }
}
