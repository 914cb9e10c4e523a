/// Stopping when the mean of a noisy objective over a window of steps no longer rises.
///
///     mean of a window − mean of the one before ≤ tolerance · max(1, |mean|)   ⇒ stop
///
/// Windows follow one another without overlap; the objective is one that rises, such as estimates of a bound by draws.
public struct WindowedMean: Codable, Sendable, Equatable {
  /// The number of steps of a window.
  public static let length = 200

  /// The mean over the last window that has ended; nil before the first has.
  public private(set) var mean: Double?
  private var sum = 0.0
  private var count = 0

  /// A rule that has seen no step.
  public init() {}

  /// Takes in a step's objective; why to end, if anything.
  ///
  /// - Parameters:
  ///   - isLast: whether no step may follow: then the window ends here, and the fit with `stepLimit`.
  ///   - tolerance: the relative rise between two whole windows that ends a fit with `objectiveTolerance`.
  public mutating func ending(
    after objective: Double, isLast: Bool, tolerance: Double
  ) -> Termination? {
    sum += objective
    count += 1
    let isWhole = count == Self.length
    guard isWhole || isLast else { return nil }
    let (before, now) = (mean, sum / Double(count))
    (mean, sum, count) = (now, 0, 0)
    if let before, isWhole, now - before <= tolerance * max(1, now.magnitude) {
      return .objectiveTolerance
    }
    return isLast ? .stepLimit : nil
  }
}
