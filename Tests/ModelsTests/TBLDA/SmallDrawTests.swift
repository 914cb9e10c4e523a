import Concurrency
import Foundation
import LinearAlgebra
import Modeling
import Models
import Optimization
import Probability
import Sums
import TestSupport
import Testing

/// Draws of topics so small that products of them vanish, or that their inverses are out of the range of sums.
struct SmallDrawTests {
  /// Genes of 10⁵ reads beside genes of a read or none.
  private func problem(seed: UInt64) -> TBLDAProblem {
    var problem = TBLDAProblem.random(seed: seed)
    for sample in 0..<problem.reads.rowCount {
      problem.reads[sample, 0] = 1e5
      problem.reads[sample, 1] = sample == 3 ? 1 : 0
      problem.reads[sample, 2] = 0
    }
    return problem
  }

  @Test(arguments: [1, 2, 4, 8], [1, 2, 3] as [UInt64])
  func stochasticInferenceGoesOn(_ topics: Int, _ seed: UInt64) throws {
    let problem = problem(seed: seed)
    let model = try problem.model {
      $0.inference = .stochastic
      ($0.topics, $0.iterations, $0.seed) = (topics, 400, Int(seed))
    }
    var run = TBLDARun(model, try problem.lanes(model, count: 3))
    let report = try run.finish()
    #expect(report.termination == .stepLimit)
    let concentrations =
      run.shared.genes.elements
      + run.lanes.flatMap {
        $0.saved.samples.elements + $0.saved.alleles.counted.elements
          + $0.saved.alleles.other.elements
      }
    #expect(concentrations.allSatisfy { $0 > 0 && $0.isFinite })
    #expect(run.shared.alpha > 0 && run.shared.alpha < 1)
  }

  @Test(arguments: [1, 2] as [UInt64])
  func oneTopicIsFittedAndRefined(_ seed: UInt64) throws {
    let problem = problem(seed: seed)
    let model = try problem.model { ($0.topics, $0.refinement, $0.iterations) = (1, 20, 200) }
    var run = TBLDARun(model, try problem.lanes(model, count: 2))
    let report = try run.finish()
    #expect(report.termination?.isSuccess == true)
    // A sample has all of its only topic, whatever the concentration: nothing moves it.
    #expect(run.lanes.allSatisfy { $0.saved.samples.elements.allSatisfy(\.isFinite) })
  }

  @Test func smallConcentrationsHaveTheGradientOfLargerOnesInLogarithms() throws {
    // A gene whose concentrations are all 10⁻⁵ is drawn as exp(−10⁵) or so in every topic: no number.
    let problem = problem(seed: 5)
    let model = try problem.model { ($0.inference, $0.topics) = (.stochastic, 3) }
    var run = TBLDARun(model, try problem.lanes(model, count: 2))
    for topic in 0..<3 { run.shared.genes[topic, 1] = 1e-5 }
    for draw in 0..<20 {
      let gradient = try model.evidenceGradient(
        draw, run.shared, run.lanes, with: Alone(), on: run.workers)
      #expect(gradient.evidence.isFinite)
      #expect(gradient.genes.elements.allSatisfy { $0.isFinite })
      #expect(gradient.samples.allSatisfy { $0.elements.allSatisfy(\.isFinite) })
      // Its one read pulls at the topic that it comes from.
      #expect((0..<3).contains { gradient.genes[$0, 1] > 1 })
    }
  }

  @Test func everySplitOfTheLanesGivesTheSameBits() throws {
    let problem = problem(seed: 6)
    let model = try problem.model {
      $0.inference = .stochastic
      ($0.topics, $0.iterations) = (4, 60)
    }
    let lanes = try problem.lanes(model, count: 3)
    func fitted(_ split: [Range<Int>]) throws -> [[Double]] {
      try SimulatedTeam(memberCount: split.count).run { member, everyone in
        var (shared, own) = (model.start(), Array(lanes[split[member]]))
        for topic in 0..<4 { shared.genes[topic, 1] = 1e-5 }
        while try model.step(&shared, &own, with: everyone, on: Workers(threadCount: 1))
          .termination == nil
        {}
        return shared.genes.elements + [shared.alpha]
      }
    }
    let expected = try fitted([0..<3])[0]
    for split in SimulatedTeam.splits(ofLanes: 3) {
      let found = try fitted(split)
      #expect(found.allSatisfy { $0 == expected })
    }
  }

  @Test func sourcesInLogarithmsAreThoseOfProducts() throws {
    let problem = TBLDAProblem.random(seed: 7)
    var stream = RandomSource(seed: 8).stream("shares")
    func shares(_ rows: Int, _ columns: Int) -> Matrix<Double> {
      Matrix(rows: (0..<rows).map { _ in stream.dirichlet(Array(repeating: 1, count: columns)) })
    }
    let (phi, psi) = (shares(14, 3), shares(3, 9))
    let counts = try problem.counts
    let products = ReadPass(
      counts, rows: Array(0..<14), weights: phi, topics: psi, wantsLikelihood: true)
    let found = ReadShares(
      (counts, Array(0..<14)), weights: phi.map { log($0) }, topics: psi.map { log($0) })
    for (index, value) in found.bySample.elements.enumerated() {
      #expect(
        value.isClose(
          to: phi.elements[index] * products.sampleSums.elements[index],
          Tolerance(relative: 1e-11, absolute: 1e-11)))
    }
    for (index, value) in found.byGene.elements.enumerated() {
      #expect(
        value.isClose(
          to: psi.elements[index] * products.geneSums.elements[index],
          Tolerance(relative: 1e-11, absolute: 1e-11)))
    }
    #expect(found.logLikelihood.isClose(to: products.logLikelihood, Tolerance(relative: 1e-11)))
    try compareAlleles(problem, theta: shares(5, 3).transposed(), &stream)
  }

  private func compareAlleles(
    _ problem: TBLDAProblem, theta: Matrix<Double>, _ stream: inout RandomStream
  ) throws {
    let lambda = Matrix<Double>(
      rowCount: 11, columnCount: 3, elements: (0..<33).map { _ in stream.uniformOpen() })
    let pair = AllelePair(counted: lambda, other: lambda.map { 1 - $0 })
    let genotypes = problem.genotypes.elements.map { UInt8(min($0, 3)) }
    let sources = Matrix(
      rowCount: 5, columnCount: 5, elements: problem.shares.elements + theta.elements)
    let products = AllelePass(
      genotypes: genotypes, frequencies: problem.frequencies.elements, weights: pair,
      sources: sources, alpha: 0.3, wantsLikelihood: true)
    let found = AlleleShares(
      genotypes: genotypes, frequencies: problem.frequencies.elements,
      weights: AllelePair(
        counted: pair.counted.map { log($0) }, other: pair.other.map { log($0) }),
      sources: sources, alpha: 0.3)
    let close = Tolerance(relative: 1e-11, absolute: 1e-11)
    for (found, expected) in [
      (found.copies.counted, products.copies.counted), (found.copies.other, products.copies.other),
    ] {
      for (value, other) in zip(found.elements, expected.elements) {
        #expect(value.isClose(to: other, close))
      }
    }
    for topic in 0..<3 {
      for donor in 0..<5 {
        #expect(
          found.byDonor[topic, donor].isClose(
            to: theta[topic, donor] * products.donorSums[2 + topic, donor], close))
      }
    }
    #expect(found.ofAncestry.isClose(to: products.ancestryCopies, close))
    #expect(found.logLikelihood.isClose(to: products.logLikelihood, close))
  }
}
