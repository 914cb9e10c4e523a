import RealModule

extension RandomStream {
  /// A count from the Poisson distribution.
  ///
  /// Inversion for means below 10, otherwise transformed rejection.
  /// Source: W. Hörmann, The transformed rejection method for generating Poisson random variables,
  /// Insurance Math. Econom. 12:39–45, 1993, doi:10.1016/0167-6687(93)90997-4, algorithm PTRS.
  /// - Precondition: 0 ≤ mean ≤ 10¹⁵.
  public mutating func poisson(mean: Double) -> Int {
    precondition(mean >= 0 && mean <= 1e15, "a Poisson mean of \(mean), expected 0…1e15")
    if mean == 0 { return 0 }
    if mean < 10 { return poissonByInversion(mean: mean) }
    let b = 0.931 + 2.53 * mean.squareRoot()
    let a = -0.059 + 0.02483 * b
    let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
    let accepted = 0.9277 - 3.6224 / (b - 2)
    let logMean = Double.log(mean)
    while true {
      let u = uniformOpen() - 0.5
      let v = uniformOpen()
      let us = 0.5 - abs(u)
      let k = ((2 * a / us + b) * u + mean + 0.43).rounded(.down)
      if us >= 0.07 && v <= accepted { return Int(k) }
      if k < 0 || (us < 0.013 && v > us) { continue }
      let left = Double.log(v) + .log(inverseAlpha) - .log(a / (us * us) + b)
      if left <= k * logMean - mean - .logGamma(k + 1) { return Int(k) }
    }
  }

  private mutating func poissonByInversion(mean: Double) -> Int {
    var remaining = uniform()
    var probability = Double.exp(-mean)
    var count = 0
    while remaining >= probability && count < 1000 {
      remaining -= probability
      count += 1
      probability *= mean / Double(count)
    }
    return count
  }

  /// A count from the negative binomial distribution with variance mean + mean² / dispersion: a Poisson
  /// count whose mean is gamma-distributed.
  ///
  /// - Precondition: mean ≥ 0, dispersion > 0.
  public mutating func negativeBinomial(mean: Double, dispersion: Double) -> Int {
    if mean == 0 { return 0 }
    return poisson(mean: gamma(shape: dispersion, scale: mean / dispersion))
  }

  /// The number of successes in `trials` independent trials.
  ///
  /// Inversion where fewer than ten successes are expected, otherwise transformed rejection.
  /// Source: W. Hörmann, The generation of binomial random variates, J. Stat. Comput. Simul. 46:101–110,
  /// 1993, doi:10.1080/00949659308811496, algorithm BTRS.
  /// - Precondition: trials ≥ 0, 0 ≤ probability ≤ 1.
  public mutating func binomial(trials: Int, probability: Double) -> Int {
    precondition(trials >= 0, "\(trials) trials, expected none or more")
    precondition(probability >= 0 && probability <= 1, "probability \(probability) outside 0…1")
    if trials == 0 || probability == 0 { return 0 }
    if probability > 0.5 { return trials - binomial(trials: trials, probability: 1 - probability) }
    let n = Double(trials)
    let p = probability
    if n * p < 10 { return binomialByInversion(trials: trials, probability: p) }
    let spread = (n * p * (1 - p)).squareRoot()
    let b = 1.15 + 2.53 * spread
    let a = -0.0873 + 0.0248 * b + 0.01 * p
    let alpha = (2.83 + 5.1 / b) * spread
    let accepted = 0.92 - 4.2 / b
    let logOdds = Double.log(p / (1 - p))
    let mode = ((n + 1) * p).rounded(.down)
    let atMode = Double.logGamma(mode + 1) + .logGamma(n - mode + 1)
    while true {
      let u = uniformOpen() - 0.5
      let v = uniformOpen()
      let us = 0.5 - abs(u)
      let k = ((2 * a / us + b) * u + n * p + 0.5).rounded(.down)
      if us >= 0.07 && v <= accepted { return Int(k) }
      if k < 0 || k > n { continue }
      let left = Double.log(v * alpha / (a / (us * us) + b))
      let right = atMode - .logGamma(k + 1) - .logGamma(n - k + 1) + (k - mode) * logOdds
      if left <= right { return Int(k) }
    }
  }

  private mutating func binomialByInversion(trials: Int, probability: Double) -> Int {
    let odds = probability / (1 - probability)
    var remaining = uniform()
    var chance = Double.exp(Double(trials) * .log(onePlus: -probability))
    var count = 0
    while remaining >= chance && count < trials {
      remaining -= chance
      count += 1
      chance *= odds * Double(trials - count + 1) / Double(count)
    }
    return count
  }
}
