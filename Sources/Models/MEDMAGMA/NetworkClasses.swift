public import Graphs
public import LinearAlgebra
public import Modeling

/// Known classes of the rows, for comparison with networks: codes in the order of the names, −1 for none.
public struct NetworkClasses: Sendable, Equatable {
  /// For every row.
  public let codes: [Int]
  /// The names of the classes that occur, ascending.
  public let names: [String]

  /// The classes in a column of a table.
  ///
  /// - Parameter source: the file, or what else has the table, for messages.
  /// - Throws: `ModelError` where there is no such column, or fewer than two classes.
  public init(_ name: String, of rows: Table, in source: String) throws(ModelError) {
    let found = try rows.classes(name, in: source)
    let used = Set(found.codes.filter { $0 >= 0 })
    guard used.count > 1 else {
      throw ModelError(
        "\(source): \(name) has \(used.count == 1 ? "one class" : "no class"): there is nothing to compare networks with"
      )
    }
    let order = used.sorted { found.names[Int($0)] < found.names[Int($1)] }
    let code = Dictionary(uniqueKeysWithValues: zip(order, 0...))
    codes = found.codes.map { code[$0] ?? -1 }
    names = order.map { found.names[Int($0)] }
  }

  /// How well the networks of a precision matrix agree with the classes: the best over the published grid.
  ///
  /// Local.
  /// - Parameter rows: the rows that the matrix is about.
  /// - Throws: `GraphError`.
  public func agreement(
    of precision: Matrix<Double>, rows: [Int]
  ) throws(GraphError) -> [StepReport.Measure] {
    let scores = try NetworkScores(
      StrongestNeighbours(order: precision.rowCount, elements: precision.elements),
      classes: rows.map { codes[$0] }, tops: NetworkScores.tops,
      resolutions: NetworkScores.resolutions, isPublished: false)
    return scores.best.map { .init($0.name, $0.value) }
  }
}
