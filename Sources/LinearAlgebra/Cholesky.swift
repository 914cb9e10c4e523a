import COpenBLAS
import RealModule

/// The factorisation A = L Lᵀ of a symmetric positive definite matrix, L lower triangular.
///
/// Only the lower triangle of A is read. LAPACK's dpotrf.
public struct Cholesky: Sendable {
  /// L, with zeros above the diagonal.
  public let factor: Matrix<Double>

  /// Factors `matrix`.
  ///
  /// - Precondition: the matrix is square.
  /// - Throws: ``LinearAlgebraError/notPositiveDefinite(order:)``, ``LinearAlgebraError/notFinite(row:column:)``.
  /// - Complexity: O(n³ / 3).
  public init(_ matrix: consuming Matrix<Double>) throws(LinearAlgebraError) {
    let order = matrix.rowCount
    precondition(order == matrix.columnCount, "Cholesky of \(order) × \(matrix.columnCount)")
    try matrix.checkFinite()
    var factor = matrix
    var info: Int32 = 0
    if order > 0 {
      // Row-major lower is column-major upper, so that LAPACKE copies nothing.
      // lapack_int LAPACKE_dpotrf(layout, uplo, n, a, lda)
      factor.withUnsafeMutableElements { elements in
        info = LAPACKE_dpotrf(
          LAPACK_COL_MAJOR, upper, Int32(order), elements.baseAddress, Int32(order))
        for row in 0..<order {
          for column in row + 1..<max(order, row + 1) { elements[row * order + column] = 0 }
        }
      }
    }
    if info != 0 { throw .notPositiveDefinite(order: Int(info)) }
    self.factor = factor
  }

  /// A⁻¹ b.
  public func solve(_ right: [Double]) -> [Double] {
    let order = factor.rowCount
    precondition(right.count == order, "\(right.count) numbers, expected \(order)")
    var solution = right
    guard order > 0 else { return solution }
    solution.withUnsafeMutableBufferPointer { x in
      factor.withUnsafeElements { l in
        for orientation in [CblasNoTrans, CblasTrans] {
          // void cblas_dtrsv(order, uplo, trans, diag, N, A, lda, x, incx)
          cblas_dtrsv(
            CblasRowMajor, CblasLower, orientation, CblasNonUnit, blasint(order), l.baseAddress,
            blasint(order), x.baseAddress, 1)
        }
      }
    }
    return solution
  }

  /// A⁻¹, symmetric to the bit.
  ///
  /// LAPACK's dpotri, a third of the work of solving for the identity.
  public func inverse() -> Matrix<Double> {
    let order = factor.rowCount
    var inverse = factor
    guard order > 0 else { return inverse }
    inverse.withUnsafeMutableElements { elements in
      let info = LAPACKE_dpotri(
        LAPACK_COL_MAJOR, upper, Int32(order), elements.baseAddress, Int32(order))
      precondition(info == 0, "dpotri failed on a factor without zeros (info \(info))")
    }
    inverse.copyLowerTriangleUp()
    return inverse
  }
}

/// LAPACK's letter for the upper triangle.
let upper = CChar(UInt8(ascii: "U"))
