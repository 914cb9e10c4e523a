import Metrics
import TestSupport
import Testing

struct BetaScoresTests {
  @Test(
    arguments: [
      (1.0, 1e6, 1.5, 1e6), (1, 1e6, 1, 2e6), (1, 1e6, 30, 1e6), (1, 5e7, 1.001, 5e7),
      (50, 1e6, 60, 1.3e6), (2000, 1e6, 2300, 1.1e6), (3e4, 1e6, 3.1e4, 1e6), (4e4, 1e6, 20, 1e6),
      (0.3, 1e6, 5, 2e6), (4, 96, 2, 98), (1.2, 40, 1.7, 39),
    ] as [(Double, Double, Double, Double)])
  func distancesAgreeWithQuadrature(_ a1: Double, _ b1: Double, _ a2: Double, _ b2: Double) {
    let expected = betaWassersteinDistance((a1, b1), (a2, b2))
    let found = BetaScores(a1, b1).squaredDistance(to: BetaScores(a2, b2)).squareRoot()
    #expect(abs(found / expected - 1) < 1e-6, "\(found) against \(expected)")
  }

  @Test func sparsePosteriorsKeepFourDigits() {
    for (first, second) in [
      ((0.25, 1e5), (0.5, 1e5)), ((0.05, 1e5), (1.0, 1e5)), ((0.02, 1e4), (0.1, 1e4)),
    ] {
      let expected = betaWassersteinDistance(first, second)
      let found = BetaScores(first.0, first.1).squaredDistance(to: BetaScores(second.0, second.1))
      #expect(abs(found.squareRoot() / expected - 1) < 2e-3, "\(first), \(second)")
    }
  }

  @Test func largeSharesGoByNewtonsMethod() {
    let expected = betaWassersteinDistance((2, 5), (3, 3))
    let found = BetaScores(2, 5).squaredDistance(to: BetaScores(3, 3)).squareRoot()
    #expect(abs(found / expected - 1) < 1e-9)
  }
}
