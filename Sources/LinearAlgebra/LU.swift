import COpenBLAS
import RealModule

/// The factorisation of a general square matrix with row exchanges, for solving and inverting.
///
/// LAPACK's dgetrf on Aᵀ (which is how a row-major A looks to it).
public struct LU: Sendable {
  private let factor: Matrix<Double>
  private let pivots: [Int32]

  /// Factors `matrix`.
  ///
  /// - Precondition: the matrix is square.
  /// - Throws: ``LinearAlgebraError/singular(position:)``, ``LinearAlgebraError/notFinite(row:column:)``.
  /// - Complexity: O(2 n³ / 3).
  public init(_ matrix: Matrix<Double>) throws(LinearAlgebraError) {
    let order = matrix.rowCount
    precondition(order == matrix.columnCount, "LU of \(order) × \(matrix.columnCount)")
    try matrix.checkFinite()
    var factor = matrix
    var pivots = [Int32](repeating: 0, count: order)
    var info: Int32 = 0
    if order > 0 {
      // lapack_int LAPACKE_dgetrf(layout, m, n, a, lda, ipiv)
      factor.withUnsafeMutableElements { elements in
        info = LAPACKE_dgetrf(
          LAPACK_COL_MAJOR, Int32(order), Int32(order), elements.baseAddress,
          Int32(order), &pivots)
      }
    }
    if info != 0 { throw .singular(position: Int(info) - 1) }
    self.factor = factor
    self.pivots = pivots
  }

  /// A⁻¹.
  public func inverse() -> Matrix<Double> {
    let order = factor.rowCount
    var inverse = factor
    guard order > 0 else { return inverse }
    inverse.withUnsafeMutableElements { elements in
      let info = LAPACKE_dgetri(
        LAPACK_COL_MAJOR, Int32(order), elements.baseAddress, Int32(order), pivots)
      precondition(info == 0, "dgetri failed on a factor without zeros (info \(info))")
    }
    return inverse
  }
}
