import Concurrency
import LinearAlgebra
import Metrics
import Models
import Probability
import TestSupport
import Testing

@Suite struct ComponentAnalysisTests {
  @Test func enrichmentIsFishersTestOfTheRightTable() {
    // 20 features: the list has 0…5, the first set 0…3 and 10, the second 6…15, the third nothing.
    let tests = SetEnrichment.test(
      lists: [Set(0..<6), []], sets: [[0, 1, 2, 3, 10], Set(6..<16), []], background: 20)
    #expect(tests.count == 4)
    let first = tests[0]
    let fisher = FisherExact(4, 2, 1, 13)
    #expect(first.list == 0 && first.set == 0 && first.overlap == 4)
    #expect(first.pValue == fisher.greater && first.oddsRatio == fisher.oddsRatio)
    #expect(first.rate.isClose(to: min(1, 4 * fisher.greater), Tolerance(relative: 1e-12)))
    let second = tests.first { $0.list == 0 && $0.set == 1 }
    #expect(
      second?.overlap == 0 && second?.pValue.isClose(to: 1, Tolerance(relative: 1e-12)) ?? false)
    #expect(
      SetEnrichment.test(
        lists: [Set(0..<6)], sets: [[1, 2], [1, 2, 3]], background: 9, smallest: 3
      )
      .map(\.set) == [1])
  }

  @Test func regionsKnowTheirEnds() throws {
    let regions = GenomicRegions([("chr1", 10..<20), ("1", 15..<30), ("1", 40..<41), ("X", 0..<1)])
    // Bases of places count from 1.
    for (position, isInside) in [
      (10, false), (11, true), (30, true), (31, false), (41, true), (42, false),
    ] {
      let place = try #require(GenomicPlaces.Place(chromosome: "1", position: position))
      #expect(regions.contains(place) == isInside, "\(position)")
    }
    let (onX, onTwo) = (
      try #require(GenomicPlaces.Place(chromosome: "chrX", position: 1)),
      try #require(GenomicPlaces.Place(chromosome: "2", position: 11))
    )
    #expect(regions.contains(onX))
    #expect(!regions.contains(onTwo))
  }

  @Test func groupsHaveTheirSumsAndMeans() {
    let all = GroupAssociation.all(
      proportions: [0.9, 0.1, 0.7, 0.3, 0.2, 0.8, 0.5, 0.5], topicCount: 2, groups: [0, 0, 1, -1],
      groupCount: 3)
    #expect(all.count == 6)
    #expect(all[0].sampleCount == 2 && abs(all[0].sum - 1.6) < 1e-12)
    #expect(abs(all[0].mean - 0.8) < 1e-12 && abs(all[0].excess - 0.6) < 1e-12)
    #expect(abs(all[3].excess - 0.6) < 1e-12)
    #expect(all[4].sampleCount == 0 && all[4].mean.isNaN)
  }

  /// Four runs that share two components, each with noise of its own, and one that is theirs alone.
  @Test(arguments: [RobustComponents.Similarity.pearson, .kendall])
  func recurringComponentsAreAveraged(similarity: RobustComponents.Similarity) {
    let random = RandomSource(seed: 11)
    let features = 120
    func row(_ purpose: RandomPurpose, _ index: Int, _ scale: Double) -> [Double] {
      var stream = random.stream(purpose, index: index)
      return (0..<features).map { _ in scale * stream.normal() }
    }
    let truths = [row("truth", 0, 1), row("truth", 1, 1)]
    let runs = (0..<4).map { run in
      let shared = truths.indices.map { truth in
        zip(truths[truth], row("noise", 10 * run + truth, 0.05)).map { $0 + $1 }
      }
      let order = run % 2 == 0 ? shared : shared.reversed()
      return Matrix(rows: order + [row("alone", run, 1)])
    }
    let found = RobustComponents(
      runs, similarity: similarity, threshold: similarity == .pearson ? 0.95 : 0.8,
      minimumRuns: 3, on: Workers(threadCount: 2)
    ).components
    #expect(found.count == 2)
    for component in found {
      #expect(component.members.count == 4 && component.members.map(\.run) == [0, 1, 2, 3])
      let best = truths.map { pearsonCorrelation($0, component.loadings) }.max() ?? 0
      // The mean of four has half the noise of one.
      #expect(best > 0.9985)
    }
    #expect(found[0].members[0].run == 0 && found[0].members[0].component == 0)
    let none = RobustComponents(
      runs, similarity: similarity, threshold: 0.95, minimumRuns: 4, on: Workers(threadCount: 1))
    #expect(none.components.isEmpty)
  }

  /// So many features that random pairs of them decide most comparisons; some loadings are equal.
  @Test func manyFeaturesAreComparedAsIfPairByPair() {
    let random = RandomSource(seed: 12)
    let features = 1500
    let truth = (0..<4).map { topic in
      var stream = random.stream("truth", index: topic)
      return (0..<features).map { _ in stream.normal() }
    }
    let runs = (0..<4).map { run in
      Matrix(
        rows: (0..<4).map { topic in
          var stream = random.stream("noise", index: 10 * run + topic)
          // τ between 0.1 and 0.7; in every second run a third of the loadings are 0.
          return (0..<features).map { feature in
            let value = truth[topic][feature] + 0.5 * Double(1 + topic) * stream.normal()
            return run % 2 == 0 && feature % 3 == 0 ? 0 : value
          }
        })
    }
    let found = RobustComponents(
      runs, similarity: .kendall, threshold: 0.15, minimumRuns: 1, mergeAbove: 2,
      on: Workers(threadCount: 2)
    ).components
    let all = (0..<4).flatMap { run in (0..<4).map { (run, $0) } }
    var expected: Set<[RobustComponents.Member]> = []
    for (run, topic) in all {
      let own = KendallRanks(Array(runs[run].row(topic)))
      let others = all.filter { other in
        other.0 != run && own.tau(KendallRanks(Array(runs[other.0].row(other.1)))) > 0.15
      }
      guard !others.isEmpty else { continue }
      expected.insert(
        ([(run, topic)] + others).map { .init(run: $0.0, component: $0.1) }.sorted())
    }
    #expect(Set(found.map(\.members)) == expected && expected.count > 2)
  }
}
