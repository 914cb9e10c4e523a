public import LinearAlgebra

/// The silhouette of every row, Euclidean distances:
///
///     s_i = (b_i − a_i) / max(a_i, b_i)
///
/// a_i is the mean distance to the other rows of the same class, b_i the least mean distance to another
/// class. 0 for the only row of a class, and where all distances are 0.
///
/// Distances come in blocks of rows, ‖x‖² + ‖y‖² − 2 x·y by one product each: O(N² L) time, O(N) memory.
/// - Precondition: one label for each row; at least two different labels.
/// Source: P. J. Rousseeuw, Silhouettes, J. Comput. Appl. Math. 20:53–65, 1987,
/// doi:10.1016/0377-0427(87)90125-7.
public func silhouettes(_ points: Matrix<Double>, labels: [Int]) -> [Double] {
  silhouettes(of: Array(0..<points.rowCount), points, labels: labels)
}

/// The mean silhouette over all rows.
public func meanSilhouette(_ points: Matrix<Double>, labels: [Int]) -> Double {
  let values = silhouettes(points, labels: labels)
  return values.reduce(0, +) / Double(values.count)
}

/// The silhouettes of chosen rows only, each against all rows: O(chosen · N · L) time.
///
/// For large data: a keyed random choice of a few thousand rows (``Probability``'s
/// `RandomStream.sample`) estimates the mean silhouette without bias.
/// - Precondition: as for all rows.
public func silhouettes(of chosen: [Int], _ points: Matrix<Double>, labels: [Int]) -> [Double] {
  let rowCount = points.rowCount
  precondition(labels.count == rowCount, "\(labels.count) labels for \(rowCount) rows")
  let classes = Set(labels).sorted()
  precondition(classes.count >= 2, "a silhouette needs two classes")
  let codeOf = Dictionary(uniqueKeysWithValues: zip(classes, 0...))
  let codes = labels.map { codeOf[$0] ?? 0 }
  var sizes = [Int](repeating: 0, count: classes.count)
  for code in codes { sizes[code] += 1 }

  // Centred, so that the difference of squares loses no digits to a common offset.
  let centred = columnCentred(points)
  let squares = (0..<rowCount).map { row in centred.row(row).reduce(0) { $0 + $1 * $1 } }
  let blockSize = 64
  var result: [Double] = []
  for start in stride(from: 0, to: chosen.count, by: blockSize) {
    let rows = chosen[start..<min(start + blockSize, chosen.count)]
    let block = Matrix(
      rowCount: rows.count, columnCount: centred.columnCount,
      elements: rows.flatMap { centred.row($0) })
    let products = matrixProduct(block, centred, transposing: .second)
    for (position, row) in rows.enumerated() {
      var sums = [Double](repeating: 0, count: classes.count)
      products.withUnsafeElements { products in
        for other in 0..<rowCount where other != row {
          let square =
            squares[row] + squares[other] - 2 * products[position * rowCount + other]
          sums[codes[other]] += max(square, 0).squareRoot()
        }
      }
      result.append(silhouette(sums, sizes, own: codes[row]))
    }
  }
  return result
}

private func silhouette(_ sums: [Double], _ sizes: [Int], own: Int) -> Double {
  if sizes[own] == 1 { return 0 }
  let inside = sums[own] / Double(sizes[own] - 1)
  var outside = Double.infinity
  for code in sums.indices where code != own {
    outside = min(outside, sums[code] / Double(sizes[code]))
  }
  let larger = max(inside, outside)
  return larger == 0 ? 0 : (outside - inside) / larger
}

private func columnCentred(_ points: Matrix<Double>) -> Matrix<Double> {
  let width = points.columnCount
  var means = [Double](repeating: 0, count: width)
  for row in 0..<points.rowCount {
    for (column, x) in points.row(row).enumerated() { means[column] += x }
  }
  for column in 0..<width { means[column] /= Double(max(points.rowCount, 1)) }
  var elements = points.elements
  for index in elements.indices { elements[index] -= means[index % width] }
  return Matrix(rowCount: points.rowCount, columnCount: width, elements: elements)
}
