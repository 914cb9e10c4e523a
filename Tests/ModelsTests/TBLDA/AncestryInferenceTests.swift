import Concurrency
import Modeling
import Models
import Probability
import TestSupport
import Testing

struct AncestryInferenceTests {
  /// Donors of three populations and mixtures of two, with their true shares.
  private func simulated() -> (genotypes: Genotypes, shares: [[Double]]) {
    var stream = RandomSource(seed: 3).stream("admixture")
    let frequencies = (0..<300).map { _ in (0..<3).map { _ in stream.beta(0.6, 0.6) } }
    let shares = (0..<40).map { donor -> [Double] in
      let own = donor % 4
      return own == 3 ? [0.5, 0.5, 0] : (0..<3).map { $0 == own ? 1 : 0 }
    }
    var dosages: [UInt8] = []
    for donor in 0..<40 {
      for variant in 0..<300 {
        let rho = (0..<3).reduce(0.0) { $0 + frequencies[variant][$1] * shares[donor][$1] }
        let copies = stream.binomial(trials: 2, probability: min(rho, 1))
        dosages.append(stream.uniform() < 0.05 ? Genotypes.missing : UInt8(copies))
      }
    }
    return (
      Genotypes(
        donors: (0..<40).map { "d\($0)" }, variants: Table(names: (0..<300).map { "v\($0)" }),
        dosages: dosages), shares
    )
  }

  @Test func populationsAndTheirMixturesAreFound() {
    let (genotypes, shares) = simulated()
    let outcome = AncestryInference(populationCount: 3).fit(
      genotypes, on: Workers(threadCount: 1))
    #expect(outcome.bounds.count == 3)
    // Which found population each true one is, by the donors that are of it alone.
    let found = outcome.ancestry.shares
    let name = (0..<3).map { population in
      (0..<3).max { found[population * 3 + $0] < found[population * 3 + $1] } ?? 0
    }
    #expect(Set(name).count == 3)
    for donor in 0..<40 {
      for population in 0..<3 {
        let share = found[donor * 3 + name[population]]
        #expect(share.isClose(to: shares[donor][population], .estimatedShare), "donor \(donor)")
      }
    }
  }

  @Test func threadsChangeNothing() {
    let (genotypes, _) = simulated()
    let inference = AncestryInference(populationCount: 2, restartCount: 1, iterationLimit: 21)
    let one = inference.fit(genotypes, on: Workers(threadCount: 1))
    let two = inference.fit(genotypes, on: Workers(threadCount: 2))
    #expect(one.ancestry == two.ancestry)
    #expect(one.bounds == two.bounds)
  }

  @Test func theBoundRises() {
    let (genotypes, _) = simulated()
    let bounds = [1, 11, 31, 61].map { limit in
      AncestryInference(
        populationCount: 3, restartCount: 1, iterationLimit: limit, tolerance: 0
      ).fit(genotypes, on: Workers(threadCount: 1)).bounds[0]
    }
    #expect(bounds == bounds.sorted())
    #expect(Set(bounds).count == 4)
  }
}
