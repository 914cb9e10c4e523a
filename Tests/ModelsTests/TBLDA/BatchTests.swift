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
    _ = try run.finish()
    return run
  }

  @Test func theyEndWhereWholeIterationsEnd() throws {
    let whole = try #require(try fit(batch: nil).shared.best)
    for batch in [3, 7] {
      let found = try #require(try fit(batch: batch).shared.best)
      #expect(
        found.bound.isClose(to: whole.bound, .localOptimum),
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

  @Test func dataOutsideOfMemoryGiveTheSameBits() throws {
    var configuration = TBLDAConfiguration()
    (configuration.topics, configuration.batch, configuration.iterations) = (3, 6, 60)
    (configuration.refinement, configuration.restarts, configuration.evidenceDraws) = (4, 2, 3)
    (configuration.heldOutSamples, configuration.heldOutFrom) = (1, 3)
    for share in [0, 0.1] {
      configuration.heldOutGenotypes = share
      let store = MemoryStore()
      let model = try TBLDA(configuration, for: problem.summary)
      let other = try TBLDA(configuration, for: stored(problem.summary, in: store))
      let lanes = try problem.lanes(model, count: 5)
      var resident = TBLDARun(model, lanes)
      let rows = MemoryStore()
      let outside = lanes.map { lane -> TBLDALane in
        let (counts, _) = lane.counts.loaded(Array(lane.rows.indices))
        return other.lane(rows: lane.rows, from: StoredCounts(counts, in: rows))
      }
      var distant = TBLDARun(other, outside, threads: 3)
      let before = (store.readings, rows.readings)
      _ = (try resident.finish(), try distant.finish())
      #expect(store.readings > before.0 + 60 && rows.readings > before.1 + 60)
      let (one, two) = (resident.shared, distant.shared)
      #expect(one.genes == two.genes && one.alpha == two.alpha)
      #expect(one.alleles?.counted == two.alleles?.counted)
      #expect(one.evidence?.mean == two.evidence?.mean)
      #expect(one.heldOut == two.heldOut && one.heldOut != nil)
      #expect(
        model.sharedOutput(one).parameters == other.sharedOutput(two).parameters)
    }
  }

  /// The same data with genotypes in a store.
  private func stored(_ summary: DataSummary, in store: MemoryStore) throws -> DataSummary {
    var result = summary
    let genotypes = try #require(summary.companions[Genotypes.self])
    var writer = StoredGenotypes.Writer(donorCount: genotypes.donorCount, into: store)
    for variant in 0..<genotypes.variantCount {
      writer.append(genotypes.donors.indices.map { min(genotypes[$0, variant], 3) })
    }
    writer.finish()
    result.companions[Genotypes.self] = nil
    result.companions[StoredGenotypes.self] = StoredGenotypes(
      donors: genotypes.donors, variants: genotypes.variants, in: store)
    return result
  }

  @Test func onlySamplesOfTheMinibatchMove() throws {
    let model = try problem.model { $0.batch = 5 }
    var run = TBLDARun(model, try problem.lanes(model))
    _ = try run.step()
    let before = run.lanes[0].saved.samples
    _ = try run.step()
    let moved = (0..<60).filter { before.row($0) != run.lanes[0].saved.samples.row($0) }
    #expect(Set(moved.map { problem.donors[$0] }).count == 5 && moved.count == 15)
  }
}
