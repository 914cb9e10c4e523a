/// Rows of counts in about 2 to 3 bytes a non-zero.
///
/// Columns are cut into chunks of 256, so that within a chunk a column is one byte:
///
/// | Part | For each | Bytes |
/// |---|---|---|
/// | column within its chunk | non-zero | 1 |
/// | count, or the largest number of its width as an escape | non-zero | 1, or 2 where counts are large |
/// | the count behind an escape | such a count | 4 |
/// | entries of a row in a chunk | row and chunk | 2 |
/// | start in the arrays above | row | 16 |
///
/// At 28 000 genes and 7 % non-zeros that is 2.1 bytes a non-zero, at 1 % 2.9.
///
/// Rows are read whole: `forEachNonZero(inRow:)` goes through increasing columns.
public struct CompressedCounts: Sendable, Equatable {
  /// Columns of a chunk.
  public static var chunkWidth: Int { 256 }

  /// Columns of the data.
  public let columnCount: Int
  /// Chunks the columns are cut into.
  public let chunkCount: Int
  @usableFromInline var rowStarts: [Int] = [0]
  @usableFromInline var largeStarts: [Int] = [0]
  @usableFromInline var chunkSizes: [UInt16] = []
  @usableFromInline var columns: [UInt8] = []
  @usableFromInline var bytes: [UInt8] = []
  @usableFromInline var words: [UInt16] = []
  @usableFromInline var large: [UInt32] = []

  init(columnCount: Int) {
    self.columnCount = columnCount
    chunkCount = (columnCount + Self.chunkWidth - 1) / Self.chunkWidth
  }

  /// How many rows have been taken in.
  public var rowCount: Int { rowStarts.count - 1 }
  /// Entries, all of them not zero.
  public var nonZeroCount: Int { columns.count }

  /// Bytes of the arrays.
  public var byteCount: Int {
    columns.count + bytes.count + 2 * words.count + 4 * large.count + 2 * chunkSizes.count
      + MemoryLayout<Int>.size * (rowStarts.count + largeStarts.count)
  }

  /// How many entries a row has.
  public func nonZeroCount(ofRow row: Int) -> Int { rowStarts[row + 1] - rowStarts[row] }

  /// Calls `body` with the column and count of every entry of a row, by increasing column.
  @inlinable
  public func forEachNonZero(inRow row: Int, _ body: (_ column: Int, _ count: UInt32) -> Void) {
    var entry = rowStarts[row]
    var nextLarge = largeStarts[row]
    let isWide = !words.isEmpty
    for chunk in 0..<chunkCount {
      let base = chunk &* CompressedCounts.chunkWidth
      let end = entry &+ Int(chunkSizes[row &* chunkCount &+ chunk])
      while entry < end {
        var count = isWide ? UInt32(words[entry]) : UInt32(bytes[entry])
        if count == (isWide ? 0xFFFF : 0xFF) {
          count = large[nextLarge]
          nextLarge &+= 1
        }
        body(base &+ Int(columns[entry]), count)
        entry &+= 1
      }
    }
  }

  /// Sum of a row's counts.
  public func total(ofRow row: Int) -> UInt64 {
    var total: UInt64 = 0
    forEachNonZero(inRow: row) { total += UInt64($1) }
    return total
  }

  /// Largest count of a row; 0 for a row without entries.
  public func maximum(ofRow row: Int) -> UInt32 {
    var largest: UInt32 = 0
    forEachNonZero(inRow: row) { largest = max(largest, $1) }
    return largest
  }
}
