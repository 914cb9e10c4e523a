import Foundation
import Probability
import TestSupport
import Testing

private struct Grids: Decodable {
  let values: [String: [[Double]]]
}

/// The largest error on a grid in units of tolerance · max(|expected|, floor), and where it is.
private func worst(
  _ name: String, floor: Double = 0, _ function: ([Double]) -> Double
) throws -> (error: Double, at: [Double]) {
  let grids = try Reference.json("Probability/special-functions.json", as: Grids.self)
  let rows = try #require(grids.values[name])
  #expect(rows.count >= 8)
  var result = (error: 0.0, at: [Double]())
  for row in rows {
    let expected = row[row.count - 1]
    let value = function(row)
    let error =
      value == expected
      ? 0 : abs(value - expected) / max(abs(expected), floor, Double.leastNormalMagnitude)
    if !(error <= result.error) { result = (error, row + [value]) }
  }
  return result
}

/// 8 units in the last place.
private let exact = Tolerance.specialFunction.relative
private let solved = Tolerance.solvedFunction.relative

@Suite struct SpecialFunctionTests {
  /// Near the roots of log Γ, ψ and their differences the error is measured against 1.
  @Test func gammaFamilyIsExactOnTheGrid() throws {
    let digammaWorst = try worst("digamma", floor: 1) { digamma($0[0]) }
    #expect(digammaWorst.error <= exact, "\(digammaWorst)")
    let trigammaWorst = try worst("trigamma") { trigamma($0[0]) }
    #expect(trigammaWorst.error <= exact, "\(trigammaWorst)")
    let logGammaWorst = try worst("logGamma", floor: 1) { logGamma($0[0]) }
    #expect(logGammaWorst.error <= exact, "\(logGammaWorst)")
    let difference = try worst("logGammaDifference", floor: 1) {
      logGammaDifference($0[0], plus: $0[1])
    }
    #expect(difference.error <= exact, "\(difference)")
    let betaWorst = try worst("logBeta", floor: 1) { logBeta($0[0], $0[1]) }
    #expect(betaWorst.error <= 2 * exact, "\(betaWorst)")
    let binomialWorst = try worst("logBinomial", floor: 1) { logBinomial($0[0], $0[1]) }
    #expect(binomialWorst.error <= 2 * exact, "\(binomialWorst)")
  }

  @Test func normalFamilyIsExactOnTheGrid() throws {
    // erfc is evaluated at x/√2, whose rounding costs x² units: 722 at −38
    let cdf = try worst("normalCDF") { normalCDF($0[0]) }
    #expect(cdf.error <= solved, "\(cdf)")
    let logCDF = try worst("normalLogCDF") { normalLogCDF($0[0]) }
    #expect(logCDF.error <= 4 * exact, "\(logCDF)")
    let quantile = try worst("normalQuantile", floor: 0.2) { normalQuantile($0[0]) }
    #expect(quantile.error <= exact, "\(quantile)")
  }

  /// Logarithms of probabilities: an absolute error of the logarithm is the probability's relative error.
  @Test func incompleteFunctionsAreAccurateInBothTails() throws {
    let lower = try worst("logGammaLower", floor: 1) { IncompleteGamma($0[0], $0[1]).logLower }
    #expect(lower.error <= solved, "\(lower)")
    let upper = try worst("logGammaUpper", floor: 1) { IncompleteGamma($0[0], $0[1]).logUpper }
    #expect(upper.error <= solved, "\(upper)")
    let beta = try worst("logBetaLower", floor: 1) { IncompleteBeta($0[0], $0[1], $0[2]).logLower }
    #expect(beta.error <= solved, "\(beta)")
  }

  @Test func testTailsAreAccurateWherePValuesUnderflow() throws {
    let student = try worst("studentTLogTwoSided", floor: 1) {
      studentTLogTwoSided($0[0], degreesOfFreedom: $0[1])
    }
    #expect(student.error <= solved, "\(student)")
    let fisher = try worst("fisherFLogUpper", floor: 1) { fisherFLogUpper($0[0], $0[1], $0[2]) }
    #expect(fisher.error <= solved, "\(fisher)")
  }

  @Test func logarithmsOfSumsKeepTheirDigits() throws {
    let complement = try worst("log1mExp") { log1mExp($0[0]) }
    #expect(complement.error <= exact, "\(complement)")
    let softplus = try worst("log1pExp") { log1pExp($0[0]) }
    #expect(softplus.error <= exact, "\(softplus)")
    let logistic = try worst("sigmoid") { sigmoid($0[0]) }
    #expect(logistic.error <= exact, "\(logistic)")
    for y in [1e-12, 0.3, 1, 40, 900] {
      #expect(log1pExp(inverseSoftplus(y)).isClose(to: y, Tolerance(relative: 1e-14)))
    }
  }

  @Test func quantilesInvertTheirDistributionFunctions() {
    let probabilities = [1e-200, 1e-30, 1e-6, 0.01, 0.3, 0.5, 0.77, 0.999, 1 - 1e-12]
    withEvery([0.01, 0.4, 1, 2.7, 40, 3000, 1e6], probabilities) { a, p in
      let x = gammaQuantile(normalScore: normalQuantile(p), shape: a)
      let value = IncompleteGamma(a, x)
      // below the smallest number nothing can be resolved
      if x > 1e-300 {
        #expect(
          exp(value.logLower).isClose(to: p, Tolerance(relative: 1e-9)), "a \(a) p \(p) x \(x)")
      }
    }
    withEvery([0.02, 0.5, 1, 3.3, 70, 1e5], [0.04, 0.9, 5, 200, 1e6], probabilities) { a, b, p in
      let (x, y) = betaQuantile(p, a, b)
      let value = IncompleteBeta(a, b, x, complement: y)
      if x > 1e-300, y > 1e-300 {
        #expect(
          exp(value.logLower).isClose(to: p, Tolerance(relative: 1e-9)), "\(a) \(b) \(p): \(x)")
        #expect(
          exp(value.logUpper).isClose(to: 1 - p, Tolerance(relative: 1e-9)), "\(a) \(b) \(p): \(x)")
      }
    }
    #expect(betaQuantile(1, 2, 3) == (1, 0))
  }

  @Test func argumentsOutsideTheDomainGiveNaN() {
    #expect(digamma(-3).isNaN)
    #expect(trigamma(-1).isNaN)
    #expect(normalQuantile(1.5).isNaN)
    #expect(IncompleteGamma(-1, 2).logLower.isNaN)
    #expect(IncompleteBeta(1, 0, 0.5).logLower.isNaN)
    #expect(studentTLogTwoSided(1, degreesOfFreedom: 0).isNaN)
  }

  @Test func functionsAreContinuousAcrossTheirBranches() {
    for edge in [1.0, 9, 10, 12] {
      let (below, above) = (edge.nextDown, edge.nextUp)
      #expect(digamma(below).isClose(to: digamma(above), Tolerance(relative: 1e-14)))
      #expect(trigamma(below).isClose(to: trigamma(above), Tolerance(relative: 1e-14)))
      #expect(logBeta(below, 30).isClose(to: logBeta(above, 30), Tolerance(relative: 1e-14)))
      #expect(
        logGammaDifference(3.3, plus: below).isClose(
          to: logGammaDifference(3.3, plus: above), Tolerance(relative: 1e-14)))
    }
    #expect(
      normalLogCDF((-20.0).nextDown).isClose(to: normalLogCDF((-20.0).nextUp), .specialFunction))
  }
}
