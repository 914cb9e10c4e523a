import Optimization
import Testing

@Suite struct AndersonMixingTests {
  /// A linear iteration with rates from slow to fast; the limit is 0.
  private let rates = [0.999, 0.99, 0.9, 0.5]

  private func distance(_ point: [Double]) -> Double {
    point.reduce(0) { $0 + $1.magnitude }
  }

  @Test func aSlowIterationArrivesInAFewRounds() {
    var mixing = AndersonMixing()
    var point = [1.0, 1, 1, 1]
    var rounds = 0
    while distance(point) > 1e-6, rounds < 20_000 {
      let next = zip(rates, point).map { $0 * $1 }
      rounds += 1
      point = mixing.proposal(after: next) ?? next
    }
    // Without mixing: log(10⁻⁶) / log(0.999) = 13 809 rounds.
    #expect(rounds < 30, "\(rounds)")
  }

  @Test func aRefusalGoesOnFromTheRoundsOwnResult() {
    var mixing = AndersonMixing()
    var point = [1.0, 1, 1, 1]
    func round() -> [Double] { zip(rates, point).map { $0 * $1 } }
    var proposals = 0
    for _ in 0..<200 {
      let next = round()
      if mixing.proposal(after: next) != nil {
        proposals += 1
        mixing.refuse()
      }
      point = next
    }
    #expect(proposals > 50)
    // Only plain rounds have been taken.
    #expect((point[0] - rates[0].power(200)).magnitude < 1e-12)
  }

  @Test func aPointThatDoesNotMoveIsLeftAlone() {
    var mixing = AndersonMixing()
    for _ in 0..<10 { #expect(mixing.proposal(after: [1, 2]) == nil) }
  }
}

extension Double {
  fileprivate func power(_ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * self }
  }
}
