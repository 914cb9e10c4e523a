import Foundation
import LinearAlgebra
import Metrics
import Probability
import TestSupport
import Testing

private struct Figures: Decodable {
  struct Fisher: Decodable {
    let table: [Int]
    let alternative: String
    let odds_ratio, p: Double
  }
  let df_residual: Int
  let fisher: [Fisher]
}

@Suite struct AssociationTests {
  /// statsmodels' ordinary least squares, every pair.
  @Test func linearTestsAreThoseOfOrdinaryLeastSquares() throws {
    let association = try LinearAssociation(
      responses: Matrix(rows: try Reference.numbers("Association/expression.tsv")),
      predictors: Matrix(rows: try Reference.numbers("Association/dosage.tsv")),
      covariates: Matrix(rows: try Reference.numbers("Association/covariates.tsv")))
    let figures = try Reference.json("Association/fixture.json", as: Figures.self)
    #expect(association.degreesOfFreedom == figures.df_residual)
    let correlations = association.correlations(responses: 0..<30)
    let part = association.correlations(responses: 11..<14)
    let rows = try Reference.numbers("Association/associations.tsv", headerCount: 1)
    #expect(rows.count == 1200)
    var pValues: [Double] = []
    for row in rows {
      let (gene, snp) = (Int(row[0]), Int(row[1]))
      let test = association.test(
        response: gene, predictor: snp, correlation: correlations[gene, snp])
      #expect(test.slope.isClose(to: row[2], .golden))
      #expect(test.standardError.isClose(to: row[3], .golden))
      #expect(test.statistic.isClose(to: row[4], .golden))
      #expect(exp(test.logPValue).isClose(to: row[5], Tolerance(relative: 1e-8)))
      if (11..<14).contains(gene) {
        #expect(part[gene - 11, snp].isClose(to: correlations[gene, snp], .metric))
      }
      pValues.append(row[5])
    }
    let adjusted = MultipleTesting.benjaminiHochberg(pValues)
    #expect(adjusted.areClose(to: rows.map { $0[6] }, .metric))
  }

  @Test func explainedResponsesHaveNoStatistic() throws {
    let covariate = [0.0, 1, 2, 3, 4, 7]
    let association = try LinearAssociation(
      responses: Matrix(rows: [covariate.map { 2 * $0 + 1 }, [1, 0, 4, 2, 1, 1]]),
      predictors: Matrix(rows: [[0, 1, 0, 2, 1, 1]]),
      covariates: Matrix(rowCount: 6, columnCount: 1, elements: covariate))
    let correlations = association.correlations(responses: 0..<2)
    #expect(correlations[0, 0].isNaN)
    #expect(correlations[1, 0].isFinite)
    #expect(throws: LinearAlgebraError.self) {
      try LinearAssociation(
        responses: Matrix(rows: [[1, 0, 4, 2, 1, 1]]),
        predictors: Matrix(rows: [[0, 1, 0, 2, 1, 1]]),
        covariates: Matrix(rowCount: 6, columnCount: 1, repeating: 3))
    }
  }

  /// Rounding takes the correlation of perfectly associated rows beyond ±1 in some of these.
  @Test(arguments: 0..<8)
  func perfectAssociationsHaveThePValueZero(seed: Int) throws {
    var stream = RandomSource(seed: UInt64(seed)).stream("dosages")
    let dosages = (0..<20).map { _ in (0..<31).map { _ in Double(stream.integer(below: 3)) } }
    let association = try LinearAssociation(
      responses: Matrix(
        rows: dosages.enumerated().map { index, row in
          row.map { index % 2 == 0 ? 0.3 * $0 + 0.1 : 7 - 1.7 * $0 }
        }),
      predictors: Matrix(rows: dosages),
      covariates: Matrix(rowCount: 31, columnCount: 0, elements: []))
    let correlations = association.correlations(responses: 0..<20)
    #expect(correlations.elements.allSatisfy { $0 >= -1 && $0 <= 1 })
    for index in 0..<20 {
      let test = association.test(
        response: index, predictor: index, correlation: correlations[index, index])
      #expect(test.logPValue < -400)
      #expect(test.slope.isClose(to: index % 2 == 0 ? 0.3 : -1.7, .golden))
      #expect(test.standardError.magnitude < 1e-6)
    }
  }

  /// All donors heterozygous: what is left of the row is rounding, and nothing to be tested.
  @Test func constantPredictorsHaveNoStatistic() throws {
    for value in [0.1, 1, 2, 1e6] {
      let association = try LinearAssociation(
        responses: Matrix(rows: [[1, 0, 4, 2, 1, 1, 3]]),
        predictors: Matrix(rows: [Array(repeating: value, count: 7), [0, 1, 0, 2, 1, 1, 0]]),
        covariates: Matrix(rowCount: 7, columnCount: 1, elements: [0.3, 1, 2, 3, 4, 7, 0.7]))
      let correlations = association.correlations(responses: 0..<1)
      #expect(correlations[0, 0].isNaN, "\(value)")
      #expect(correlations[0, 1].isFinite)
    }
  }

  @Test func uncorrelatedRowsHaveAStandardError() throws {
    let association = try LinearAssociation(
      responses: Matrix(rows: [[1, -1, 1, -1]]), predictors: Matrix(rows: [[1, 1, -1, -1]]),
      covariates: Matrix(rowCount: 4, columnCount: 0, elements: []))
    let test = association.test(response: 0, predictor: 0, correlation: 0)
    #expect(test.standardError.isClose(to: 1 / 2.0.squareRoot(), .golden))
  }

  @Test func noRateIsBelowItsPValue() {
    for count in 1...60 {
      let p = (1...count).map { Double($0) / 37 / Double(count) }
      #expect(zip(MultipleTesting.benjaminiHochberg(p), p).allSatisfy { $0 >= $1 })
      #expect(
        zip(MultipleTesting.logBenjaminiHochberg(p.map { log($0) }, testCount: count), p).allSatisfy
        { $0 >= log($1) })
    }
    #expect(
      MultipleTesting.logBenjaminiHochberg([-.infinity, -3, -.infinity], testCount: 9)
        .allSatisfy { !$0.isNaN })
  }

  @Test func adjustedPValuesAreStatsmodels() throws {
    let rows = try Reference.numbers("Association/adjust.tsv", headerCount: 1)
    let p = rows.map { $0[0] }
    #expect(MultipleTesting.benjaminiHochberg(p).areClose(to: rows.map { $0[1] }, .metric))
    #expect(MultipleTesting.benjaminiHochberg([0.01, .nan, 0.04])[0] == 0.02)
    #expect(MultipleTesting.benjaminiHochberg([]).isEmpty)
  }

  @Test func kendallsTauIsScipys() throws {
    let rows = try Reference.table("Association/kendall.tsv").dropFirst()
    let data = [
      "dosage": try Reference.numbers("Association/dosage.tsv"),
      "log2cpm": try Reference.numbers("Association/log2cpm.tsv"),
    ]
    #expect(rows.count >= 60)
    for row in rows {
      let values = try #require(data[row[0]] ?? data["log2cpm"])
      let first = KendallRanks(values[try #require(Int(row[1]))])
      let tau = first.tau(KendallRanks(values[try #require(Int(row[2]))]))
      #expect(tau.isClose(to: try #require(Double(row[3])), .metric), "\(row)")
    }
  }

  @Test(arguments: [2, 3, 9, 200]) func tauIsThatOfComparingEveryPair(_ count: Int) {
    var stream = RandomSource(seed: 8).stream("lists")
    let lists = (0..<8).map { list in
      // Some with many equal numbers, one constant.
      (0..<count).map { _ in
        list == 7 ? 1 : list % 2 == 0 ? stream.normal() : Double(stream.integer(below: 4))
      }
    }
    let ranks = lists.map { KendallRanks($0) }
    #expect(ranks[7].tau(ranks[0]).isNaN)
    for first in lists.indices {
      for second in lists.indices {
        let found = ranks[first].tau(ranks[second])
        let expected = tauByPairs(lists[first], lists[second])
        #expect(
          found.isClose(to: expected, .specialFunction) || found.isNaN && expected.isNaN,
          "\(first), \(second)")
      }
    }
  }

  /// (concordant − discordant) / √(pairs that differ in x · pairs that differ in y).
  private func tauByPairs(_ x: [Double], _ y: [Double]) -> Double {
    var (excess, first, second) = (0.0, 0.0, 0.0)
    for i in x.indices {
      for j in 0..<i {
        let (a, b) = (sign(x[i] - x[j]), sign(y[i] - y[j]))
        excess += a * b
        first += a * a
        second += b * b
      }
    }
    return excess / (first * second).squareRoot()
  }

  private func sign(_ x: Double) -> Double { x > 0 ? 1 : x < 0 ? -1 : 0 }

  @Test func correlationsOfRanksIgnoreScale() {
    #expect(averageRanks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
    #expect(pearsonCorrelation([1, 2, 3, 4], [1, 3, 2, 4]).isClose(to: 0.8, .metric))
    #expect(pearsonCorrelation([1, 1], [1, 2]).isNaN)
  }

  @Test func fishersTestIsScipys() throws {
    for row in try Reference.json("Association/fixture.json", as: Figures.self).fisher {
      let t = row.table
      let test = FisherExact(t[0], t[1], t[2], t[3])
      #expect(test.oddsRatio.isClose(to: row.odds_ratio, .metric))
      let p = row.alternative == "greater" ? test.greater : test.twoSided
      #expect(p.isClose(to: row.p, Tolerance(relative: 1e-9)), "\(t)")
    }
    let test = FisherExact(3, 3, 3, 3)
    #expect((test.greater + test.less).isClose(to: 1 + 400.0 / 924, .metric))
    #expect(FisherExact(0, 0, 2, 3).twoSided == 1)
  }

  /// scipy's adaptive quadrature.
  @Test func distancesOfBetaDistributionsAreThoseOfQuadrature() throws {
    let rows = try Reference.numbers("Association/wasserstein_beta.tsv", headerCount: 1)
    #expect(rows.count >= 10)
    for row in rows {
      let distance = betaWassersteinDistance((row[0], row[1]), (row[2], row[3]))
      #expect(distance.isClose(to: row[5], Tolerance(relative: 1e-6, absolute: 1e-8)), "\(row)")
    }
    #expect(betaWassersteinDistance((3, 4), (3, 4)) == 0)
  }
}
