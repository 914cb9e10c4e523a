import Concurrency
import Foundation
import LinearAlgebra
import Metrics
import Modeling
import Models
import Probability
import TestSupport
import Testing

@Suite struct EQTLMappingTests {
  private func golden() throws -> (association: LinearAssociation, rows: [[Double]]) {
    (
      try LinearAssociation(
        responses: Matrix(rows: try Reference.numbers("Association/expression.tsv")),
        predictors: Matrix(rows: try Reference.numbers("Association/dosage.tsv")),
        covariates: Matrix(rows: try Reference.numbers("Association/covariates.tsv"))),
      try Reference.numbers("Association/associations.tsv", headerCount: 1)
    )
  }

  /// statsmodels' tests of all 1 200 pairs, with the rates of Benjamini and Hochberg.
  @Test func allPairsHaveTheFiguresOfOrdinaryLeastSquares() throws {
    let (association, rows) = try golden()
    let mapping = EQTLMapping(association, families: Array(repeating: 0, count: 30))
    let result = mapping.run(rate: 1, on: Workers(threadCount: 2))
    #expect(result.testCounts == [1200] && result.discoveries.count == 1200)
    for found in result.discoveries {
      let row = rows[found.gene * 40 + found.variant]
      #expect(exp(found.logPValue).isClose(to: row[5], Tolerance(relative: 1e-8)))
      #expect(exp(found.logRate).isClose(to: row[6], Tolerance(relative: 1e-8)))
    }
    #expect(
      zip(result.discoveries, result.discoveries.dropFirst()).allSatisfy {
        $0.logPValue <= $1.logPValue
      })
  }

  /// The first pass must not lose a pair, nor change its rate.
  @Test(arguments: [0.52, 0.55, 0.7, 0.9])
  func discoveriesAreThoseOfAllTestsTogether(rate: Double) throws {
    let (association, rows) = try golden()
    let mapping = EQTLMapping(association, families: Array(repeating: 0, count: 30))
    let found = mapping.run(rate: rate, on: Workers(threadCount: 1)).discoveries
    let expected = rows.filter { $0[6] <= rate }
    #expect(
      Set(found.map { $0.gene * 40 + $0.variant }) == Set(expected.map { Int($0[0] * 40 + $0[1]) }))
    for pair in found {
      #expect(
        exp(pair.logRate).isClose(
          to: rows[pair.gene * 40 + pair.variant][6], Tolerance(relative: 1e-8)))
    }
  }

  @Test func familiesAndChosenPairsHaveRatesOfTheirOwn() throws {
    let (association, rows) = try golden()
    let families = (0..<30).map { $0 % 2 }
    let tested = (0..<30).map { gene in (0..<Int32(40)).filter { ($0 + Int32(gene)) % 3 == 0 } }
    let result = EQTLMapping(association, tested: tested, families: families)
      .run(rate: 1, on: Workers(threadCount: 2))
    for family in 0..<2 {
      let own = rows.filter { row in
        families[Int(row[0])] == family && tested[Int(row[0])].contains(Int32(row[1]))
      }
      #expect(result.testCounts[family] == own.count)
      let rates = MultipleTesting.benjaminiHochberg(own.map { $0[5] })
      let expected = Dictionary(
        uniqueKeysWithValues: zip(own.map { Int($0[0] * 40 + $0[1]) }, rates))
      let found = result.discoveries.filter { $0.family == family }
      #expect(found.count == own.count)
      for pair in found {
        let rate = expected[pair.gene * 40 + pair.variant] ?? .nan
        #expect(exp(pair.logRate).isClose(to: rate, Tolerance(relative: 1e-8)))
      }
    }
    let places = GenomicPlaces(
      genes: (0..<30).map { $0 == 7 ? nil : .init(chromosome: "chr1", position: 100 * $0) },
      variants: (0..<40).map { .init(chromosome: $0 < 20 ? "1" : "2", position: 100 * $0) },
      window: 300)
    let separated = EQTLMapping(
      association, families: Array(repeating: 0, count: 30), separatingPlaces: places
    ).run(rate: 1, on: Workers(threadCount: 1))
    var counts = [0, 0, 0]
    for gene in 0..<30 {
      for variant in 0..<40 {
        let isNear = variant < 20 && abs(gene - variant) <= 3
        counts[gene == 7 ? 2 : isNear ? 1 : 0] += 1
      }
    }
    #expect(separated.testCounts == counts)
    #expect(places.distance(gene: 2, variant: 5) == 300)
    #expect(places.distance(gene: 2, variant: 25) == nil)
    #expect(places.relation(gene: 7, variant: 7) == .unknown)
  }

  @Test func normalScoresAreThoseOfTheReference() throws {
    let expected = Matrix(rows: try Reference.numbers("Association/expression.tsv"))
    let values = try Reference.numbers("Association/log2cpm.tsv")
    for (gene, row) in values.enumerated() {
      for (score, reference) in zip(NormalScores.normalScores(row), expected.row(gene)) {
        #expect(abs(score - reference) < 1e-12)
      }
    }
    // Counts per million keep the order within a gene, whatever the depth.
    let counts = Matrix(rows: [[5.0, 0], [20, 2], [2, 3]])
    let scores = NormalScores.expression(counts: counts, totals: [10, 100, 5])
    #expect(scores.row(0).elementsEqual(NormalScores.normalScores([0.5, 0.2, 0.4])))
    #expect(scores.row(1).elementsEqual(NormalScores.normalScores([0, 0.02, 0.6])))
  }

  /// An effect far beyond what a double holds as a p value stays in order, and is what permuting removes.
  @Test func permutedDonorsLoseAStrongEffect() throws {
    let random = RandomSource(seed: 3)
    let (donors, samples) = (300, 600)
    let donorOfSample = (0..<samples).map { $0 % donors }
    var dosages = Matrix(rowCount: 25, columnCount: donors, repeating: 0.0)
    for variant in 0..<25 {
      for donor in 0..<donors {
        var stream = random.stream("dosages", step: variant, index: donor)
        dosages[variant, donor] = Double(stream.integer(below: 3))
      }
    }
    var expression = Matrix(rowCount: 8, columnCount: samples, repeating: 0.0)
    for gene in 0..<8 {
      for sample in 0..<samples {
        var stream = random.stream("noise", step: gene, index: sample)
        let effect = gene == 0 ? 20 * dosages[3, donorOfSample[sample]] : 0
        expression[gene, sample] = stream.normal() + effect
      }
    }
    let mapping = EQTLMapping(
      try LinearAssociation(
        responses: expression, predictors: dosages.selectingColumns(donorOfSample),
        covariates: Matrix(rowCount: samples, columnCount: 0, elements: [])),
      families: Array(repeating: 0, count: 8))
    let workers = Workers(threadCount: 2)
    let observed = mapping.run(rate: 0.05, on: workers)
    let first = try #require(observed.discoveries.first)
    #expect(first.gene == 0 && first.variant == 3 && first.logPValue < -760)
    #expect(first.logRate.isFinite)
    let null = try PermutationNull(
      mapping, observed: observed, dosages: dosages, donors: donorOfSample, count: 19, rate: 0.05,
      random: RandomSource(seed: 1), on: workers)
    #expect(null.rounds.count == 19)
    #expect(null.genePValues[0] == 1.0 / 20)
    #expect(null.rounds.allSatisfy { $0.smallestLogP > -40 })
    #expect(null.genePValues.allSatisfy { $0 >= 0.05 && $0 <= 1 })
    // A gene without an effect is nowhere near as extreme as its permutations.
    #expect(null.genePValues.dropFirst().reduce(0, +) / 7 > 0.2)
  }

  @Test func covariatesBecomeColumnsAndGapsAreNamed() throws {
    let table = Table(
      names: ["s1", "s2", "s3"],
      columns: [
        NamedColumn("age", .integers([3, 4, 9])),
        NamedColumn(
          "sex", .categories(codes: [1, 0, 1], names: ["f", "m", "x"], isOrdered: false)),
        NamedColumn("site", .strings(["a", "a", "a"])), NamedColumn("depth", .numbers([1, 1, 1])),
      ])
    let covariates = try SampleCovariates(table)
    #expect(covariates.names == ["age", "sex=m"])
    #expect(covariates.constant == ["depth"])
    #expect(covariates.matrix.elements == [3, 1, 4, 0, 9, 1])
    let gap = Table(names: ["s1", "s2"], columns: [NamedColumn("age", .integers([1, nil]))])
    let error = #expect(throws: ModelError.self) { try SampleCovariates(gap) }
    #expect(error?.description == "the covariate age has no value for s2")
  }
}
