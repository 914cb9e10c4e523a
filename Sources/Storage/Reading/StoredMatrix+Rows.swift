extension StoredMatrix {
  /// Hands every row of these ranges to the sink, in order; empty rows too.
  ///
  /// - Precondition: ranges ascend and do not overlap.
  func visit<Sink: RowSink>(_ ranges: [Range<Int>], _ sink: inout Sink) throws(StorageError) {
    precondition(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
    precondition(ranges.last.map { $0.upperBound <= rowCount } ?? true)
    guard let rows = file.reading.rows else { return try visitStored(ranges, &sink) }
    var chosen = ChosenRows(sink, numbers: ranges.flatMap { $0 }, rows: rows)
    try visitStored(chosen.runs, &chosen)
    sink = chosen.sink
  }

  /// Likewise, rows by their places in the file.
  private func visitStored<Sink: RowSink>(
    _ ranges: [Range<Int>], _ sink: inout Sink
  ) throws(StorageError) {
    let values: HDF5Dataset
    switch content {
    case .coordinates(let market): return try visitCoordinates(ranges, market, &sink)
    case .dense(let dataset), .sparse(let dataset, _): values = dataset
    }
    switch values.description.kind {
    case .boolean: try visit(ranges, values, as: Int8.self, &sink)
    case .integer(let bytes, let isSigned) where bytes < 4 || (bytes == 4 && isSigned):
      try visit(ranges, values, as: Int32.self, &sink)
    case .integer: try visit(ranges, values, as: Int64.self, &sink)
    case .real(let bytes) where bytes <= 4: try visit(ranges, values, as: Float.self, &sink)
    default: try visit(ranges, values, as: Double.self, &sink)
    }
  }

  private func visit<Value: StoredValue, Sink: RowSink>(
    _ ranges: [Range<Int>], _ values: HDF5Dataset, as type: Value.Type, _ sink: inout Sink
  ) throws(StorageError) {
    guard case .sparse(_, let indices) = content else {
      return try visitDense(ranges, values, as: type, &sink)
    }
    switch layout {
    case .sparseRows: try visitSparseRows(ranges, values, indices, as: type, &sink)
    default: try visitSparseColumns(ranges, values, indices, as: type, &sink)
    }
  }

  // MARK: - Sparse rows

  private func visitSparseRows<Value: StoredValue, Sink: RowSink>(
    _ ranges: [Range<Int>], _ values: HDF5Dataset, _ indices: HDF5Dataset,
    as type: Value.Type, _ sink: inout Sink
  ) throws(StorageError) {
    var columns = Slab<Int32>()
    var stored = Slab<Value>()
    var order = RowOrder<Value>()
    for range in ranges {
      var first = range.lowerBound
      while first < range.upperBound {
        var end = first + 1
        while end < range.upperBound, pointers[end + 1] - pointers[first] <= Slabs.entries {
          end += 1
        }
        let start = Int(pointers[first])
        let count = Int(pointers[end]) - start
        try columns.read(indices, start..<start + count, decoderCount: file.decoderCount)
        try stored.read(values, start..<start + count, decoderCount: file.decoderCount)
        for row in first..<end {
          let entries = Int(pointers[row]) - start..<Int(pointers[row + 1]) - start
          try add(
            row, .init(rebasing: columns.buffer[entries]), .init(rebasing: stored.buffer[entries]),
            &order, &sink)
        }
        first = end
      }
    }
  }

  /// Checks the columns of a row, sorts them if need be, and passes it on.
  func add<Value: StoredValue, Sink: RowSink>(
    _ row: Int, _ columns: UnsafeBufferPointer<Int32>, _ values: UnsafeBufferPointer<Value>,
    _ order: inout RowOrder<Value>, _ sink: inout Sink
  ) throws(StorageError) {
    var before: Int32 = -1
    var isAscending = true
    for column in columns {
      isAscending = isAscending && column > before
      before = column
    }
    if isAscending && Int(before) < storedColumnCount {
      return try sink.add(row: row, columns: columns, values: values)
    }
    if let position = columns.firstIndex(where: { $0 < 0 || Int($0) >= storedColumnCount }) {
      throw error(
        "/indices",
        "has the index \(columns[position]) at position \(position) of the row of cell \(file.storedRowName(row)), expected 0..<\(storedColumnCount) (features)"
      )
    }
    order.sort(columns, values)
    for (left, right) in zip(order.columns, order.columns.dropFirst()) where left == right {
      throw error(
        "",
        "stores the entry of cell \(file.storedRowName(row)), gene \(file.columnName(Int(left), of: source)) twice. Sum the duplicates first (scipy: X.sum_duplicates())"
      )
    }
    var failure: StorageError?
    order.columns.withUnsafeBufferPointer { columns in
      order.values.withUnsafeBufferPointer { values in
        do throws(StorageError) {
          try sink.add(row: row, columns: columns, values: values)
        } catch { failure = error }
      }
    }
    if let failure { throw failure }
  }

  // MARK: - Dense

  private func visitDense<Value: StoredValue, Sink: RowSink>(
    _ ranges: [Range<Int>], _ values: HDF5Dataset, as type: Value.Type, _ sink: inout Sink
  ) throws(StorageError) {
    // Whole rows of chunks, so that no chunk is decoded twice.
    let chunkRows = values.description.chunk?.first ?? 1
    let wanted = max(1, Slabs.bytes / max(1, storedColumnCount * MemoryLayout<Value>.stride))
    let step = max(1, wanted / chunkRows) * chunkRows
    var slab = Slab<Value>()
    let row = DenseRow<Value>(columnCount: storedColumnCount)
    for range in ranges {
      var first = range.lowerBound
      while first < range.upperBound {
        let end = min(range.upperBound, (first / step + 1) * step)
        try slab.read(values, start: [first, 0], count: [end - first, storedColumnCount])
        for index in first..<end {
          let start = (index - first) * storedColumnCount
          let count = row.compress(.init(rebasing: slab.buffer[start..<start + storedColumnCount]))
          try sink.add(
            row: index, columns: .init(rebasing: row.columns.buffer[..<count]),
            values: .init(rebasing: row.values.buffer[..<count]))
        }
        first = end
      }
    }
  }
}

/// How much is read at once.
enum Slabs {
  /// Entries of a sparse matrix: 8 MB of indices and single-precision values.
  static let entries: Int64 = 1 << 20
  /// Bytes of a dense matrix.
  static let bytes = 8 << 20
  /// Entries that the transposition of sparse columns holds at once: 96 MB in single precision.
  static let transposed = 12 << 20
}

/// Memory that is used again for one slab after the other.
struct Slab<Element: HDF5Element>: ~Copyable {
  private var storage: UnsafeMutableBufferPointer<Element>
  private var count = 0

  init(capacity: Int = 0) { storage = .allocate(capacity: capacity) }

  deinit { storage.deallocate() }

  /// What was read last.
  var buffer: UnsafeBufferPointer<Element> { .init(rebasing: storage[..<count]) }
  /// All of the memory, to write to.
  var mutable: UnsafeMutableBufferPointer<Element> { storage }

  /// Makes room, contents undefined.
  mutating func resize(_ size: Int) {
    count = size
    guard size > storage.count else { return }
    storage.deallocate()
    storage = .allocate(capacity: size)
  }

  /// Replaces the contents.
  mutating func read(_ dataset: HDF5Dataset, start: [Int], count: [Int]) throws(StorageError) {
    resize(count.reduce(1, *))
    try dataset.read(start: start, count: count, into: .init(rebasing: storage[..<self.count]))
  }

  /// Replaces the contents by entries of a one-dimensional dataset, decoded by so many threads.
  mutating func read(
    _ dataset: HDF5Dataset, _ range: Range<Int>, decoderCount: Int
  ) throws(StorageError) {
    resize(range.count)
    let values = UnsafeMutableBufferPointer(rebasing: storage[..<count])
    if dataset.decodeChunks(of: range, into: values, threadCount: decoderCount) { return }
    try dataset.read(start: [range.lowerBound], count: [range.count], into: values)
  }
}

/// Puts the entries of a row in the order of their columns.
struct RowOrder<Value: StoredValue> {
  private(set) var columns: [Int32] = []
  private(set) var values: [Value] = []

  mutating func sort(_ columns: UnsafeBufferPointer<Int32>, _ values: UnsafeBufferPointer<Value>) {
    let order = columns.indices.sorted { columns[$0] < columns[$1] }
    self.columns = order.map { columns[$0] }
    self.values = order.map { values[$0] }
  }
}

/// The entries of a dense row that are not zero.
struct DenseRow<Value: StoredValue>: ~Copyable {
  let columns: Slab<Int32>
  let values: Slab<Value>

  init(columnCount: Int) {
    var columns = Slab<Int32>(capacity: columnCount)
    var values = Slab<Value>(capacity: columnCount)
    columns.resize(columnCount)
    values.resize(columnCount)
    self.columns = columns
    self.values = values
  }

  /// Fills `columns` and `values`; how many they are.
  func compress(_ row: UnsafeBufferPointer<Value>) -> Int {
    let (columns, values) = (columns.mutable, values.mutable)
    var count = 0
    for column in row.indices {
      // Written always, kept if not zero: no branch to mispredict.
      columns[count] = Int32(truncatingIfNeeded: column)
      values[count] = row[column]
      count += row[column].isZero ? 0 : 1
    }
    return count
  }
}
