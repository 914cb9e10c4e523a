import Foundation
import Optimization
import Testing

@Suite struct SquaredExtrapolationTests {
  /// A linear iteration with two rates, one of them slow; the limit is 0.
  private func round(_ point: [Double]) -> [Double] { [0.999 * point[0], 0.5 * point[1]] }

  @Test func aSlowIterationArrivesInAFractionOfTheRounds() {
    var extrapolation = SquaredExtrapolation()
    var point = [1.0, 1.0]
    var rounds = 0
    var best = Double.infinity
    var fallback: [Double]?
    while point[0].magnitude + point[1].magnitude > 1e-6, rounds < 20_000 {
      let distance = point[0].magnitude + point[1].magnitude
      if let previous = fallback, distance > best {
        point = previous
        extrapolation.refuse()
      }
      best = point[0].magnitude + point[1].magnitude
      fallback = nil
      point = round(point)
      rounds += 1
      if let proposal = extrapolation.proposal(after: point) {
        fallback = point
        point = proposal
      }
    }
    // Without extrapolation: log(10⁻⁶) / log(0.999) = 13 809 rounds.
    #expect(rounds < 600, "\(rounds)")
  }

  @Test func aPointThatDoesNotMoveIsNotExtrapolated() {
    var extrapolation = SquaredExtrapolation()
    for _ in 0..<10 { #expect(extrapolation.proposal(after: [1, 2]) == nil) }
  }
}
