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
    /// Entries so far.
    public var nonZeroCount: Int { counts.nonZeroCount }

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
      try check(columns)
      let firstChunk = counts.chunkSizes.count
      counts.chunkSizes.append(contentsOf: repeatElement(0, count: counts.chunkCount))
      func position(_ index: Int) -> Int { order.isEmpty ? index : order[index] }
      for index in 0..<columns.count {
        let place = position(index)
        let value = values[values.index(values.startIndex, offsetBy: place)]
        guard value != 0 else { continue }
        let column = Int(columns[columns.index(columns.startIndex, offsetBy: place)])
        counts.chunkSizes[firstChunk + column / chunkWidth] += 1
        counts.columns.append(UInt8(truncatingIfNeeded: column % chunkWidth))
        if value < 0xFF {
          counts.bytes.append(UInt8(value))
        } else {
          counts.bytes.append(0xFF)
          counts.large.append(value)
        }
      }
      counts.rowStarts.append(counts.columns.count)
      counts.largeStarts.append(counts.large.count)
    }

    /// The rows so far.
    ///
    /// Where more than an eighth of the counts need an escape, all counts take two bytes.
    public consuming func build() -> CompressedCounts {
      if counts.large.count > counts.columns.count / 8 { widen() }
      return counts
    }

    /// Finds out the order of increasing columns, and what is wrong with them.
    private mutating func check(
      _ columns: some RandomAccessCollection<Int32>
    ) throws(RowError) {
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
      let array = Array(columns)
      order = array.indices.sorted { array[$0] < array[$1] }
      for index in order.indices.dropFirst() where array[order[index]] == array[order[index - 1]] {
        throw RowError.duplicate(column: Int(array[order[index]]))
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
