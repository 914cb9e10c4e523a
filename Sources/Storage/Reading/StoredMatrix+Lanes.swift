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

  /// Room for what the file says a lane has, so that growing arrays do not double the memory.
  private func reserve(_ lane: Range<Int>, of builder: inout CompressedCounts.Builder) {
    guard layout == .sparseRows else { return }
    builder.reserve(
      rows: lane.count, nonZeros: Int(pointers[lane.upperBound] - pointers[lane.lowerBound]))
  }
}
