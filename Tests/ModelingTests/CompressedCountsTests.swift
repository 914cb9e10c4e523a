import Modeling
import Probability
import Testing

@Suite struct CompressedCountsTests {
  private func rows(
    _ count: Int, columns: Int, density: Double, largest: Int, seed: UInt64 = 1
  ) -> [[(Int32, UInt32)]] {
    (0..<count).map { row in
      var stream = RandomSource(seed: seed).stream("compressed rows", index: row)
      return (0..<columns).compactMap { column in
        stream.uniform() < density
          ? (Int32(column), UInt32(1 + stream.integer(below: largest))) : nil
      }
    }
  }

  private func compressed(_ rows: [[(Int32, UInt32)]], columns: Int) throws -> CompressedCounts {
    var builder = CompressedCounts.Builder(columnCount: columns)
    for row in rows { try builder.appendRow(columns: row.map(\.0), values: row.map(\.1)) }
    return builder.build()
  }

  private func entries(_ counts: CompressedCounts, _ row: Int) -> [(Int32, UInt32)] {
    var entries: [(Int32, UInt32)] = []
    counts.forEachNonZero(inRow: row) { entries.append((Int32($0), $1)) }
    return entries
  }

  @Test(arguments: [1, 200, 254, 255, 256, 70_000, 2_000_000_000])
  func everyCountComesBack(largest: Int) throws {
    for columns in [1, 255, 256, 257, 1000] {
      let rows = rows(20, columns: columns, density: 0.4, largest: largest)
      let counts = try compressed(rows, columns: columns)
      #expect(counts.rowCount == 20)
      for row in rows.indices {
        #expect(entries(counts, row).elementsEqual(rows[row], by: ==))
        #expect(counts.total(ofRow: row) == rows[row].reduce(0) { $0 + UInt64($1.1) })
        #expect(counts.maximum(ofRow: row) == rows[row].map(\.1).max() ?? 0)
        #expect(counts.nonZeroCount(ofRow: row) == rows[row].count)
      }
    }
  }

  @Test func aFullChunkHolds256Columns() throws {
    let row = (0..<512).map { (Int32($0), UInt32($0 + 1)) }
    let counts = try compressed([row, [], row], columns: 512)
    #expect(entries(counts, 0).elementsEqual(row, by: ==))
    #expect(entries(counts, 1).isEmpty)
    #expect(entries(counts, 2).elementsEqual(row, by: ==))
  }

  @Test func unsortedColumnsAreSortedAndZerosLeftOut() throws {
    var builder = CompressedCounts.Builder(columnCount: 10)
    try builder.appendRow(columns: [7, 2, 5], values: [1, 300, 0] as [UInt32])
    let counts = builder.build()
    #expect(entries(counts, 0).elementsEqual([(2, 300), (7, 1)], by: ==))
  }

  @Test func wrongColumnsAreRefused() {
    var builder = CompressedCounts.Builder(columnCount: 10)
    #expect(throws: CompressedCounts.RowError.outOfRange(column: 10, columnCount: 10)) {
      try builder.appendRow(columns: [1, 10], values: [1, 1] as [UInt32])
    }
    #expect(throws: CompressedCounts.RowError.outOfRange(column: -1, columnCount: 10)) {
      try builder.appendRow(columns: [-1], values: [1] as [UInt32])
    }
    #expect(throws: CompressedCounts.RowError.duplicate(column: 3)) {
      try builder.appendRow(columns: [3, 1, 3], values: [1, 1, 1] as [UInt32])
    }
    #expect(builder.rowCount == 0)
  }

  @Test(arguments: [(0.07, 8), (0.01, 8), (0.07, 60_000), (0.01, 3000)])
  func anEntryTakesAtMostFourBytes(density: Double, largest: Int) throws {
    let counts = try compressed(
      rows(50, columns: 28_000, density: density, largest: largest), columns: 28_000)
    #expect(Double(counts.byteCount) <= 4 * Double(counts.nonZeroCount))
  }
}
