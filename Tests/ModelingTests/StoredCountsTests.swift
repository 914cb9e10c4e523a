import Modeling
import Probability
import TestSupport
import Testing

@Suite struct StoredCountsTests {
  private func counts(_ rowCount: Int, columns: Int, largest: Int) throws -> CompressedCounts {
    var builder = CompressedCounts.Builder(columnCount: columns)
    for row in 0..<rowCount {
      var stream = RandomSource(seed: 1).stream("stored rows", index: row)
      let own = (0..<columns).filter { _ in stream.uniform() < 0.4 }
      try builder.appendRow(
        columns: own.map { Int32($0) },
        values: own.map { _ in UInt32(1 + stream.integer(below: largest)) })
    }
    return builder.build()
  }

  @Test(arguments: [1, 254, 256, 70_000, 2_000_000_000])
  func allRowsComeBackAsTheyWere(largest: Int) throws {
    for columns in [1, 255, 257, 1000] {
      let store = MemoryStore()
      let counts = try counts(20, columns: columns, largest: largest)
      _ = store.append([1, 2, 3])
      let stored = StoredCounts(counts, in: store)
      #expect(stored.rowCount == 20 && stored.columnCount == columns)
      #expect(stored.rows(Array(0..<20)) == counts)
      #expect(store.readings == 1, "rows that adjoin take one reading")
    }
  }

  @Test func someRowsComeBackInTheirOrder() throws {
    let counts = try counts(30, columns: 300, largest: 5000)
    let store = MemoryStore()
    let some = StoredCounts(counts, in: store).rows([2, 3, 4, 17, 29])
    #expect(some.rowCount == 5 && store.readings == 3)
    for (index, row) in [2, 3, 4, 17, 29].enumerated() {
      var (one, other): ([UInt32], [UInt32]) = ([], [])
      counts.forEachNonZero(inRow: row) { one += [UInt32($0), $1] }
      some.forEachNonZero(inRow: index) { other += [UInt32($0), $1] }
      #expect(one == other)
    }
  }

  @Test func noRowsAreNone() throws {
    let stored = StoredCounts(try counts(3, columns: 5, largest: 9), in: MemoryStore())
    #expect(stored.rows([]).rowCount == 0)
    let empty = StoredCounts(try counts(0, columns: 5, largest: 9), in: MemoryStore())
    #expect(empty.rowCount == 0 && empty.rows([]).rowCount == 0)
  }

  @Test(arguments: [9, 70_000]) func lostRowsAreEmptyOnes(largest: Int) throws {
    let store = MemoryStore(goodReadings: 0)
    let lost = StoredCounts(try counts(4, columns: 600, largest: largest), in: store).rows([1, 2])
    #expect(lost.rowCount == 2 && lost.nonZeroCount == 0)
    #expect(store.failure != nil)
  }
}
