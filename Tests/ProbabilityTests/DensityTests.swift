import Foundation
import Probability
import TestSupport
import Testing

private struct Grids: Decodable {
  let values: [String: [[Double]]]
}

@Suite struct DensityTests {
  /// The largest error on a grid, measured against max(|value|, 1, the largest argument's rounding).
  private func expectGrid(
    _ name: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ density: ([Double]) -> Double
  ) throws {
    let grids = try Reference.json("Probability/densities.json", as: Grids.self)
    let rows = try #require(grids.values[name], sourceLocation: sourceLocation)
    for row in rows {
      let value = density(row)
      let expected = row[row.count - 1]
      // terms up to the largest argument times its logarithm cancel
      let largest = row.dropLast().reduce(1) { max($0, min(abs($1), 1e5)) }
      let tolerance = Tolerance(
        relative: 4 * Tolerance.specialFunction.relative,
        absolute: 4 * Tolerance.specialFunction.relative * largest)
      #expect(value.isClose(to: expected, tolerance), "\(row)", sourceLocation: sourceLocation)
    }
  }

  @Test func logDensitiesAreExactOnTheirGrids() throws {
    try expectGrid("poisson") { Poisson(mean: $0[1]).logProbability($0[0]) }
    try expectGrid("negativeBinomial") {
      NegativeBinomial(mean: $0[1], dispersion: $0[2]).logProbability($0[0])
    }
    try expectGrid("zeroInflated") {
      ZeroInflatedNegativeBinomial(mean: $0[1], dispersion: $0[2], dropoutLogit: $0[3])
        .logProbability($0[0])
    }
    try expectGrid("bernoulli") { Bernoulli(logit: $0[1]).logProbability($0[0]) }
    try expectGrid("binomial") {
      Binomial(trials: $0[1], probability: $0[2]).logProbability($0[0])
    }
    try expectGrid("logNormal") {
      LogNormal(logMean: $0[1], logDeviation: $0[2]).logDensity($0[0])
    }
    try expectGrid("normal") { Normal(mean: $0[1], standardDeviation: $0[2]).logDensity($0[0]) }
    try expectGrid("gamma") { GammaDistribution(shape: $0[1], rate: $0[2]).logDensity($0[0]) }
    try expectGrid("beta") { BetaDistribution($0[1], $0[2]).logDensity($0[0]) }
  }

  @Test func divergencesAreExactOnTheirGrids() throws {
    try expectGrid("gammaDivergence") {
      GammaDistribution(shape: $0[0], rate: $0[1])
        .divergence(from: GammaDistribution(shape: $0[2], rate: $0[3]))
    }
    try expectGrid("betaDivergence") {
      BetaDistribution($0[0], $0[1]).divergence(from: BetaDistribution($0[2], $0[3]))
    }
    try expectGrid("normalDivergence") {
      Normal(mean: $0[0], standardDeviation: $0[1])
        .divergence(from: Normal(mean: $0[2], standardDeviation: $0[3]))
    }
    let dirichlet = Dirichlet([2, 1, 3])
    #expect(dirichlet.divergence(from: Dirichlet([1, 1, 1])).isClose(to: 0.5511973817, .golden))
    #expect(dirichlet.divergence(from: dirichlet) == 0)
  }

  /// The specification's figures, which hold the reference's ε = 10⁻¹⁰ inside the logarithms: to first order
  /// it adds k ε (r + m)/m − (k + r) ε/(r + m).
  @Test func negativeBinomialsAreTheSpecifications() {
    let rows: [(Double, Double, Double, Double)] = [
      (3, 2.5, 2, -1.9989260656), (0, 1e-3, 2, -0.00099975018), (1000, 800, 50, -7.1657508618),
    ]
    for (k, mean, dispersion, expected) in rows {
      let value = NegativeBinomial(mean: mean, dispersion: dispersion).logProbability(k)
      let total = dispersion + mean
      let shift = 1e-10 * (k * total / mean - (k + dispersion) / total)
      #expect((value + shift).isClose(to: expected, .golden))
    }
  }

  @Test func derivativesAgreeWithDifferences() {
    withEvery([0.0, 1, 5, 200], [0.05, 3, 150], [0.4, 2, 90]) { k, mean, dispersion in
      // in log m and log r
      let start = [log(mean), log(dispersion)]
      let plain = NegativeBinomial(mean: mean, dispersion: dispersion).derivatives(k)
      let gradient = [mean * plain.byMean, dispersion * plain.byDispersion]
      let check = GradientCheck(at: start, gradient: gradient) {
        NegativeBinomial(mean: exp($0[0]), dispersion: exp($0[1])).logProbability(k)
      }
      #expect(check.passes(), "\(k) \(mean) \(dispersion): \(check)")
      for logit in [-3.0, 0, 4] {
        let inflated = ZeroInflatedNegativeBinomial(
          mean: mean, dispersion: dispersion, dropoutLogit: logit
        ).derivatives(k)
        let check = GradientCheck(
          at: start + [logit],
          gradient: [
            mean * inflated.byMean, dispersion * inflated.byDispersion, inflated.byDropoutLogit,
          ]
        ) {
          ZeroInflatedNegativeBinomial(
            mean: exp($0[0]), dispersion: exp($0[1]), dropoutLogit: $0[2]
          ).logProbability(k)
        }
        #expect(check.passes(), "\(k) \(mean) \(dispersion) \(logit): \(check)")
      }
    }
    func expect(_ point: Double, _ slope: Double, _ f: @escaping (Double) -> Double) {
      let check = GradientCheck(at: [point], gradient: [slope], step: 1e-3 * point) { f($0[0]) }
      #expect(check.passes(), "\(check)")
    }
    expect(2.5, Poisson(mean: 2.5).derivative(4)) { Poisson(mean: $0).logProbability(4) }
    expect(1.5, Bernoulli(logit: 1.5).derivative(0.3)) { Bernoulli(logit: $0).logProbability(0.3) }
    expect(0.3, Binomial(trials: 7, probability: 0.3).derivative(2)) {
      Binomial(trials: 7, probability: $0).logProbability(2)
    }
    expect(0.7, GammaDistribution(shape: 2.5, rate: 3).derivative(0.7)) {
      GammaDistribution(shape: 2.5, rate: 3).logDensity($0)
    }
    expect(0.7, BetaDistribution(2.5, 3).derivative(0.7)) {
      BetaDistribution(2.5, 3).logDensity($0)
    }
    expect(0.7, LogNormal(logMean: 1, logDeviation: 2).derivative(0.7)) {
      LogNormal(logMean: 1, logDeviation: 2).logDensity($0)
    }
    let normal = Normal(mean: 1, standardDeviation: 2).derivatives(4)
    expect(4, normal.byX) { Normal(mean: 1, standardDeviation: 2).logDensity($0) }
    expect(1, normal.byMean) { Normal(mean: $0, standardDeviation: 2).logDensity(4) }
    expect(2, normal.byLogDeviation / 2) { Normal(mean: 1, standardDeviation: $0).logDensity(4) }
  }

  @Test func edgesOfTheDomainsAreExact() {
    #expect(Poisson(mean: 0).logProbability(0) == 0)
    #expect(Poisson(mean: 0).logProbability(2) == -.infinity)
    #expect(NegativeBinomial(mean: 0, dispersion: 3).logProbability(0) == 0)
    #expect(NegativeBinomial(mean: 0, dispersion: 3).logProbability(1) == -.infinity)
    #expect(NegativeBinomial(mean: 0, dispersion: 3).derivatives(0).byMean == -1)
    #expect(Binomial(trials: 2, probability: 0).logProbability(0) == 0)
    #expect(Binomial(trials: 2, probability: 1).logProbability(2) == 0)
    #expect(BetaDistribution(1, 1).logDensity(0) == 0)
    #expect(Dirichlet([1, 1]).logDensity([0, 1]) == 0)
    #expect(
      GammaDistribution(shape: 1, rate: 2).logDensity(0).isClose(
        to: 0.69314718055994530942, .specialFunction))
  }

  @Test func expectedLogarithmsAreTheSlopesOfTheNormaliser() {
    let dirichlet = Dirichlet([0.3, 2, 7])
    let check = GradientCheck(
      at: dirichlet.concentration, gradient: dirichlet.expectedLogarithms, step: 1e-4
    ) { alpha in alpha.reduce(-logGamma(alpha.reduce(0, +))) { $0 + logGamma($1) } }
    #expect(check.passes(), "\(check)")
    let beta = BetaDistribution(2, 7).expectedLogarithms
    let pair = Dirichlet([2, 7]).expectedLogarithms
    #expect([beta.x, beta.complement] == pair)
  }

  /// The quantile at a fixed probability moves with the shape as the pathwise derivative says.
  @Test func pathwiseDerivativesFollowTheQuantile() {
    withEvery([0.05, 0.6, 1, 4.2, 90, 1200, 1e5], [1e-4, 0.05, 0.3, 0.6, 0.95, 1 - 1e-6]) {
      shape, p in
      let x = gammaQuantile(p, shape: shape)
      guard x > 1e-250 else { return }
      let h = 1e-3 * shape
      func quotient(_ h: Double) -> Double {
        (gammaQuantile(p, shape: shape + h) - gammaQuantile(p, shape: shape - h)) / (2 * h)
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
