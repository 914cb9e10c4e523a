/// Turns stored values into counts, or says which cell and gene has none.
struct CountSink: RowSink {
  let matrix: StoredMatrix
  let map: ColumnMap
  var statistics: ColumnStatistics
  /// Takes a row: its number, ascending columns, counts of which none is zero.
  let append: (Int, UnsafeBufferPointer<Int32>, UnsafeBufferPointer<UInt32>) -> Void
  private let buffers = RowBuffers()

  init(
    _ matrix: StoredMatrix, map: ColumnMap,
    append: @escaping (Int, UnsafeBufferPointer<Int32>, UnsafeBufferPointer<UInt32>) -> Void
  ) {
    self.matrix = matrix
    self.map = map
    self.append = append
    statistics = ColumnStatistics(columnCount: map.count)
  }

  mutating func add<Value: StoredValue>(
    row: Int, columns stored: UnsafeBufferPointer<Int32>, values: UnsafeBufferPointer<Value>
  ) throws(StorageError) {
    buffers.reserve(stored.count)
    let (columns, counts) = (buffers.columns, buffers.counts)
    var length = 0
    for position in stored.indices {
      guard let count = values[position].asCount ?? rounded(values[position]) else {
        if matrix.leavesOut(Int(stored[position])) { continue }
        throw refusal(values[position].asDouble, row, Int(stored[position]))
      }
      let target = map.isIdentity ? stored[position] : map.targets[Int(stored[position])]
      // Written always, kept if it counts: no branch to mispredict.
      columns[length] = target
      counts[length] = count
      length += count == 0 || target < 0 ? 0 : 1
    }
    if !map.isIdentity { buffers.sort(length) }
    let row = (
      number: row, columns: UnsafeBufferPointer(rebasing: columns[..<length]),
      counts: UnsafeBufferPointer(rebasing: counts[..<length])
    )
    statistics.add(row: row.number, columns: row.columns, counts: row.counts)
    append(row.number, row.columns, row.counts)
  }

  private func rounded(_ value: some StoredValue) -> UInt32? {
    matrix.file.reading.rounds ? value.asRoundedCount : nil
  }

  private func refusal(_ value: Double, _ row: Int, _ column: Int) -> StorageError {
    let what =
      if value.isNaN {
        "missing (NaN)"
      } else if value < 0 {
        "negative: \(value)"
      } else if value >= 0x1p31 {
        "\(value), larger than 2147483647"
      } else {
        "\(value), not a whole number"
      }
    let file = matrix.file
    return matrix.error(
      "",
      "of cell \(file.rowName(row)), gene \(file.columnName(column, of: matrix.source)) is \(what). Count models need raw counts (0, 1, 2, …)\(CountSource.advice(file, besides: matrix.source))\(value > 0 ? CountSource.adviceOnRounding : "")"
    )
  }
}

/// Memory for one row, used again for the next.
private final class RowBuffers {
  private(set) var columns = UnsafeMutableBufferPointer<Int32>.allocate(capacity: 0)
  private(set) var counts = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: 0)

  deinit {
    columns.deallocate()
    counts.deallocate()
  }

  /// Room for so many entries; contents undefined.
  func reserve(_ count: Int) {
    guard count > columns.count else { return }
    columns.deallocate()
    counts.deallocate()
    columns = .allocate(capacity: 2 * count)
    counts = .allocate(capacity: 2 * count)
  }

  /// Puts the first entries in the order of their columns.
  func sort(_ length: Int) {
    let isSorted = (1..<max(1, length)).allSatisfy { columns[$0 - 1] < columns[$0] }
    if isSorted { return }
    let sorted = (0..<length).map { (column: columns[$0], count: counts[$0]) }
      .sorted { $0.column < $1.column }
    for (position, entry) in sorted.enumerated() {
      (columns[position], counts[position]) = entry
    }
  }
}
