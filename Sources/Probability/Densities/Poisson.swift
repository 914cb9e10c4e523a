import RealModule

/// The Poisson distribution: log p(k) = k log m − m − log k!.
///
/// Edge cases: m = 0 gives 0 for k = 0 and −∞ otherwise.
public struct Poisson: Sendable {
  /// m.
  public let mean: Double

  /// The distribution with this mean.
  public init(mean: Double) { self.mean = mean }

  /// log p(k).
  public func logProbability(_ k: Double) -> Double {
    xLogY(k, mean) - mean - logFactorial(k)
  }

  /// ∂ log p(k) / ∂m = k/m − 1.
  public func derivative(_ k: Double) -> Double {
    k == 0 ? -1 : k / mean - 1
  }
}
