/// Turns stored values into counts, or says which cell and gene has none.
struct CountSink: RowSink {
  let matrix: StoredMatrix
  let map: ColumnMap
  var statistics: ColumnStatistics
  /// Takes a row: its number, ascending columns, counts of which none is zero.
  let append: (Int, UnsafeBufferPointer<Int32>, UnsafeBufferPointer<UInt32>) -> Void
  private var columns: [Int32] = []
  private var counts: [UInt32] = []

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
    columns.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
    for position in stored.indices {
      guard let count = values[position].asCount else {
        throw refusal(values[position].asDouble, row, Int(stored[position]))
      }
      if count == 0 { continue }
      let target = map.isIdentity ? stored[position] : map.targets[Int(stored[position])]
      if target < 0 { continue }
      columns.append(target)
      counts.append(count)
    }
    if !map.isIdentity, zip(columns, columns.dropFirst()).contains(where: { $0 > $1 }) {
      let order = columns.indices.sorted { columns[$0] < columns[$1] }
      columns = order.map { columns[$0] }
      counts = order.map { counts[$0] }
    }
    columns.withUnsafeBufferPointer { columns in
      counts.withUnsafeBufferPointer { counts in
        statistics.add(row: row, columns: columns, counts: counts)
        append(row, columns, counts)
      }
    }
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
    return file.file.error(
      matrix.place,
      "of cell \(file.rowName(row)), gene \(file.columnName(column, of: matrix.source)) is \(what). Count models need raw counts (0, 1, 2, …)\(CountSource.advice(file, besides: matrix.source))"
    )
  }
}
