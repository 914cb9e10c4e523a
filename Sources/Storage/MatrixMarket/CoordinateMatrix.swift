/// A matrix in a text file, read through once to check every line, then once more for the rows wanted.
protocol CoordinateMatrix: Sendable {
  /// Whether the entries come row by row.
  var isSorted: Bool { get }
  /// Where the entries of each row start, and the end.
  var pointers: [Int64] { get }
  /// The first values, to tell counts from others.
  var sample: [(row: Int, column: Int, value: Double)] { get }

  /// Calls `body` with every entry, in the order of the file, until it returns false.
  func forEachEntry(
    _ body: (_ row: Int, _ column: Int, _ value: Double) throws(StorageError) -> Bool
  ) throws(StorageError)
}
