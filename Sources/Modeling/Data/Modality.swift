/// One kind of measurement of the rows, such as transcripts, accessible regions or proteins: its columns, what is known of
/// them over all rows, and which rows have it.
///
/// The same on every rank; the values themselves are dealt out with the rows (``RowData``).
public struct Modality: Sendable {
  /// Its name in the file (`rna`); empty where the data have one modality that has no name.
  public var name: String
  /// Genes or other features: names and annotations.
  public var columns: Table
  /// What each column sums to over all rows.
  public var columnTotals: [Double]
  /// The largest value of each column.
  public var columnMaxima: [Double]
  /// In how many rows each column is not zero.
  public var columnNonZeros: [Int]
  /// For every row of the data whether it was measured; empty where all rows were.
  public var presence: [Bool] = []
  /// Matrices of `varm` that the model asked for, by name: a row for every column.
  public var columnMatrices: [String: NamedMatrix] = [:]

  /// A modality of all rows.
  ///
  /// - Precondition: a total, a maximum and a count for every column.
  public init(
    name: String = "", columns: Table, columnTotals: [Double], columnMaxima: [Double],
    columnNonZeros: [Int]
  ) {
    precondition(
      columnTotals.count == columns.count && columnMaxima.count == columns.count
        && columnNonZeros.count == columns.count, "every column has its statistics")
    self.name = name
    self.columns = columns
    self.columnTotals = columnTotals
    self.columnMaxima = columnMaxima
    self.columnNonZeros = columnNonZeros
  }

  /// Whether a row was measured.
  public func isPresent(_ row: Int) -> Bool { presence.isEmpty || presence[row] }
}

/// How many modalities of the data a model takes.
public enum ModalityRequest: Sendable, Equatable {
  /// One: the only one of the data, or the one that the user names.
  case one
  /// All that the data have.
  case all
}
