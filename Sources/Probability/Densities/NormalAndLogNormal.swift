import RealModule

/// The normal distribution: log p(x) = −½ ((x − μ)/σ)² − log σ − ½ log 2π.
public struct Normal: Sendable {
  /// μ.
  public let mean: Double
  /// σ.
  public let standardDeviation: Double

  /// The distribution with mean μ and standard deviation σ > 0.
  public init(mean: Double, standardDeviation: Double) {
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  private func score(_ x: Double) -> Double { (x - mean) / standardDeviation }

  /// log p(x).
  public func logDensity(_ x: Double) -> Double {
    normalLogDensity(score(x)) - .log(standardDeviation)
  }

  /// The derivatives of log p(x): with t = (x − μ)/σ, by x −t/σ, by μ t/σ, by log σ t² − 1.
  public func derivatives(_ x: Double) -> (byX: Double, byMean: Double, byLogDeviation: Double) {
    let t = score(x)
    return (-t / standardDeviation, t / standardDeviation, t * t - 1)
  }

  /// KL(this ‖ other) = log(σ'/σ) + (σ² + (μ − μ')²)/(2σ'²) − ½.
  public func divergence(from other: Normal) -> Double {
    let ratio = standardDeviation / other.standardDeviation
    let shift = (mean - other.mean) / other.standardDeviation
    // ½ (ρ² − 1) − log ρ loses digits where ρ ≈ 1: written with ρ − 1
    let excess = (standardDeviation - other.standardDeviation) / other.standardDeviation
    let spread =
      abs(excess) < 0.5
      ? 0.5 * excess * (2 + excess) - .log(onePlus: excess)
      : 0.5 * (ratio * ratio - 1) - .log(ratio)
    return spread + 0.5 * shift * shift
  }
}

/// The log-normal distribution: log X is normal with μ and σ.
public struct LogNormal: Sendable {
  /// The distribution of log X.
  public let logarithm: Normal

  /// The distribution whose logarithm has mean μ and standard deviation σ > 0.
  public init(logMean: Double, logDeviation: Double) {
    logarithm = Normal(mean: logMean, standardDeviation: logDeviation)
  }

  /// log p(x) = log N(log x | μ, σ) − log x, for x > 0.
  public func logDensity(_ x: Double) -> Double {
    logarithm.logDensity(.log(x)) - .log(x)
  }

  /// ∂ log p(x) / ∂x.
  public func derivative(_ x: Double) -> Double {
    (logarithm.derivatives(.log(x)).byX - 1) / x
  }

  /// E X = exp(μ + ½ σ²).
  public var mean: Double {
    .exp(logarithm.mean + 0.5 * logarithm.standardDeviation * logarithm.standardDeviation)
  }
}
