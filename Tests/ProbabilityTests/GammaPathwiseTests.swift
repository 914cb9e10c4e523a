import Probability
import TestSupport
import Testing

@Suite struct GammaPathwiseTests {
  /// The quantile at a fixed probability moves with the shape as the pathwise derivative says.
  @Test func pathwiseDerivativesFollowTheQuantile() {
    withEvery([0.05, 0.6, 1, 4.2, 90, 1200, 1e5], [1e-4, 0.05, 0.3, 0.6, 0.95, 1 - 1e-6]) {
      shape, p in
      let score = normalQuantile(p)
      func quantile(_ shape: Double) -> Double { gammaQuantile(normalScore: score, shape: shape) }
      let x = quantile(shape)
      guard x > 1e-250 else { return }
      let h = 1e-3 * shape
      func quotient(_ h: Double) -> Double {
        (quantile(shape + h) - quantile(shape - h)) / (2 * h)
      }
      let expected = (4 * quotient(h / 2) - quotient(h)) / 3
      let derivative = gammaPathwiseDerivative(x, shape: shape)
      #expect(derivative.isClose(to: expected, Tolerance(relative: 1e-5)), "\(shape) \(p)")
    }
  }

  /// Just below 1000 by the series, from there on by the expansion.
  @Test func pathwiseDerivativesJoinWhereTheirMethodChanges() {
    for z in [-7.5, -3, -0.4, 0.2, 2.5, 7] {
      // The same quantile, to first order, of the two shapes.
      let below = (1000.0).nextDown
      let x = 1000 + (1000.0).squareRoot() * z
      let (series, expansion) = (
        gammaPathwiseDerivative(x, shape: below), gammaPathwiseDerivative(x, shape: 1000)
      )
      #expect(expansion.isClose(to: series, Tolerance(relative: 3e-8)), "\(z)")
      #expect(expansion != series)
    }
  }
}
