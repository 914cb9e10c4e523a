import Concurrency
import Metrics
import Modeling
import Models
import Probability
import Sums
import TestSupport
import Testing

/// Coordinate ascent with momentum, and the start that it has.
struct MomentumTests {
  /// Mixtures of three profiles that share few genes, mostly of one each; the first three samples are pure.
  private func mixtures() -> (problem: TBLDAProblem, profiles: [[Double]]) {
    var problem = TBLDAProblem.random(samples: 40, genes: 24, variants: 10, donors: 10)
    var stream = RandomSource(seed: 3).stream("mixtures")
    let profiles = (0..<3).map { topic in
      let weights = (0..<24).map { $0 % 3 == topic ? 1 + stream.uniform() : 0.2 * stream.uniform() }
      return weights.map { $0 / weights.reduce(0, +) }
    }
    for sample in 0..<40 {
      let shares =
        sample < 3
        ? (0..<3).map { $0 == sample ? 1 : 0 } : stream.dirichlet([0.4, 0.4, 0.4])
      for gene in 0..<24 {
        let rate = (0..<3).reduce(0.0) { $0 + shares[$1] * profiles[$1][gene] }
        problem.reads[sample, gene] = Double(stream.poisson(mean: 20_000 * rate))
      }
    }
    return (problem, profiles)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func whatMomentumReachesNeverFalls(_ seed: UInt64) throws {
    let problem = TBLDAProblem.random(seed: seed)
    let model = try problem.model { $0.seed = Int(seed) }
    var run = TBLDARun(model, try problem.lanes(model, count: 3))
    var (last, refusals) = (-Double.infinity, 0)
    for iteration in 0..<300 {
      let bound = try model.acceleratedIteration(
        &run.shared, &run.lanes, with: Alone(), on: run.workers)
      if run.shared.momentum?.count == 0, iteration > 0 { refusals += 1 }
      // The bound of the point that the fit would end with.
      var ended = run
      model.loseMomentum(&ended.shared, &ended.lanes)
      let reached = try ended.iterate()
      #expect(reached >= last - 1e-9 * abs(last), "iteration \(iteration)")
      #expect(bound <= reached + 1e-9 * abs(last), "iteration \(iteration)")
      last = reached
    }
    #expect(refusals > 0, "no step too far was tried")
  }

  @Test func momentumSavesMostIterations() throws {
    let (problem, _) = mixtures()
    let model = try problem.model()
    var plain = TBLDARun(model, try problem.lanes(model))
    for _ in 0..<400 { _ = try plain.iterate() }
    var fast = TBLDARun(model, try problem.lanes(model))
    var bound = 0.0
    for _ in 0..<100 {
      bound = try model.acceleratedIteration(
        &fast.shared, &fast.lanes, with: Alone(), on: fast.workers)
    }
    let slow = try plain.iterate()
    #expect(bound > slow)
  }

  @Test func theFirstStartHasTheSamplesThatDifferMost() throws {
    let (problem, profiles) = mixtures()
    let model = try problem.model()
    for count in [1, 4] {
      let genes = try model.distinctGenes(
        try problem.lanes(model, count: count), with: Alone(), on: Workers(threadCount: 2))
      for topic in 0..<3 {
        let own = Array(genes.row(topic))
        let best = profiles.map { pearsonCorrelation($0, own) }.max() ?? 0
        #expect(best > 0.95, "topic \(topic): \(best)")
      }
      let matched = Set(
        (0..<3).map { topic in
          profiles.indices.max {
            pearsonCorrelation(profiles[$0], Array(genes.row(topic)))
              < pearsonCorrelation(profiles[$1], Array(genes.row(topic)))
          }
        })
      #expect(matched.count == 3, "two topics begin with one profile")
    }
  }

  /// Where there are fewer different samples than topics the others begin at random.
  @Test func moreTopicsThanSamplesBeginAtRandom() throws {
    var problem = TBLDAProblem.random(samples: 6, genes: 9, variants: 5, donors: 3)
    for sample in 1..<6 { problem.reads.setRow(sample, to: Array(problem.reads.row(sample % 2))) }
    let model = try problem.model { $0.topics = 5 }
    let genes = try model.distinctGenes(
      try problem.lanes(model), with: Alone(), on: Workers(threadCount: 1))
    let random = model.start().genes
    #expect(genes.row(0) != random.row(0))
    for topic in 2..<5 { #expect(genes.row(topic) == random.row(topic)) }
  }
}
