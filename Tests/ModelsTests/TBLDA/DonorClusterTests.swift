import Concurrency
import Modeling
import Models
import Probability
import TestSupport
import Testing

/// Relatives, and populations that hardly differ.
struct DonorClusterTests {
  /// Donors of three populations; the last two differ little.
  private struct Cohort {
    var dosages: [[UInt8]] = []
    var populations: [Int] = []
    private var stream = RandomSource(seed: 11).stream("cohort")
    private let frequencies: [[Double]]

    init(variants: Int, donors: Int) {
      var stream = RandomSource(seed: 12).stream("frequencies")
      func drifted(_ p: Double, _ distance: Double) -> Double {
        let scale = (1 - distance) / distance
        return min(max(stream.beta(p * scale, (1 - p) * scale), 0.01), 0.99)
      }
      var all: [[Double]] = []
      for _ in 0..<variants {
        let root = 0.1 + 0.8 * stream.uniform()
        let branch = drifted(root, 0.1)
        all.append([drifted(root, 0.1), drifted(branch, 0.01), drifted(branch, 0.01)])
      }
      frequencies = all
      for donor in 0..<donors { add(population: donor % 3) }
    }

    /// A donor whose parents are strangers, or these.
    mutating func add(population: Int, parents: (Int, Int)? = nil) {
      let own = frequencies.indices.map { variant -> UInt8 in
        func copy(_ parent: Int?) -> UInt8 {
          let p =
            parent.map { Double(dosages[$0][variant]) / 2 } ?? frequencies[variant][population]
          return stream.uniform() < p ? 1 : 0
        }
        return copy(parents?.0) + copy(parents?.1)
      }
      dosages.append(own)
      populations.append(population)
    }

    var genotypes: Genotypes {
      Genotypes(
        donors: dosages.indices.map { "d\($0)" },
        variants: Table(names: frequencies.indices.map { "v\($0)" }),
        dosages: dosages.flatMap(\.self))
    }
  }

  @Test func kinshipTellsParentsFromStrangers() {
    var cohort = Cohort(variants: 3000, donors: 30)
    cohort.add(population: 0, parents: (0, 3))
    cohort.add(population: 0, parents: (0, 3))
    let kinship = Kinship(cohort.genotypes, variantLimit: 2500)
    for (a, b) in [(30, 0), (30, 3), (31, 0), (30, 31)] {
      #expect(kinship.values[a, b].isClose(to: 0.25, .estimatedKinship), "\(a) \(b)")
      #expect(kinship.values[a, b] == kinship.values[b, a])
    }
    for donor in 1..<30 where donor != 3 { #expect(kinship.values[30, donor] < 0.0884) }
    // The children are each other's relatives and both parents'.
    #expect(kinship.unrelated() == Array(0..<30))
  }

  @Test func fewHeterozygousGenotypesMakeNobodyARelative() {
    let cohort = Cohort(variants: 40, donors: 30)
    #expect(Kinship(cohort.genotypes).unrelated() == Array(0..<30))
  }

  @Test func populationsThatHardlyDifferAreToldApart() {
    let cohort = Cohort(variants: 4000, donors: 90)
    let clusters = DonorClusters(cohort.genotypes, Array(0..<90), count: 3).members
    #expect(clusters.count == 3)
    #expect(Set(clusters.flatMap(\.self)) == Set(0..<90))
    for cluster in clusters {
      #expect(Set(cluster.map { cohort.populations[$0] }).count == 1, "\(cluster)")
    }
    // What is known of nobody tells nobody apart.
    let empty = Genotypes(
      donors: ["a", "b", "c"], variants: Table(names: ["v"]),
      dosages: Array(repeating: Genotypes.missing, count: 3))
    #expect(DonorClusters(empty, [0, 1, 2], count: 2).members == [[0, 1, 2]])
  }

  @Test func familiesDoNotHidePopulationsThatHardlyDiffer() {
    var cohort = Cohort(variants: 4000, donors: 90)
    for child in 0..<6 { cohort.add(population: child % 3, parents: (child % 3, child % 3 + 3)) }
    let outcome = AncestryInference(populationCount: 3, restartCount: 2).fit(
      cohort.genotypes, on: Workers(threadCount: 1))
    #expect(outcome.relativeCount > 0)
    #expect(outcome.logLikelihoods.count == 2)
    let shares = outcome.ancestry.shares
    let found = (0..<96).map { donor in
      (0..<3).max { shares[donor * 3 + $0] < shares[donor * 3 + $1] } ?? 0
    }
    // One to one, children included.
    let pairs = Set((0..<96).map { "\(cohort.populations[$0]) \(found[$0])" })
    #expect(pairs.count == 3, "\(pairs)")
    // Where there are too many for comparisons, everyone counts.
    let many = AncestryInference(
      populationCount: 3, restartCount: 1, iterationLimit: 20, comparisonLimit: 10
    ).fit(cohort.genotypes, on: Workers(threadCount: 1))
    #expect(many.relativeCount == 0)
    #expect(many.logLikelihoods.count == 1)
  }
}
