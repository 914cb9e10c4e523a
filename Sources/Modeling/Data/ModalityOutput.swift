/// A second modality of a fit: rows, columns, and matrices about them, the same on every rank.
public struct ModalityOutput: Sendable {
  /// The modality of the data themselves: `rna`.
  public let mainName: String
  /// Its own name: `genotype`.
  public let name: String
  /// The rows' table, `obs`.
  public let rows: Table
  /// The columns' table, `var`.
  public let columns: Table
  /// Matrices about the rows, `obsm`.
  public let rowMatrices: [NamedMatrix]
  /// Matrices about the columns, `varm`.
  public let columnMatrices: [NamedMatrix]

  /// A modality.
  ///
  /// - Precondition: the matrices have a row for every row, or column.
  public init(
    mainName: String, name: String, rows: Table, columns: Table, rowMatrices: [NamedMatrix] = [],
    columnMatrices: [NamedMatrix] = []
  ) {
    precondition(rowMatrices.allSatisfy { $0.elements.count == rows.count * $0.width })
    precondition(columnMatrices.allSatisfy { $0.elements.count == columns.count * $0.width })
    self.mainName = mainName
    self.name = name
    self.rows = rows
    self.columns = columns
    self.rowMatrices = rowMatrices
    self.columnMatrices = columnMatrices
  }
}
