extension CompressedCounts {
  /// Takes rows one after the other and makes them `CompressedCounts`.
  public struct Builder: Sendable {
    private var counts: CompressedCounts
    private var order: [Int] = []

    /// A builder for rows of so many columns.
    public init(columnCount: Int) {
      counts = CompressedCounts(columnCount: columnCount)
    }

    /// Rows so far.
    public var rowCount: Int { counts.rowCount }

    /// Makes room for entries and rows still to come.
    public mutating func reserve(rows: Int, nonZeros: Int) {
      counts.rowStarts.reserveCapacity(counts.rowStarts.count + rows)
      counts.largeStarts.reserveCapacity(counts.largeStarts.count + rows)
      counts.chunkSizes.reserveCapacity(counts.chunkSizes.count + rows * counts.chunkCount)
      counts.columns.reserveCapacity(counts.columns.count + nonZeros)
      counts.bytes.reserveCapacity(counts.bytes.count + nonZeros)
    }

    /// Adds a row.
    ///
    /// Columns may come in any order; zeros are left out.
    /// - Throws: `RowError` for a column out of range or twice in the row; the row is then not added.
    public mutating func appendRow(
      columns: some RandomAccessCollection<Int32>, values: some RandomAccessCollection<UInt32>
    ) throws(RowError) {
      precondition(columns.count == values.count)
      var failure: RowError?
      // Generic code is not specialised across modules: arrays and buffers go to one that is concrete.
      let isDone: Void?? = columns.withContiguousStorageIfAvailable { columns in
        values.withContiguousStorageIfAvailable { values in
          do throws(RowError) { try append(columns, values) } catch { failure = error }
        }
      }
      if let failure { throw failure }
      if case .some(.some) = isDone { return }
      try appendRow(columns: Array(columns), values: Array(values))
    }

    private mutating func append(
      _ columns: UnsafeBufferPointer<Int32>, _ values: UnsafeBufferPointer<UInt32>
    ) throws(RowError) {
      try check(columns)
      if order.isEmpty && !values.contains(0) {
        appendOrdered(columns, values)
      } else {
        let places = (order.isEmpty ? Array(columns.indices) : order).filter { values[$0] != 0 }
        let ordered = (columns: places.map { columns[$0] }, values: places.map { values[$0] })
        ordered.columns.withUnsafeBufferPointer { columns in
          ordered.values.withUnsafeBufferPointer { appendOrdered(columns, $0) }
        }
      }
    }

    /// Adds a row of increasing columns without zeros.
    private mutating func appendOrdered(
      _ columns: UnsafeBufferPointer<Int32>, _ values: UnsafeBufferPointer<UInt32>
    ) {
      let firstChunk = counts.chunkSizes.count
      let first = counts.columns.count
      let entryCount = columns.count
      counts.chunkSizes.append(contentsOf: repeatElement(0, count: counts.chunkCount))
      counts.columns.append(contentsOf: repeatElement(0, count: entryCount))
      counts.bytes.append(contentsOf: repeatElement(0, count: entryCount))
      var largest: UInt32 = 0
      counts.chunkSizes.withUnsafeMutableBufferPointer { sizes in
        counts.columns.withUnsafeMutableBufferPointer { shortColumns in
          counts.bytes.withUnsafeMutableBufferPointer { bytes in
            for entry in 0..<entryCount {
              let column = Int(columns[entry])
              let value = values[entry]
              sizes[firstChunk &+ column / chunkWidth] &+= 1
              shortColumns[first &+ entry] = UInt8(truncatingIfNeeded: column % chunkWidth)
              bytes[first &+ entry] = UInt8(truncatingIfNeeded: min(value, 0xFF))
              largest = max(largest, value)
            }
          }
        }
      }
      if largest >= 0xFF { counts.large.append(contentsOf: values.filter { $0 >= 0xFF }) }
      counts.rowStarts.append(counts.columns.count)
      counts.largeStarts.append(counts.large.count)
    }

    /// The rows so far.
    ///
    /// Where more than an eighth of the counts need an escape, all counts take two bytes.
    public consuming func build() -> CompressedCounts {
      if counts.large.count > counts.columns.count / 8 { widen() }
      // Arrays that grew may have room for twice as much.
      Self.trim(&counts.columns)
      Self.trim(&counts.bytes)
      Self.trim(&counts.chunkSizes)
      Self.trim(&counts.large)
      return counts
    }

    private static func trim<Value>(_ values: inout [Value]) {
      guard values.capacity > values.count + values.count / 16 + 64 else { return }
      values = values.withUnsafeBufferPointer { Array($0) }
    }

    /// Finds out the order of increasing columns, and what is wrong with them.
    private mutating func check(_ columns: UnsafeBufferPointer<Int32>) throws(RowError) {
      order.removeAll(keepingCapacity: true)
      var isIncreasing = true
      var previous: Int32 = -1
      for column in columns {
        guard column >= 0, Int(column) < counts.columnCount else {
          throw RowError.outOfRange(column: Int(column), columnCount: counts.columnCount)
        }
        if column <= previous { isIncreasing = false }
        previous = column
      }
      if isIncreasing { return }
      order = columns.indices.sorted { columns[$0] < columns[$1] }
      for index in order.indices.dropFirst()
      where columns[order[index]] == columns[order[index - 1]] {
        throw RowError.duplicate(column: Int(columns[order[index]]))
      }
    }

    private mutating func widen() {
      var large: [UInt32] = []
      var words: [UInt16] = []
      words.reserveCapacity(counts.bytes.count)
      var nextLarge = 0
      for row in 0..<counts.rowCount {
        for entry in counts.rowStarts[row]..<counts.rowStarts[row + 1] {
          var value = UInt32(counts.bytes[entry])
          if value == 0xFF {
            value = counts.large[nextLarge]
            nextLarge += 1
          }
          if value < 0xFFFF {
            words.append(UInt16(value))
          } else {
            words.append(0xFFFF)
            large.append(value)
          }
        }
        counts.largeStarts[row + 1] = large.count
      }
      counts.words = words
      counts.large = large
      counts.bytes = []
    }
  }

  /// Why a row cannot be added.
  public enum RowError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A column that the data does not have.
    case outOfRange(column: Int, columnCount: Int)
    /// A column that stands twice in a row.
    case duplicate(column: Int)

    /// What is wrong.
    public var description: String {
      switch self {
      case .outOfRange(let column, let columnCount):
        "column index \(column) is outside 0 ..< \(columnCount)"
      case .duplicate(let column): "column index \(column) stands twice in one row"
      }
    }
  }
}
