extension StoredMatrix {
  /// Rows out of coordinates: as they come where the file goes cell by cell (as Cell Ranger writes it); otherwise
  /// one more pass for every batch of rows whose entries fit in 144 MB.
  func visitCoordinates<Sink: RowSink>(
    _ ranges: [Range<Int>], _ market: any CoordinateMatrix, _ sink: inout Sink
  ) throws(StorageError) {
    let rows = ranges.flatMap { $0 }
    var first = 0
    while first < rows.count {
      var end = first
      var total = 0
      // Sorted entries are taken in one pass, a row at a time.
      while end < rows.count, market.isSorted || end == first || total < Slabs.transposed {
        total += Int(pointers[rows[end] + 1] - pointers[rows[end]])
        end += 1
      }
      if market.isSorted {
        try visitSorted(Array(rows[first..<end]), market, &sink)
      } else {
        try visitScattered(Array(rows[first..<end]), total, market, &sink)
      }
      first = end
    }
  }

  private func visitSorted<Sink: RowSink>(
    _ rows: [Int], _ market: any CoordinateMatrix, _ sink: inout Sink
  ) throws(StorageError) {
    var columns: [Int32] = []
    var values: [Double] = []
    var order = RowOrder<Double>()
    var next = 0
    func finish(before row: Int, _ sink: inout Sink) throws(StorageError) {
      while next < rows.count, rows[next] < row {
        try emit(rows[next], columns, values, &order, &sink)
        columns.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        next += 1
      }
    }
    try market.forEachEntry { row, column, value throws(StorageError) in
      if next < rows.count, rows[next] < row { try finish(before: row, &sink) }
      guard next < rows.count else { return false }
      if rows[next] == row {
        columns.append(Int32(column))
        values.append(value)
      }
      return true
    }
    try finish(before: .max, &sink)
  }

  private func visitScattered<Sink: RowSink>(
    _ rows: [Int], _ total: Int, _ market: any CoordinateMatrix, _ sink: inout Sink
  ) throws(StorageError) {
    var starts = [0]
    var slots: [Int: Int] = [:]
    for (slot, row) in rows.enumerated() {
      slots[row] = slot
      starts.append(starts[slot] + Int(pointers[row + 1] - pointers[row]))
    }
    var ends = starts
    var columns = [Int32](repeating: 0, count: total)
    var values = [Double](repeating: 0, count: total)
    try market.forEachEntry { row, column, value throws(StorageError) in
      guard let slot = slots[row] else { return true }
      columns[ends[slot]] = Int32(column)
      values[ends[slot]] = value
      ends[slot] += 1
      return true
    }
    var order = RowOrder<Double>()
    for (slot, row) in rows.enumerated() {
      let entries = starts[slot]..<starts[slot + 1]
      try emit(row, Array(columns[entries]), Array(values[entries]), &order, &sink)
    }
  }

  private func emit<Sink: RowSink>(
    _ row: Int, _ columns: [Int32], _ values: [Double], _ order: inout RowOrder<Double>,
    _ sink: inout Sink
  ) throws(StorageError) {
    var failure: StorageError?
    columns.withUnsafeBufferPointer { columns in
      values.withUnsafeBufferPointer { values in
        do throws(StorageError) { try add(row, columns, values, &order, &sink) } catch {
          failure = error
        }
      }
    }
    if let failure { throw failure }
  }
}
