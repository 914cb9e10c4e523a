import LinearAlgebra
import Modeling

extension NetworkOutput {
  /// Graphs of two precision matrices, and the matrices themselves where they are asked for.
  ///
  /// - Parameter rowCount: rows of the data, kept or not.
  init(
    _ data: NetworkData, rows: Matrix<Double>, columns: Matrix<Double>, rowCount: Int,
    edges: EdgeRule, withMatrices: Bool
  ) {
    let all = Array(0..<data.columns.count)
    self.init(
      chosenColumns: data.columns,
      rowGraphs: [
        edges.graph(
          of: rows, vertices: data.rows, count: rowCount, otherCount: all.count,
          name: "connectivities")
      ],
      columnGraphs: [
        edges.graph(
          of: columns, vertices: all, count: all.count, otherCount: data.rows.count,
          name: "connectivities")
      ],
      rowMatrices: withMatrices
        ? [
          NamedMatrix(
            "precision", width: rowCount,
            elements: spread(rows, to: data.rows, data.rows, rowCount, rowCount))
        ] : [],
      columnMatrices: withMatrices
        ? [NamedMatrix("precision", width: all.count, elements: columns.elements.map { Float($0) })]
        : [],
      values: NamedMatrix(
        "X", width: all.count,
        elements: spread(data.matrix, to: data.rows, all, rowCount, all.count)))
  }
}

/// The elements of a matrix in their places of a larger one that is zero elsewhere.
private func spread(
  _ matrix: Matrix<Double>, to rows: [Int], _ columns: [Int], _ rowCount: Int, _ columnCount: Int
) -> [Float] {
  var elements = [Float](repeating: 0, count: rowCount * columnCount)
  for (row, place) in rows.enumerated() {
    for (column, value) in zip(columns, matrix.row(row)) {
      elements[place * columnCount + column] = Float(value)
    }
  }
  return elements
}
