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
      let p = studentTTwoSided(
        test.statistic, degreesOfFreedom: Double(association.degreesOfFreedom))
      #expect(p.isClose(to: row[5], Tolerance(relative: 1e-8)))
      if (11..<14).contains(gene) {
        #expect(part[gene - 11, snp].isClose(to: correlations[gene, snp], .metric))
      }
      pValues.append(row[5])
    }
    let adjusted = MultipleTesting.benjaminiHochberg(pValues)
    #expect(adjusted.areClose(to: rows.map { $0[6] }, .metric))
    #expect(MultipleTesting.bonferroni(pValues).areClose(to: rows.map { $0[7] }, .metric))
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

  @Test func adjustedPValuesAreStatsmodels() throws {
    let rows = try Reference.numbers("Association/adjust.tsv", headerCount: 1)
    let p = rows.map { $0[0] }
    #expect(MultipleTesting.benjaminiHochberg(p).areClose(to: rows.map { $0[1] }, .metric))
    #expect(MultipleTesting.benjaminiYekutieli(p).areClose(to: rows.map { $0[2] }, .metric))
    #expect(MultipleTesting.bonferroni(p).areClose(to: rows.map { $0[3] }, .metric))
    #expect(MultipleTesting.holm(p).areClose(to: rows.map { $0[4] }, .metric))
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
      let result = KendallTau(
        values[try #require(Int(row[1]))], values[try #require(Int(row[2]))])
      #expect(result.tau.isClose(to: try #require(Double(row[3])), .metric), "\(row)")
      #expect(result.pValue.isClose(to: try #require(Double(row[4])), .metric), "\(row)")
    }
  }

  /// All 24 orders of four numbers, counted by hand: 1, 3, 5, 6, 5, 3, 1 have 0, 1, … 6 inversions.
  @Test func exactKendallPValuesCountPermutations() {
    #expect(KendallTau([1, 2, 3, 4], [1, 2, 3, 4]).pValue.isClose(to: 2.0 / 24, .metric))
    #expect(KendallTau([1, 2, 3, 4], [1, 2, 4, 3]).pValue.isClose(to: 8.0 / 24, .metric))
    #expect(KendallTau([1, 2, 3, 4], [4, 3, 2, 1]).tau == -1)
    #expect(KendallTau([1, 1, 1], [1, 2, 3]).tau.isNaN)
  }

  @Test(arguments: [2, 3, 9, 200]) func preparedListsHaveTheSameTau(_ count: Int) {
    var stream = RandomSource(seed: 8).stream("lists")
    let lists = (0..<8).map { list in
      // Some with many equal numbers, one constant.
      (0..<count).map { _ in
        list == 7 ? 1 : list % 2 == 0 ? stream.normal() : Double(stream.integer(below: 4))
      }
    }
    let ranks = lists.map { KendallRanks($0) }
    for first in lists.indices {
      for second in lists.indices {
        let (found, expected) = (
          ranks[first].tau(ranks[second]), KendallTau(lists[first], lists[second]).tau
        )
        #expect(found == expected || found.isNaN && expected.isNaN, "\(first), \(second)")
      }
    }
  }

  @Test func correlationsOfRanksIgnoreScale() {
    #expect(averageRanks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
    #expect(spearmanCorrelation([1, 2, 3], [1, 8, 1000]) == 1)
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
      guard max(row[0], row[1]) >= 0.5, max(row[2], row[3]) >= 0.5 else { continue }
      let quick = BetaQuantiles(row[0], row[1])
        .squaredDistance(to: BetaQuantiles(row[2], row[3])).squareRoot()
      #expect(quick.isClose(to: row[5], Tolerance(relative: 1e-6, absolute: 1e-6)), "\(row)")
    }
    #expect(betaWassersteinDistance((3, 4), (3, 4)) == 0)
  }
}
