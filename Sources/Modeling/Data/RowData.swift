public import LinearAlgebra

/// The rows of one lane, as they come from a file.
public struct RowData: Sendable {
  /// Which rows of the whole data.
  public let rows: Range<Int>
  /// Their values, modality by modality in the order of the summary. A row that was not measured is empty.
  public let matrices: [RowMatrix]

  /// Rows and their values in each modality.
  public init(rows: Range<Int>, matrices: [RowMatrix]) {
    self.rows = rows
    self.matrices = matrices
  }

  /// Rows of one modality and their values.
  public init(rows: Range<Int>, matrix: RowMatrix) {
    self.init(rows: rows, matrices: [matrix])
  }

  /// The values of the only modality.
  ///
  /// - Precondition: there is one.
  public var matrix: RowMatrix {
    precondition(matrices.count == 1, "rows of \(matrices.count) modalities")
    return matrices[0]
  }
}

/// The values of some rows.
public enum RowMatrix: Sendable {
  /// Counts, of which most are zero.
  case counts(CompressedCounts)
  /// Real values, a row of the matrix a row of the data.
  case reals(Matrix<Double>)
}
