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

  @Test func samplesOutsideOfMemoryGiveTheSameBits() throws {
    let settings: (inout TBLDAConfiguration) -> Void = {
      ($0.batch, $0.iterations, $0.refinement, $0.restarts) = (6, 60, 4, 2)
      ($0.heldOutSamples, $0.heldOutFrom, $0.evidenceDraws) = (1, 3, 3)
    }
    let model = try problem.model(settings)
    var one = TBLDARun(model, try problem.lanes(model, count: 5))
    let store = MemoryStore()
    let stored = one.lanes.map { lane -> TBLDALane in
      let (counts, _) = lane.counts.loaded(Array(0..<lane.counts.rowCount))
      return model.lane(rows: lane.rows, from: StoredCounts(counts, in: store))
    }
    var other = TBLDARun(model, stored, threads: 3)
    let before = store.readings
    _ = (one.finish(), other.finish())
    #expect(store.readings > before + 60, "every iteration reads its samples")
    #expect(one.shared.genes == other.shared.genes && one.shared.alpha == other.shared.alpha)
    #expect(one.shared.evidence?.mean == other.shared.evidence?.mean)
    #expect(one.shared.heldOut == other.shared.heldOut && one.shared.heldOut != nil)
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
