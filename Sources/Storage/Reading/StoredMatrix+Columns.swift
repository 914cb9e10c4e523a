extension StoredMatrix {
  /// Rows out of a matrix stored by columns: one pass counts the entries of each row, then the file is read
  /// again for every batch of rows whose entries fit in 96 MB.
  ///
  /// Every rank reads the whole file at least twice. Store large matrices by rows (csr_matrix).
  func visitSparseColumns<Value: StoredValue, Sink: RowSink>(
    _ ranges: [Range<Int>], _ values: HDF5Dataset, _ indices: HDF5Dataset,
    as type: Value.Type, _ sink: inout Sink
  ) throws(StorageError) {
    let rows = ranges.flatMap { $0 }
    guard !rows.isEmpty else { return }
    // Where a row stands among the wanted ones, or −1.
    var slots = [Int32](repeating: -1, count: storedRowCount)
    for (slot, row) in rows.enumerated() { slots[row] = Int32(slot) }
    let counts = try entryCounts(indices, slots, rows.count)
    let wanted = WantedRows(rows: rows, slots: slots, counts: counts)

    var first = 0
    while first < rows.count {
      var end = first
      var total = 0
      while end < rows.count, end == first || total + counts[end] <= Slabs.transposed {
        total += counts[end]
        end += 1
      }
      try visitBatch(wanted, first..<end, values, indices, as: type, &sink)
      first = end
    }
  }

  /// How many entries each wanted row has; also checks all row indices.
  private func entryCounts(
    _ indices: HDF5Dataset, _ slots: [Int32], _ count: Int
  ) throws(StorageError) -> [Int] {
    var counts = [Int](repeating: 0, count: count)
    var slab = Slab<Int32>()
    for start in stride(from: 0, to: storedCount, by: Int(Slabs.entries)) {
      try slab.read(indices, start: [start], count: [min(Int(Slabs.entries), storedCount - start)])
      for (offset, row) in slab.buffer.enumerated() {
        guard row >= 0, row < storedRowCount else {
          throw indices.error(
            "has the index \(row) at position \(start + offset), expected 0..<\(storedRowCount) (cells)"
          )
        }
        let slot = Int(slots[Int(row)])
        if slot >= 0 { counts[slot] += 1 }
      }
    }
    return counts
  }

  /// The rows that are read, with what one pass over the file told of them.
  private struct WantedRows {
    /// Their numbers in the file, in the order of their slots.
    let rows: [Int]
    /// For every row of the file its place among `rows`, or −1.
    let slots: [Int32]
    /// How many entries each of them has.
    let counts: [Int]
  }

  private func visitBatch<Value: StoredValue, Sink: RowSink>(
    _ wanted: WantedRows, _ batch: Range<Int>, _ values: HDF5Dataset, _ indices: HDF5Dataset,
    as type: Value.Type, _ sink: inout Sink
  ) throws(StorageError) {
    var starts = [0]
    for slot in batch { starts.append(starts[starts.count - 1] + wanted.counts[slot]) }
    var ends = starts
    var columns = Slab<Int32>()
    var stored = Slab<Value>()
    columns.resize(starts[batch.count])
    stored.resize(starts[batch.count])
    let (columnsOut, valuesOut) = (columns.mutable, stored.mutable)

    var rowSlab = Slab<Int32>()
    var valueSlab = Slab<Value>()
    var column = 0
    for start in stride(from: 0, to: storedCount, by: Int(Slabs.entries)) {
      let count = min(Int(Slabs.entries), storedCount - start)
      try rowSlab.read(indices, start: [start], count: [count])
      try valueSlab.read(values, start: [start], count: [count])
      for offset in 0..<count {
        while start + offset >= Int(pointers[column + 1]) { column += 1 }
        let slot = Int(wanted.slots[Int(rowSlab.buffer[offset])])
        guard batch.contains(slot) else { continue }
        let position = ends[slot - batch.lowerBound]
        ends[slot - batch.lowerBound] += 1
        columnsOut[position] = Int32(column)
        valuesOut[position] = valueSlab.buffer[offset]
      }
    }
    var order = RowOrder<Value>()
    for slot in batch {
      let entries = starts[slot - batch.lowerBound]..<starts[slot - batch.lowerBound + 1]
      try add(
        wanted.rows[slot], .init(rebasing: columns.buffer[entries]),
        .init(rebasing: stored.buffer[entries]), &order, &sink)
    }
  }
}
