/// Early stopping by patience: stop when the loss has not improved for a number of checks.
///
/// An improvement is loss < best − max(absolute, relative · |best|). NaN never improves.
public struct Patience: Codable, Sendable, Equatable {
  /// Checks without improvement that end the run.
  public let limit: Int
  /// The least relative improvement.
  public let relative: Double
  /// The least absolute improvement.
  public let absolute: Double
  /// The least loss so far.
  public private(set) var best = Double.infinity
  /// The check at which it occurred, from 0; `nil` before the first finite loss.
  public private(set) var bestCheck: Int?
  private var checkCount = 0

  /// A rule.
  ///
  /// - Precondition: limit ≥ 1.
  public init(limit: Int, relative: Double = 0, absolute: Double = 0) {
    precondition(limit >= 1 && relative >= 0 && absolute >= 0)
    self.limit = limit
    self.relative = relative
    self.absolute = absolute
  }

  /// Takes note of a loss, and says whether to stop.
  public mutating func shouldStop(loss: Double) -> Bool {
    let check = checkCount
    checkCount += 1
    let least = best.isFinite ? max(absolute, relative * abs(best)) : 0
    if loss < best - least {
      best = loss
      bestCheck = check
      return false
    }
    return check - (bestCheck ?? -1) >= limit
  }
}
