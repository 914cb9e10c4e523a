/// What a model's settings ask to be read besides the values: matrices that annotate rows or columns.
public struct Attachments: Sendable, Equatable {
  /// Names in `obsm`: a row for every row of the data.
  public var rowMatrices: [String]
  /// Names in `varm`: a row for every column of the data.
  public var columnMatrices: [String]

  /// Nothing, unless named.
  public init(rowMatrices: [String] = [], columnMatrices: [String] = []) {
    self.rowMatrices = rowMatrices
    self.columnMatrices = columnMatrices
  }
}
