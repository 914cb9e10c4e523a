import RealModule

/// The Bernoulli distribution by its logit ℓ: log p(x) = x ℓ − log(1 + e^ℓ), also for x between 0 and 1
/// (cross entropy).
public struct Bernoulli: Sendable {
  /// ℓ.
  public let logit: Double

  /// The distribution with this logit.
  public init(logit: Double) { self.logit = logit }

  /// log p(x).
  public func logProbability(_ x: Double) -> Double { x * logit - log1pExp(logit) }

  /// ∂ log p(x) / ∂ℓ = x − σ(ℓ).
  public func derivative(_ x: Double) -> Double { x - sigmoid(logit) }
}

/// The binomial distribution: log p(k) = log C(n, k) + k log ρ + (n − k) log(1 − ρ).
///
/// Edge cases: ρ = 0 and 1 are exact.
public struct Binomial: Sendable {
  /// n.
  public let trials: Double
  /// ρ.
  public let probability: Double

  /// The distribution of n trials with probability ρ.
  public init(trials: Double, probability: Double) {
    self.trials = trials
    self.probability = probability
  }

  /// log p(k).
  public func logProbability(_ k: Double) -> Double {
    let failures = trials - k
    let other = failures == 0 ? 0 : failures * Double.log(onePlus: -probability)
    return logBinomial(trials, k) + xLogY(k, probability) + other
  }

  /// ∂ log p(k) / ∂ρ = k/ρ − (n − k)/(1 − ρ).
  public func derivative(_ k: Double) -> Double {
    (k == 0 ? 0 : k / probability) - (k == trials ? 0 : (trials - k) / (1 - probability))
  }
}
