/// What a fit says about pairs of rows and pairs of columns. Its file has a column of `var` for each chosen
/// column of the data only.
public struct NetworkOutput: Sendable {
  /// The columns of the data that the networks are about, ascending.
  public var chosenColumns: [Int]
  /// Graphs of all rows: members of `obsp`.
  public var rowGraphs: [NamedGraph]
  /// Graphs of the chosen columns: members of `varp`.
  public var columnGraphs: [NamedGraph]
  /// Whole matrices of all rows: members of `obsp`.
  public var rowMatrices: [NamedMatrix]
  /// Whole matrices of the chosen columns: members of `varp`.
  public var columnMatrices: [NamedMatrix]
  /// The values they were learned from, rows × chosen columns: `X`.
  public var values: NamedMatrix

  /// What a fit says about pairs of rows and of columns.
  public init(
    chosenColumns: [Int], rowGraphs: [NamedGraph], columnGraphs: [NamedGraph],
    rowMatrices: [NamedMatrix], columnMatrices: [NamedMatrix], values: NamedMatrix
  ) {
    self.chosenColumns = chosenColumns
    self.rowGraphs = rowGraphs
    self.columnGraphs = columnGraphs
    self.rowMatrices = rowMatrices
    self.columnMatrices = columnMatrices
    self.values = values
  }
}
