import Concurrency
import Foundation
import LinearAlgebra
import Metrics
import Modeling
import Models
import Probability
import TestSupport
import Testing

/// Expression that has nothing to do with genotypes, of donors whose samples are alike: in every mode one test in twenty
/// has p < 0.05.
struct EQTLNullTests {
  static let (donors, genes, variants) = (60, 300, 80)
  private let workers = Workers(threadCount: 2)
  private let random = RandomSource(seed: 41)

  /// Two samples a donor, one of each tissue.
  private func counts() -> Matrix<Double> {
    var result = Matrix(rowCount: 2 * Self.donors, columnCount: Self.genes, repeating: 0.0)
    for gene in 0..<Self.genes {
      var stream = random.stream("null gene", index: gene)
      let level = 4 + stream.normal()
      for donor in 0..<Self.donors {
        let own = 0.8 * stream.normal()
        for tissue in 0..<2 {
          let size = level + own + 0.3 * Double(tissue) + 0.5 * stream.normal()
          result[2 * donor + tissue, gene] = (exp(size)).rounded()
        }
      }
    }
    return result
  }

  private func dosages() -> Matrix<Double> {
    var result = Matrix(rowCount: Self.variants, columnCount: Self.donors, repeating: 0.0)
    for variant in 0..<Self.variants {
      var stream = random.stream("null variant", index: variant)
      let frequency = stream.uniform(in: 0.2..<0.8)
      result.setRow(
        variant,
        to: (0..<Self.donors).map { _ in
          Double(stream.binomial(trials: 2, probability: frequency))
        })
    }
    return result
  }

  private func share(
    _ values: Matrix<Double>, _ donors: [Int], covariates: Matrix<Double>? = nil
  ) throws -> Double {
    let mapping = EQTLMapping(
      try LinearAssociation(
        responses: values, predictors: dosages().selectingColumns(donors),
        covariates: covariates ?? Matrix(rowCount: donors.count, columnCount: 0, elements: [])),
      families: Array(repeating: 0, count: Self.genes))
    let found = mapping.run(rate: 1, on: workers).discoveries
    #expect(found.count == Self.genes * Self.variants)
    #expect(found.allSatisfy { !$0.logPValue.isNaN && $0.logRate >= $0.logPValue })
    return Double(found.count { $0.logPValue < log(0.05) }) / Double(found.count)
  }

  /// Samples as the commands group them.
  private func tested(
    _ rows: [Int], _ rule: DonorRule, covariates: [Table] = []
  ) throws -> TestedSamples {
    var notes: [String] = []
    return try TestedSamples(
      rows, names: (0..<2 * Self.donors).map { "s\($0)" },
      donorNames: (0..<2 * Self.donors).map { "d\($0 / 2)" }, covariates: covariates, rule: rule,
      notes: &notes)
  }

  private func expression(_ samples: TestedSamples) throws -> Matrix<Double> {
    let counts = counts()
    var notes: [String] = []
    let columns = Table(names: (0..<Self.genes).map { "g\($0)" })
    let choice = TestedExpression.Choice(minimumSamples: 1, chromosome: nil, classColumn: "x")
    guard samples.rule == .mean else {
      let sums = samples.groups.map { group in
        (0..<Self.genes).map { gene in group.reduce(0) { $0 + counts[$1, gene] } }
      }
      return try TestedExpression(Matrix(rows: sums), columns, nil, choice, notes: &notes).values
    }
    return try TestedExpression(
      counts, meansOf: samples.groups, columns, nil, choice, notes: &notes
    ).values
  }

  private func donors(_ samples: TestedSamples) -> [Int] {
    samples.donors.map { Int($0.dropFirst()) ?? 0 }
  }

  @Test func samplesOfADonorAsIfIndependentWouldFindChance() throws {
    let counts = counts()
    let totals = (0..<counts.rowCount).map { counts.row($0).reduce(0, +) }
    let values = NormalScores.expression(counts: counts, totals: totals)
    #expect(try share(values, (0..<2 * Self.donors).map { $0 / 2 }) > 0.09)
  }

  @Test func severalSamplesOfADonorAreRefusedWithWhatToDo() throws {
    let error = #expect(throws: ModelError.self) { try tested(Array(0..<120), .refuse) }
    #expect(error?.description.contains("60 of 60 donors have several samples") == true)
    #expect(error?.description.contains("--by") == true)
  }

  @Test(arguments: [DonorRule.mean, .sum])
  func donorsMeansAndSumsKeepTheLevel(_ rule: DonorRule) throws {
    let samples = try tested(Array(0..<120), rule)
    #expect(samples.groups.count == 60)
    let share = try share(try expression(samples), donors(samples))
    #expect((0.04...0.06).contains(share), "\(share)")
  }

  @Test(arguments: [0, 1])
  func eachTissueByItselfKeepsTheLevel(_ tissue: Int) throws {
    let samples = try tested((0..<60).map { 2 * $0 + tissue }, .refuse)
    let share = try share(try expression(samples), donors(samples))
    #expect((0.04...0.06).contains(share), "\(share)")
  }

  @Test func componentsOfGenotypesAndExpressionKeepTheLevel() throws {
    let components = try PrincipalFactors(dosages: dosages(), count: 3)
    #expect(components.shares[0] > components.shares[2] && components.shares[2] > 0)
    let table = Table(
      names: (0..<Self.donors).map { "d\($0)" },
      columns: (0..<3).map { NamedColumn("PC\($0)", .numbers(components.components.column($0))) })
    let age = Table(
      names: (0..<2 * Self.donors).map { "s\($0)" },
      columns: [NamedColumn("age", .numbers((0..<120).map { Double($0 * $0 % 37) }))])
    let samples = try tested(Array(0..<120), .mean, covariates: [table, age])
    #expect(samples.covariates.names == ["PC0", "PC1", "PC2", "age"])
    // A donor's age is the mean over the samples.
    #expect(samples.covariates.matrix[1, 3] == 0.5 * Double(2 * 2 % 37 + 3 * 3 % 37))
    let values = try expression(samples)
    let factors = try PrincipalFactors(
      values, covariates: samples.covariates.matrix, count: 5)
    let all = samples.covariates.adding(factors.components, named: "factor ")
    let share = try share(values, donors(samples), covariates: all.matrix)
    #expect((0.04...0.06).contains(share), "\(share)")
  }

  /// Rates over all runs are those of all their tests together, whatever the runs' samples.
  @Test(arguments: [0.1, 0.3, 0.9, 1])
  func ratesOverAllRunsAreThoseOfAllTestsTogether(_ rate: Double) throws {
    let counts = counts()
    let totals = (0..<counts.rowCount).map { counts.row($0).reduce(0, +) }
    var values = NormalScores.expression(counts: counts, totals: totals)
    let dosages = dosages()
    for donor in 0..<Self.donors {
      for gene in 0..<12 { values[gene, 2 * donor] += 0.5 * dosages[gene, donor] }
    }
    func mapping(_ index: Int) throws -> EQTLMapping {
      let donors = Array(0..<(index == 0 ? 60 : 35))
      return EQTLMapping(
        try LinearAssociation(
          responses: values.selectingColumns(donors.map { 2 * $0 + index }),
          predictors: dosages.selectingColumns(donors),
          covariates: Matrix(rowCount: donors.count, columnCount: 0, elements: [])),
        families: (0..<Self.genes).map { $0 % 2 })
    }
    let pool = try EQTLPool(
      [["a", "b"], ["b", "c"]], rate: rate, on: workers, mapping: mapping)
    #expect(pool.testCounts == [24_000, 24_000])
    let whole = try (0..<2).map { try mapping($0).run(rate: 1, on: workers).discoveries }
    for (name, families) in [("a", [(0, 0)]), ("b", [(0, 1), (1, 0)]), ("c", [(1, 1)])] {
      let tests = families.flatMap { run, family in
        whole[run].filter { $0.family == family }.map { (run, $0) }
      }
      let rates = MultipleTesting.logBenjaminiHochberg(
        tests.map(\.1.logPValue), testCount: tests.count)
      var expected: [[Int]: Double] = [:]
      for (test, all) in zip(tests, rates)
      where rate >= 1 || min(test.1.logRate, all) <= log(rate) {
        expected[[test.0, test.1.gene, test.1.variant]] = all
      }
      let found = pool.discoveries.filter { found in
        families.contains { $0 == (found.mapping, found.pair.family) }
      }
      #expect(found.count == expected.count, "\(name) at \(rate)")
      for one in found {
        let all = expected[[one.mapping, one.pair.gene, one.pair.variant]] ?? .nan
        if all <= log(rate) { #expect(abs(one.logRateOfAll - all) < 1e-9) }
      }
    }
  }
}
