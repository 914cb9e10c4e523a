/// Names and columns: AnnData's `obs` (a row a cell) or `var` (a row a gene).
public struct Table: Sendable, Equatable {
  /// The index: cell or gene names.
  public var names: [String]
  /// The columns, in the file's order.
  public var columns: [NamedColumn]

  /// A table.
  ///
  /// - Precondition: every column has as many values as there are names.
  public init(names: [String], columns: [NamedColumn] = []) {
    precondition(columns.allSatisfy { $0.column.count == names.count })
    self.names = names
    self.columns = columns
  }

  /// How many rows.
  public var count: Int { names.count }

  /// The column of that name.
  public subscript(name: String) -> Column? {
    columns.first { $0.name == name }?.column
  }

  /// The rows at these positions, in this order.
  public func selecting(_ positions: some Sequence<Int>) -> Table {
    let positions = Array(positions)
    return Table(
      names: positions.map { names[$0] },
      columns: columns.map { NamedColumn($0.name, $0.column.selecting(positions)) })
  }
}
