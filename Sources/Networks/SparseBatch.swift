/// The non-zero values of the rows of a minibatch, by row and, within a row, by chunk of columns, so that a
/// kernel working on one chunk finds its part of every row at once.
///
///     entries of (row, chunk):  starts[row · chunkCount + chunk] ..< starts[row · chunkCount + chunk + 1]
///
/// Columns increase within a row. Reused from batch to batch: `removeAll` keeps the storage.
public struct SparseBatch<Scalar: NetworkScalar>: Sendable {
  /// Columns of a chunk.
  public static var chunkWidth: Int { 256 }

  /// Columns of the data.
  public let columnCount: Int
  /// Chunks that they are cut into.
  public let chunkCount: Int
  /// Rows so far.
  public private(set) var rowCount = 0
  /// First entry of each (row, chunk), then the entry count.
  public private(set) var starts: [Int32] = [0]
  /// Column of each entry.
  public private(set) var columns: [Int32] = []
  /// Value of each entry.
  public private(set) var values: [Scalar] = []

  /// A batch without rows.
  public init(columnCount: Int) {
    self.columnCount = columnCount
    chunkCount = (columnCount + Self.chunkWidth - 1) / Self.chunkWidth
  }

  /// A batch whose entries are known.
  ///
  /// - Parameters:
  ///   - ends: end of the entries of each (row, chunk), in order.
  /// - Precondition: as many values as columns, which increase within a row.
  public init(columnCount: Int, ends: [Int32], columns: [Int32], values: [Scalar]) {
    self.init(columnCount: columnCount)
    precondition(ends.count.isMultiple(of: max(chunkCount, 1)) && values.count == columns.count)
    precondition(ends.last ?? 0 == columns.count)
    rowCount = ends.count / max(chunkCount, 1)
    starts += ends
    self.columns = columns
    self.values = values
  }

  /// Forgets the rows, keeps the storage.
  public mutating func removeAll() {
    rowCount = 0
    starts.removeAll(keepingCapacity: true)
    starts.append(0)
    columns.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
  }

  /// Adds an entry to the row being filled; columns must increase.
  public mutating func append(column: Int, value: Scalar) {
    fillStarts(upTo: rowCount * chunkCount + column / Self.chunkWidth)
    columns.append(Int32(truncatingIfNeeded: column))
    values.append(value)
  }

  /// Ends the row being filled.
  public mutating func endRow() {
    rowCount += 1
    fillStarts(upTo: rowCount * chunkCount)
  }

  /// Adds a whole row.
  ///
  /// - Precondition: columns increase and are below `columnCount`.
  public mutating func appendRow(columns: some Sequence<Int>, values: some Sequence<Scalar>) {
    for (column, value) in zip(columns, values) { append(column: column, value: value) }
    endRow()
  }

  private mutating func fillStarts(upTo last: Int) {
    let position = Int32(truncatingIfNeeded: columns.count)
    while starts.count <= last { starts.append(position) }
  }

  /// The entries of a row.
  public func entries(ofRow row: Int) -> Range<Int> {
    Int(starts[row * chunkCount])..<Int(starts[(row + 1) * chunkCount])
  }
}
