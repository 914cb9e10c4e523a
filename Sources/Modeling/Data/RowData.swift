public import LinearAlgebra

/// The rows of one lane, as they come from a file.
public struct RowData: Sendable {
  /// Which rows of the whole data.
  public let rows: Range<Int>
  /// Their values.
  public let matrix: RowMatrix

  /// Rows and their values.
  public init(rows: Range<Int>, matrix: RowMatrix) {
    self.rows = rows
    self.matrix = matrix
  }
}

/// The values of some rows.
public enum RowMatrix: Sendable {
  /// Counts.
  case counts(CompressedCounts)
  /// Real values, a row of the matrix a row of the data.
  case reals(Matrix<Double>)
}
