public import Modeling

extension StoredMatrix {
  /// The counts of some lanes, compressed while they are read.
  ///
  /// Local. Memory: the compressed counts, and a few MB more for the slab being read (96 MB where the file is
  /// stored by columns).
  /// - Parameters:
  ///   - lanes: the rows of each lane, ascending; empty lanes give empty counts.
  ///   - map: which columns go where; all as they are if nil.
  /// - Returns: the lanes' counts, and what was seen of these rows.
  /// - Throws: `StorageError` as `forEachRowOfCounts`.
  public func counts(
    ofLanes lanes: [Range<Int>], map: ColumnMap? = nil
  ) throws(StorageError) -> (lanes: [CompressedCounts], statistics: ColumnStatistics) {
    try counts(ofLanes: lanes, map: map, as: { $0 })
  }

  /// The counts of some lanes, each handed over as soon as it is read.
  ///
  /// Local. Memory: the counts of one lane beside what is kept of the others.
  /// - Parameter kept: what becomes of a lane's counts.
  /// - Throws: `StorageError` as `forEachRowOfCounts`.
  public func counts<Kept>(
    ofLanes lanes: [Range<Int>], map: ColumnMap? = nil, as kept: (CompressedCounts) -> Kept
  ) throws(StorageError) -> (lanes: [Kept], statistics: ColumnStatistics) {
    let columnCount = map?.count ?? self.columnCount
    var finished: [Kept] = []
    finished.reserveCapacity(lanes.count)
    var builder = CompressedCounts.Builder(columnCount: columnCount)
    let statistics = try forEachRowOfCounts(in: lanes.filter { !$0.isEmpty }, map: map) {
      row, columns, counts in
      while row >= lanes[finished.count].upperBound || lanes[finished.count].isEmpty {
        finished.append(kept(builder.build()))
        builder = .init(columnCount: columnCount)
      }
      if builder.rowCount == 0 { reserve(lanes[finished.count], of: &builder) }
      do {
        try builder.appendRow(columns: columns, values: counts)
      } catch {
        // The columns were checked and sorted before they came here.
        preconditionFailure("\(error)")
      }
    }
    while finished.count < lanes.count {
      finished.append(kept(builder.build()))
      builder = .init(columnCount: columnCount)
    }
    return (finished, statistics)
  }

  /// The counts of rows in any order, −1 for rows that are not there: those are empty.
  ///
  /// Local. Memory: the counts of these rows, twice for a moment.
  /// - Throws: `StorageError` as `forEachRowOfCounts`.
  public func counts(
    ofRows rows: [Int], map: ColumnMap? = nil
  ) throws(StorageError) -> (counts: CompressedCounts, statistics: ColumnStatistics) {
    let order = RowPlaces(rows)
    var columns = [[Int32]](repeating: [], count: rows.count)
    var values = [[UInt32]](repeating: [], count: rows.count)
    var next = 0
    let statistics = try forEachRowOfCounts(in: order.ranges, map: map) { _, found, counts in
      columns[order.positions[next]] = Array(found)
      values[order.positions[next]] = Array(counts)
      next += 1
    }
    var builder = CompressedCounts.Builder(columnCount: map?.count ?? columnCount)
    for (columns, values) in zip(columns, values) {
      do { try builder.appendRow(columns: columns, values: values) } catch {
        // The columns were checked and sorted before they came here.
        preconditionFailure("\(error)")
      }
    }
    return (builder.build(), statistics)
  }

  /// Rows in any order with their zeros, row-major; −1 for rows that are not there: those are zero.
  ///
  /// Local.
  /// - Throws: `StorageError` naming cell and gene where a value is not finite.
  public func reals(ofRows rows: [Int], map: ColumnMap? = nil) throws(StorageError) -> [Double] {
    let order = RowPlaces(rows)
    let width = map?.count ?? columnCount
    var values = [Double](repeating: 0, count: rows.count * width)
    var next = 0
    for range in order.ranges {
      let read = try reals(in: range, map: map)
      for row in 0..<range.count {
        let start = order.positions[next] * width
        values.replaceSubrange(start..<start + width, with: read[row * width..<(row + 1) * width])
        next += 1
      }
    }
    return values
  }

  /// Room for what the file says a lane has, so that growing arrays do not double the memory.
  private func reserve(_ lane: Range<Int>, of builder: inout CompressedCounts.Builder) {
    guard layout == .sparseRows, file.reading.rows == nil else { return }
    builder.reserve(
      rows: lane.count, nonZeros: Int(pointers[lane.upperBound] - pointers[lane.lowerBound]))
  }
}

/// A list of rows as a file is best read: ascending ranges, and where each row of them stands in the list.
private struct RowPlaces {
  private(set) var ranges: [Range<Int>] = []
  let positions: [Int]

  init(_ rows: [Int]) {
    positions = rows.indices.filter { rows[$0] >= 0 }.sorted { rows[$0] < rows[$1] }
    for row in positions.lazy.map({ rows[$0] }) {
      if let last = ranges.last, last.upperBound == row {
        ranges[ranges.count - 1] = last.lowerBound..<row + 1
      } else {
        ranges.append(row..<row + 1)
      }
    }
  }
}
