/// What everyone knows about the data before a row is dealt out: the same on every rank.
public struct DataSummary: Sendable {
  /// Cells or samples: names and annotations, all of them.
  public var rows: Table
  /// What was measured of them; at least one.
  public var modalities: [Modality]
  /// Tells this data from other data: names, shape, totals and where it was read from within the file.
  public var fingerprint: String
  /// What belongs to the rows besides, such as genotypes.
  public var companions = Companions()
  /// Matrices of `obsm` that the model asked for, by name: all rows, on every rank.
  public var rowMatrices: [String: NamedMatrix] = [:]

  /// Data of some modalities.
  public init(rows: Table, modalities: [Modality], fingerprint: String) {
    self.rows = rows
    self.modalities = modalities
    self.fingerprint = fingerprint
  }

  /// Data of one modality.
  public init(
    rows: Table, columns: Table, columnTotals: [Double], columnMaxima: [Double],
    columnNonZeros: [Int], fingerprint: String
  ) {
    self.init(
      rows: rows,
      modalities: [
        Modality(
          columns: columns, columnTotals: columnTotals, columnMaxima: columnMaxima,
          columnNonZeros: columnNonZeros)
      ], fingerprint: fingerprint)
  }

  /// Cells or samples.
  public var rowCount: Int { rows.count }
}

// MARK: - Data of one modality

extension DataSummary {
  /// The only modality.
  ///
  /// - Precondition: there is one.
  public var modality: Modality {
    get {
      precondition(modalities.count == 1, "data of \(modalities.count) modalities")
      return modalities[0]
    }
    set { modalities = [newValue] }
  }

  /// Genes or other features of the only modality: names and annotations.
  public var columns: Table {
    get { modality.columns }
    set { modality.columns = newValue }
  }
  /// What each column sums to over all rows.
  public var columnTotals: [Double] {
    get { modality.columnTotals }
    set { modality.columnTotals = newValue }
  }
  /// The largest value of each column.
  public var columnMaxima: [Double] {
    get { modality.columnMaxima }
    set { modality.columnMaxima = newValue }
  }
  /// In how many rows each column is not zero.
  public var columnNonZeros: [Int] {
    get { modality.columnNonZeros }
    set { modality.columnNonZeros = newValue }
  }
  /// Matrices of `varm` that the model asked for, by name.
  public var columnMatrices: [String: NamedMatrix] {
    get { modality.columnMatrices }
    set { modality.columnMatrices = newValue }
  }
  /// Genes or other features of the only modality.
  public var columnCount: Int { columns.count }
  /// Stored values that are not zero.
  public var nonZeroCount: Int { columnNonZeros.reduce(0, +) }
}
