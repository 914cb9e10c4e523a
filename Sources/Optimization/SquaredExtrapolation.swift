import RealModule

/// Squared extrapolation of a slow iteration θ ← F(θ), such as EM (SQUAREM, third scheme).
///
///     r = F(θ) − θ,   v = F(F(θ)) − F(θ) − r,   α = ‖r‖ / ‖v‖,   θ′ = θ + 2 α r + α² v
///
/// α = 1 is F(F(θ)) itself. α is bounded; the bound grows while proposals are good and shrinks with every
/// refusal. Judging a proposal is the caller's: F alone says nothing about the objective.
///
/// Source: R. Varadhan, C. Roland, Simple and globally convergent methods for accelerating the convergence of
/// any EM algorithm, Scandinavian Journal of Statistics 35:335–353, 2008, doi:10.1111/j.1467-9469.2007.00585.x.
public struct SquaredExtrapolation: Codable, Sendable {
  /// The factor by which the bound of α grows and shrinks.
  private static let growth = 4.0

  private var points: [[Double]] = []
  private var refused: [[Double]] = []
  private var longest = 1.0
  private var hasReachedLongest = false

  /// Without any point.
  public init() {}

  /// Takes in the point after a round of the iteration.
  ///
  /// - Returns: after every second round where to go instead; nil to go on from the point itself.
  public mutating func proposal(after point: [Double]) -> [Double]? {
    points.append(point)
    guard points.count == 3 else { return nil }
    let (start, middle, end) = (points[0], points[1], points[2])
    points = [end]
    refused = []
    var first = 0.0
    var second = 0.0
    for index in end.indices {
      let r = middle[index] - start[index]
      let v = end[index] - middle[index] - r
      first += r * r
      second += v * v
    }
    let ratio = (first / second).squareRoot()
    guard ratio > 1, ratio < .infinity else { return nil }
    hasReachedLongest = ratio >= longest
    let length = min(ratio, longest)
    // The bound grows at once: a refusal takes it back.
    if hasReachedLongest { longest *= Self.growth }
    guard length > 1 else { return nil }
    let result = end.indices.map { index in
      let r = middle[index] - start[index]
      let v = end[index] - middle[index] - r
      return start[index] + length * (2 * r + length * v)
    }
    guard result.allSatisfy(\.isFinite) else { return nil }
    points = [result]
    refused = [end]
    return result
  }

  /// The last proposal was no gain: the iteration goes on from the point before it.
  public mutating func refuse() {
    points = refused
    if hasReachedLongest { longest = max(1, longest / (Self.growth * Self.growth)) }
  }
}
