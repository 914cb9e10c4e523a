/// Solves A x = b for one small symmetric positive definite matrix, in place and without allocation.
///
/// For the many systems of order up to about 30 of Newton steps, where a LAPACK call would cost more than
/// the arithmetic. Every element is one fixed chain of operations: the bits depend on nothing but the input.
///
/// - Parameters:
///   - matrix: order × order, row by row; only the lower triangle is read, and it is replaced by L.
///   - right: b, replaced by x.
/// - Returns: `false` where A is not positive definite (or holds NaN); then both are destroyed.
/// - Complexity: order³ / 6 multiplications.
public func solvePositiveDefinite(
  _ matrix: UnsafeMutablePointer<Double>, order: Int, right: UnsafeMutablePointer<Double>
) -> Bool {
  for column in 0..<order {
    let columnRow = matrix + column * order
    var pivot = columnRow[column]
    for k in 0..<column { pivot -= columnRow[k] * columnRow[k] }
    guard pivot > 0, pivot.isFinite else { return false }
    let root = pivot.squareRoot()
    columnRow[column] = root
    for row in column + 1..<max(order, column + 1) {
      let rowStart = matrix + row * order
      var sum = rowStart[column]
      for k in 0..<column { sum -= rowStart[k] * columnRow[k] }
      rowStart[column] = sum / root
    }
  }
  for row in 0..<order {  // L y = b
    var sum = right[row]
    for k in 0..<row { sum -= matrix[row * order + k] * right[k] }
    right[row] = sum / matrix[row * order + row]
  }
  for row in stride(from: order - 1, through: 0, by: -1) {  // Lᵀ x = y
    var sum = right[row]
    for k in row + 1..<max(order, row + 1) { sum -= matrix[k * order + row] * right[k] }
    right[row] = sum / matrix[row * order + row]
  }
  return true
}
