public import Kernels

/// The eigenvalues of a symmetric matrix, and what its eigenvectors are made of: A = Q T Qᵀ, T = W diag(values) Wᵀ.
///
/// The values are there before the last third of the work, V = Q W, which several threads can
/// share by pieces, beside what needs the values alone.
public struct DividedEigen: Sendable {
  /// The eigenvalues, ascending.
  public let values: [Double]
  private let tridiagonal: Tridiagonal
  /// W, eigenvectors in rows.
  private let rows: Matrix<Double>
  /// The column of V that each row becomes.
  private let columns: [Int]

  /// Rows turned at once: fixed, so that the bits do not depend on the number of threads.
  private static let pieceRows = 128

  /// Eigenvalues by divide and conquer with these kernels.
  ///
  /// - Precondition: the matrix is square; only its lower triangle is read.
  /// - Throws: ``LinearAlgebraError/notFinite(row:column:)``, ``LinearAlgebraError/notConverged(routine:code:)``.
  /// - Complexity: O(3 n³), 4 n² numbers of memory.
  public init(
    _ matrix: consuming Matrix<Double>, by kernels: any SecularKernels
  ) throws(LinearAlgebraError) {
    let order = matrix.rowCount
    precondition(order == matrix.columnCount, "eigenvalues of \(order) × \(matrix.columnCount)")
    // Numbers of size 1, so that no square is too large or too small
    let size = try matrix.checkedSize()
    let scale = size > 0 && !(1e-100...1e100).contains(size) ? size : 1
    if scale != 1 { matrix.scale(by: 1 / scale) }
    tridiagonal = try Tridiagonal(matrix)
    let solved = try TridiagonalEigen(
      diagonal: tridiagonal.diagonal, offDiagonal: tridiagonal.offDiagonal, by: kernels)
    values = solved.ascending.map { solved.values[$0] * scale }
    rows = solved.vectors
    var columns = [Int](repeating: 0, count: order)
    for (column, row) in solved.ascending.enumerated() { columns[row] = column }
    self.columns = columns
  }

  /// Pieces of the work that finds the eigenvectors.
  public var pieceCount: Int { (rows.rowCount + Self.pieceRows - 1) / Self.pieceRows }

  /// Finds some of V's columns. Several threads may call it, each for other pieces.
  ///
  /// - Parameters:
  ///   - piece: 0 ..< `pieceCount`.
  ///   - vectors: V, order × order, row by row.
  public func find(_ piece: Int, of vectors: UnsafeMutablePointer<Double>) {
    let order = rows.rowCount
    let own = piece * Self.pieceRows..<min((piece + 1) * Self.pieceRows, order)
    var turned = Array(rows.elements[own.lowerBound * order..<own.upperBound * order])
    let tile = 32
    turned.withUnsafeMutableBufferPointer { turned in
      guard let base = turned.baseAddress else { return }
      tridiagonal.apply(toRows: base, rowCount: own.count)
      for start in stride(from: 0, to: order, by: tile) {
        for (place, row) in own.enumerated() {
          let (target, source) = (vectors + columns[row], base + place * order)
          for index in start..<min(start + tile, order) { target[index * order] = source[index] }
        }
      }
    }
  }

  /// V: the eigenvectors in columns, orthonormal, in the order of `values`; of either sign.
  public func vectors() -> Matrix<Double> {
    var vectors = Matrix<Double>(rowCount: rows.rowCount, columnCount: rows.rowCount)
    vectors.withUnsafeMutableBase { base in
      for piece in 0..<pieceCount { find(piece, of: base) }
    }
    return vectors
  }
}
