/// Stopping by the change between the means of two neighbouring windows of a noisy loss.
///
///     Δ = (mean of the older window − mean of the newer window) / D ≤ tolerance   ⇒ stop
///
/// Looked at every `interval` steps once more than `minimum` steps are done. A rising loss stops too, as in
/// the published rule; with a negative loss and D < 0 likewise, so D is taken as its size.
/// Source: A. D. F. Gewirtz, F. W. Townes, B. E. Engelhardt, Telescoping bimodal latent Dirichlet
/// allocation, 2022, section 2 (the older window as D); gewirtz/TBLDA@c2586c7 (both windows as D).
public struct WindowedChange: Codable, Sendable, Equatable {
  /// What the change is measured against.
  public enum Denominator: String, Codable, Sendable {
    /// The mean over both windows, as in the published code.
    case bothWindows = "both-windows"
    /// The mean over the older window, as in the paper.
    case olderWindow = "older-window"
  }

  /// Losses in a window.
  public let window: Int
  /// Steps between two looks.
  public let interval: Int
  /// Steps before the first look.
  public let minimum: Int
  /// The largest relative decrease that stops.
  public let tolerance: Double
  /// What the change is measured against.
  public let denominator: Denominator
  private var recent: [Double] = []
  private var stepCount = 0

  /// A rule; the published one is the default.
  ///
  /// - Precondition: window ≥ 1, interval ≥ 1.
  public init(
    window: Int = 1000, interval: Int = 25, minimum: Int = 5000, tolerance: Double = 1e-4,
    denominator: Denominator = .bothWindows
  ) {
    precondition(window >= 1 && interval >= 1)
    self.window = window
    self.interval = interval
    self.minimum = minimum
    self.tolerance = tolerance
    self.denominator = denominator
  }

  /// Takes note of a step's loss, and says whether to stop. NaN never stops: that is for the caller.
  public mutating func shouldStop(loss: Double) -> Bool {
    if recent.count < 2 * window {
      recent.append(loss)
    } else {
      recent[stepCount % (2 * window)] = loss
    }
    stepCount += 1
    guard stepCount > minimum, stepCount % interval == 0, recent.count == 2 * window else {
      return false
    }
    // the ring's oldest entry lies at stepCount mod 2·window
    var (older, newer) = (0.0, 0.0)
    for age in 0..<window {
      older += recent[(stepCount + age) % (2 * window)]
      newer += recent[(stepCount + window + age) % (2 * window)]
    }
    older /= Double(window)
    newer /= Double(window)
    let scale = denominator == .olderWindow ? older : 0.5 * (older + newer)
    return (older - newer) / abs(scale) <= tolerance
  }
}
