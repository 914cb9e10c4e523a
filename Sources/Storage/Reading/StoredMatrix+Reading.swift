public import Modeling

extension StoredMatrix {
  /// Hands the counts of these rows over, row by row: ascending columns, no zeros; empty rows too.
  ///
  /// Local.
  /// - Returns: what was seen, of these rows only.
  /// - Throws: `StorageError` naming cell and gene where a value is negative, fractional, not finite or beyond
  ///   2³¹ − 1; where a column index is out of range, or an entry is stored twice.
  package func forEachRowOfCounts(
    in ranges: [Range<Int>], map: ColumnMap? = nil,
    _ body: (Int, UnsafeBufferPointer<Int32>, UnsafeBufferPointer<UInt32>) -> Void
  ) throws(StorageError) -> ColumnStatistics {
    var result = Result<ColumnStatistics, StorageError>.success(.init(columnCount: 0))
    withoutActuallyEscaping(body) { body in
      var sink = CountSink(self, map: placing(map), append: body)
      do throws(StorageError) {
        try visit(ranges, &sink)
        result = .success(sink.statistics)
      } catch {
        result = .failure(error)
      }
    }
    return try result.get()
  }

  /// These rows with their zeros, row-major: for models of real values.
  ///
  /// Local.
  /// - Throws: `StorageError` naming cell and gene where a value is not finite.
  public func reals(
    in range: Range<Int>, map: ColumnMap? = nil
  ) throws(StorageError) -> [Double] {
    let map = placing(map)
    var sink = RealSink(matrix: self, map: map, firstRow: range.lowerBound)
    sink.values = Array(repeating: 0, count: range.count * map.count)
    try visit([range], &sink)
    return sink.values
  }

  /// What everyone has to know of the counts, once the statistics are everyone's.
  ///
  /// - Parameters:
  ///   - rows: `obs`, all of it.
  ///   - columns: the genes after the column map.
  ///   - statistics: after `sum(with:)`.
  /// - Returns: the summary, and warnings about genes and cells without counts.
  /// - Throws: `StorageError` where all counts are zero.
  public func summary(
    rows: Table, columns: Table, statistics: ColumnStatistics
  ) throws(StorageError) -> (summary: DataSummary, warnings: [String]) {
    guard statistics.total > 0 else {
      throw error(
        "", "holds no count but zeros: there is nothing to fit")
    }
    var warnings: [String] = []
    let silent = statistics.emptyColumns
    if let first = silent.first {
      warnings.append(
        "\(file.path): /\(source): \(silent.count) of \(columns.count) features have no count in any cell (first: \(columns.names[first]))"
      )
    }
    if let first = statistics.firstEmptyRow {
      warnings.append(
        "\(file.path): /\(source): \(statistics.emptyRowCount) of \(rows.count) cells have no count (first: \(rows.names[first]))"
      )
    }
    var fingerprint = Fingerprint()
    fingerprint.add(source.description)
    fingerprint.add(rows.count)
    for name in rows.names { fingerprint.add(name) }
    fingerprint.add(columns.count)
    for name in columns.names { fingerprint.add(name) }
    for list in [statistics.totals, statistics.nonZeros, statistics.maxima] {
      for number in list { fingerprint.add(Int(number)) }
    }
    fingerprint.add(Int(statistics.content.value))
    return (
      DataSummary(
        rows: rows, columns: columns, columnTotals: statistics.totals.map(Double.init),
        columnMaxima: statistics.maxima.map(Double.init),
        columnNonZeros: statistics.nonZeros.map { Int($0) },
        fingerprint: fingerprint.description),
      warnings
    )
  }
}

/// Spreads rows out, zeros included.
private struct RealSink: RowSink {
  let matrix: StoredMatrix
  let map: ColumnMap
  let firstRow: Int
  var values: [Double] = []

  mutating func add<Value: StoredValue>(
    row: Int, columns: UnsafeBufferPointer<Int32>, values stored: UnsafeBufferPointer<Value>
  ) throws(StorageError) {
    let start = (row - firstRow) * map.count
    for (column, value) in zip(columns, stored) {
      let number = value.asDouble
      guard number.isFinite else {
        if matrix.leavesOut(Int(column)) { continue }
        let file = matrix.file
        throw matrix.error(
          "",
          "of cell \(file.rowName(row)), gene \(file.columnName(Int(column), of: matrix.source)) is \(number), expected a finite number"
        )
      }
      let target = Int(map.targets[Int(column)])
      if target >= 0 { values[start + target] = number }
    }
  }
}
