import LinearAlgebra
import Modeling
import Models
import TestSupport
import Testing

/// Minibatches of donors.
struct BatchTests {
  private let problem = TBLDAProblem.random(samples: 60, genes: 20, variants: 24, donors: 20)

  private func fit(
    batch: Int?, lanes: Int = 1, threads: Int = 1,
    _ change: (inout TBLDAConfiguration) -> Void = { _ in }
  ) throws -> TBLDARun {
    let model = try problem.model { configuration in
      configuration.batch = batch
      configuration.tolerance = 1e-4
      change(&configuration)
    }
    var run = TBLDARun(model, try problem.lanes(model, count: lanes), threads: threads)
    _ = run.finish()
    return run
  }

  @Test func theyEndWhereWholeIterationsEnd() throws {
    let whole = try #require(try fit(batch: nil).shared.best)
    for batch in [3, 7] {
      let found = try #require(try fit(batch: batch).shared.best)
      #expect(
        abs(found.bound - whole.bound) < 0.02 * abs(whole.bound),
        "minibatches of \(batch): \(found.bound), whole \(whole.bound)")
    }
  }

  @Test func aMinibatchOfEverybodyIsNone() throws {
    let (one, other) = (try fit(batch: nil), try fit(batch: 20))
    #expect(one.shared.genes == other.shared.genes && one.shared.alpha == other.shared.alpha)
  }

  @Test func threadsChangeNothingAndSeedsDo() throws {
    let one = try fit(batch: 6, lanes: 5)
    let same = try fit(batch: 6, lanes: 5, threads: 3)
    #expect(one.shared.genes == same.shared.genes && one.shared.alpha == same.shared.alpha)
    let other = try fit(batch: 6, lanes: 5) { $0.seed = 3 }
    #expect(one.shared.genes != other.shared.genes)
  }

  @Test func onlySamplesOfTheMinibatchMove() throws {
    let model = try problem.model { $0.batch = 5 }
    var run = TBLDARun(model, try problem.lanes(model))
    _ = run.step()
    let before = run.lanes[0].saved.samples
    _ = run.step()
    let moved = (0..<60).filter { before.row($0) != run.lanes[0].saved.samples.row($0) }
    #expect(Set(moved.map { problem.donors[$0] }).count == 5 && moved.count == 15)
  }
}
