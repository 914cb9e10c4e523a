import Concurrency
import Foundation
import LinearAlgebra
import Modeling
import Models
import Probability
import Sums
import TestSupport
import Testing

struct CoordinateTests {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func theBoundNeverFalls(_ seed: UInt64) throws {
    let problem = TBLDAProblem.random(seed: seed)
    let model = try problem.model { $0.seed = Int(seed) }
    var run = TBLDARun(model, try problem.lanes(model, count: 3))
    var last = -Double.infinity
    for iteration in 0..<200 {
      let bound = try run.iterate()
      #expect(bound >= last - 1e-9 * abs(bound), "iteration \(iteration)")
      last = bound
    }
  }

  @Test func oneIterationFollowsTheEquations() throws {
    let problem = TBLDAProblem.random()
    let model = try problem.model { configuration in
      configuration.genePrior = 0.7
      configuration.topicPrior = 0.6
      configuration.allelePrior = 1.2
      configuration.otherAllelePrior = 0.8
    }
    var run = TBLDARun(model, try problem.lanes(model))
    let expected = NaiveIteration(problem, run)
    _ = try run.iterate()
    #expect(run.shared.genes.difference(from: expected.genes) < 1e-12)
    #expect(run.lanes[0].saved.samples.difference(from: expected.samples) < 1e-12)
    #expect(run.lanes[0].saved.alleles.counted.difference(from: expected.counted) < 1e-12)
    #expect(run.lanes[0].saved.alleles.other.difference(from: expected.other) < 1e-12)
    #expect(abs(run.shared.alpha - expected.alpha) < 1e-14)
  }

  @Test func lanesChangeRoundingOnly() throws {
    let problem = TBLDAProblem.random()
    let model = try problem.model()
    var one = TBLDARun(model, try problem.lanes(model))
    var several = TBLDARun(model, try problem.lanes(model, count: 4))
    for _ in 0..<20 {
      let (mine, theirs) = (try one.iterate(), try several.iterate())
      #expect(abs(mine - theirs) < 1e-9)
    }
    #expect(one.shared.genes.difference(from: several.shared.genes) < 1e-10)
    let samples = several.lanes.flatMap(\.saved.samples.elements)
    #expect(one.lanes[0].saved.samples.elements.difference(from: samples) < 1e-10)
  }

  @Test func alphaStaysWithinItsBounds() throws {
    let problem = TBLDAProblem.random()
    for (lower, upper) in [(0.05, 0.1), (0.8, 0.85), (0.4, 0.4)] {
      let model = try problem.model { configuration in
        configuration.alphaMinimum = lower
        configuration.alphaMaximum = upper
      }
      var run = TBLDARun(model, try problem.lanes(model))
      for _ in 0..<30 {
        _ = try run.iterate()
        #expect(run.shared.alpha >= lower && run.shared.alpha <= upper)
      }
    }
  }

  @Test func genotypesOfAncestryAloneDriveAlphaToItsUpperBound() throws {
    var problem = TBLDAProblem.random(samples: 60, variants: 200, donors: 30)
    var stream = RandomSource(seed: 5).stream("genotypes")
    for variant in 0..<200 {
      problem.frequencies[variant, 0] = stream.uniform() < 0.5 ? 0.02 : 0.98
      problem.frequencies[variant, 1] = 1 - problem.frequencies[variant, 0]
      for donor in 0..<30 {
        problem.shares[0, donor] = donor % 2 == 0 ? 0.95 : 0.05
        problem.shares[1, donor] = 1 - problem.shares[0, donor]
        let rho = (0..<2).reduce(0.0) {
          $0 + problem.frequencies[variant, $1] * problem.shares[$1, donor]
        }
        problem.genotypes[variant, donor] = Double(stream.binomial(trials: 2, probability: rho))
      }
    }
    let model = try problem.model()
    var run = TBLDARun(model, try problem.lanes(model))
    _ = try run.finish()
    #expect(run.shared.alpha == 0.85)
  }

  @Test func missingGenotypesLeaveTheLikelihood() throws {
    var problem = TBLDAProblem.random()
    for donor in 0..<5 { problem.genotypes[4, donor] = 255 }
    let model = try problem.model()
    var run = TBLDARun(model, try problem.lanes(model))
    for _ in 0..<5 { _ = try run.iterate() }
    #expect(run.lanes[0].saved.alleles.counted.row(4).allSatisfy { $0 == 1 })
    #expect(run.lanes[0].saved.alleles.other.row(4).allSatisfy { $0 == 1 })
  }

  @Test func samplesOfOneNameAreRefused() throws {
    var summary = TBLDAProblem.random().summary
    let names = summary.rows.names.map { $0 == "sample3" ? "sample2" : $0 }
    summary.rows = Table(names: names, columns: summary.rows.columns)
    let refused = summary
    let error = #expect(throws: ModelError.self) {
      try TBLDA(TBLDAConfiguration(), for: refused)
    }
    #expect(error?.description.contains("sample2 twice") == true)
  }

  @Test func theBestOfSeveralStartsIsKept() throws {
    let problem = TBLDAProblem.random()
    var bounds: [Double] = []
    let model = try problem.model { $0.restarts = 4 }
    var run = TBLDARun(model, try problem.lanes(model, count: 2))
    var report: StepReport
    var last = 0.0
    repeat {
      let restart = run.shared.restart
      report = try model.step(&run.shared, &run.lanes, with: Alone(), on: run.workers)
      if let bound = report.measures.first?.value { last = bound }
      if run.shared.restart != restart { bounds.append(last) }
    } while report.termination == nil
    #expect(bounds.count == 4)
    #expect(run.shared.best?.bound == bounds.max())
    // What is kept had its last update after its bound was computed.
    let kept = try run.iterate()
    #expect(kept >= (bounds.max() ?? 0) - 1e-9)
  }
}

/// The equations of one iteration, written out sum by sum.
private struct NaiveIteration {
  var genes: Matrix<Double>
  var samples: Matrix<Double>
  var counted: Matrix<Double>
  var other: Matrix<Double>
  var alpha = 0.0

  init(_ problem: TBLDAProblem, _ run: TBLDARun) {
    let settings = run.model.configuration
    let saved = run.lanes[0].saved
    func expected(_ row: ArraySlice<Double>) -> [Double] {
      let total = digamma(row.reduce(0, +))
      return row.map { exp(digamma($0) - total) }
    }
    let (L, G) = (problem.reads.rowCount, problem.reads.columnCount)
    let (S, I) = (problem.genotypes.rowCount, problem.genotypes.columnCount)
    let K = settings.topics
    let phi = (0..<L).map { expected(saved.samples.row($0)) }
    let psi = (0..<K).map { expected(run.shared.genes.row($0)) }
    genes = run.shared.genes.map { _ in settings.genePrior }
    samples = saved.samples.map { _ in settings.topicPrior }
    counted = saved.alleles.counted.map { _ in settings.allelePrior }
    other = saved.alleles.other.map { _ in settings.otherAllelePrior }
    for l in 0..<L {
      for g in 0..<G where problem.reads[l, g] > 0 {
        let rate = (0..<K).reduce(0) { $0 + phi[l][$1] * psi[$1][g] }
        for k in 0..<K {
          let part = problem.reads[l, g] * phi[l][k] * psi[k][g] / rate
          genes[k, g] += part
          samples[l, k] += part
        }
      }
    }
    let ofDonor = (0..<I).map { donor in (0..<L).filter { problem.donors[$0] == donor } }
    var observed = 0.0
    let start = run.shared.alpha
    for j in 0..<S {
      for i in 0..<I where problem.genotypes[j, i] < 3 {
        observed += 2
        let ancestral = (0..<problem.shares.rowCount).reduce(0) {
          $0 + problem.frequencies[j, $1] * problem.shares[$1, i]
        }
        let n = Double(ofDonor[i].count)
        for isCounted in [true, false] {
          let y = problem.genotypes[j, i]
          let copies = isCounted ? y : 2 - y
          let ancestry = isCounted ? ancestral : 1 - ancestral
          let lambda: [Double] = (0..<K).map { k in
            let (a, b) = (saved.alleles.counted[j, k], saved.alleles.other[j, k])
            return exp(digamma(isCounted ? a : b) - digamma(a + b))
          }
          // every pair of a topic and a sample is a source
          var rate = start * ancestry
          for k in 0..<K {
            for l in ofDonor[i] { rate += (1 - start) * lambda[k] * phi[l][k] / n }
          }
          alpha += copies * start * ancestry / rate
          for k in 0..<K {
            for l in ofDonor[i] {
              let part = copies * (1 - start) * lambda[k] * phi[l][k] / n / rate
              samples[l, k] += part
              if isCounted { counted[j, k] += part } else { other[j, k] += part }
            }
          }
        }
      }
    }
    alpha = min(max(alpha / observed, settings.alphaMinimum), settings.alphaMaximum)
  }
}
