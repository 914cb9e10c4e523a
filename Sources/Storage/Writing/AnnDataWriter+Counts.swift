public import Modeling

extension ElementWriter {
  /// The group of a sparse matrix by rows, still without its three arrays.
  func sparseGroup(rows: Int, columns: Int, at place: String) throws(StorageError) {
    try file.createGroup(place)
    try file.mark(place, "csr_matrix", "0.1.0")
    try file.write(attribute: "shape", [Int64(rows), Int64(columns)], at: place)
  }
}

extension AnnDataWriter {
  /// Writes counts whose rows are spread over the ranks as a sparse matrix: `X` or `layers/NAME`.
  ///
  /// Stored as single precision, which the tools that read it expect of counts and which holds them exactly
  /// below 2²⁴; as double precision where a count is larger.
  ///
  /// Collective.
  /// - Parameter lanes: this rank's rows, ascending, with their counts.
  public func writeCounts<Ranks: RankGathering & ~Copyable>(
    _ place: String, rowCount: Int, columnCount: Int,
    lanes: [(rows: Range<Int>, counts: CompressedCounts)], with ranks: borrowing Ranks
  ) {
    // Everyone learns where its entries lie: entries of every lane, by its first row.
    let sizes = ranks.allGather(
      lanes.flatMap { [Int64($0.rows.lowerBound), Int64($0.counts.nonZeroCount)] })
    let largest = ranks.allGather([
      lanes.map { lane in
        (0..<lane.counts.rowCount).map { lane.counts.maximum(ofRow: $0) }.max() ?? 0
      }.max() ?? 0
    ])
    let pairs = sizes.flatMap { list in
      stride(from: 0, to: list.count, by: 2).map { (row: list[$0], count: Int(list[$0 + 1])) }
    }
    var starts: [Int64: Int] = [:]
    var total = 0
    // Lanes without rows share their first row with the next; they have no entries.
    for pair in pairs.sorted(by: { $0.row < $1.row }) where pair.count > 0 {
      starts[pair.row] = total
      total += pair.count
    }
    let entries = LaneEntries(
      lanes: lanes.filter { $0.counts.nonZeroCount > 0 }
        .map { (starts[Int64($0.rows.lowerBound)] ?? 0, $0.counts) })

    write { try $0.sparseGroup(rows: rowCount, columns: columnCount, at: self.place(place)) }
    if largest.joined().allSatisfy({ $0 < 1 << 24 }) {
      writeEntries(place + "/data", total, entries, ranks) { _, count in Float(count) }
    } else {
      writeEntries(place + "/data", total, entries, ranks) { _, count in Double(count) }
    }
    writeEntries(place + "/indices", total, entries, ranks) { column, _ in Int32(column) }

    let ends = RowEnds(
      lanes: lanes.filter { !$0.rows.isEmpty }.map { lane in
        let first = Int64(lane.rows.lowerBound)
        return (lane.rows, starts[first] ?? startOfEmpty(first, pairs), lane.counts)
      }, isFirst: ranks.rank == 0)
    writeRows(
      RowWriting(
        rowCount: rowCount + 1, width: 1, isVector: true, ownRows: ends.ranges, values: ends.values),
      place + "/indptr", ranks)
  }

  private func writeEntries<Element: HDF5Element, Ranks: RankGathering & ~Copyable>(
    _ place: String, _ total: Int, _ entries: LaneEntries, _ ranks: borrowing Ranks,
    _ element: @escaping (Int, UInt32) -> Element
  ) {
    writeRows(
      RowWriting(
        rowCount: total, width: 1, isVector: true, ownRows: entries.ranges,
        values: { entries.values(in: $0, element) }),
      place, ranks)
  }

  /// Where a lane without entries would have them.
  private func startOfEmpty(_ row: Int64, _ pairs: [(row: Int64, count: Int)]) -> Int {
    pairs.reduce(0) { $0 + ($1.row < row ? $1.count : 0) }
  }
}

/// Joins ranges that adjoin, so that a chunk over two lanes of one rank is that rank's.
private func joined(_ ranges: [Range<Int>]) -> [Range<Int>] {
  ranges.reduce(into: []) { joined, range in
    if let last = joined.last, last.upperBound == range.lowerBound {
      joined[joined.count - 1] = last.lowerBound..<range.upperBound
    } else {
      joined.append(range)
    }
  }
}

/// The entries of lanes by their position among all entries.
private struct LaneEntries {
  let lanes: [(start: Int, counts: CompressedCounts)]

  var ranges: [Range<Int>] { joined(lanes.map { $0.start..<$0.start + $0.counts.nonZeroCount }) }

  /// One element for each entry of a range.
  func values<Element>(in range: Range<Int>, _ element: (Int, UInt32) -> Element) -> [Element] {
    var values: [Element] = []
    values.reserveCapacity(range.count)
    for (start, counts) in lanes
    where start < range.upperBound && range.lowerBound < start + counts.nonZeroCount {
      var position = start
      for row in 0..<counts.rowCount {
        let count = counts.nonZeroCount(ofRow: row)
        if position + count > range.lowerBound && position < range.upperBound {
          var entry = position
          counts.forEachNonZero(inRow: row) { column, count in
            if range.contains(entry) { values.append(element(column, count)) }
            entry += 1
          }
        }
        position += count
      }
    }
    return values
  }
}

/// The end of every row among all entries: row r of the data is entry r + 1 of `indptr`, entry 0 is rank 0's.
private struct RowEnds {
  let lanes: [(rows: Range<Int>, start: Int, counts: CompressedCounts)]
  let isFirst: Bool

  var ranges: [Range<Int>] {
    joined((isFirst ? [0..<1] : []) + lanes.map { $0.rows.lowerBound + 1..<$0.rows.upperBound + 1 })
  }

  func values(_ range: Range<Int>) -> [Int64] {
    var values: [Int64] = range.contains(0) ? [0] : []
    for (rows, start, counts) in lanes where rows.overlaps(range.lowerBound - 1..<range.upperBound)
    {
      var end = start
      for row in 0..<counts.rowCount {
        end += counts.nonZeroCount(ofRow: row)
        if range.contains(rows.lowerBound + row + 1) { values.append(Int64(end)) }
      }
    }
    return values
  }
}
