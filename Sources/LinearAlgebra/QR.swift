import COpenBLAS

/// The thin factorisation A = Q R of a matrix with at least as many rows as columns.
///
/// Q is m × n with orthonormal columns, R is n × n upper triangular with a diagonal ≥ 0 (which makes the
/// factorisation unique where A has full rank). LAPACK's dgelqf and dorglq on Aᵀ, which is A in memory.
public struct QR: Sendable {
  /// Q.
  public let orthonormal: Matrix<Double>
  /// R, zeros below the diagonal.
  public let triangular: Matrix<Double>

  /// Factors `matrix`.
  ///
  /// - Precondition: rowCount ≥ columnCount.
  /// - Throws: ``LinearAlgebraError/notFinite(row:column:)``.
  public init(_ matrix: Matrix<Double>) throws(LinearAlgebraError) {
    let (m, n) = (matrix.rowCount, matrix.columnCount)
    precondition(m >= n, "QR of \(m) × \(n): more columns than rows")
    try matrix.checkFinite()
    var q = matrix
    var r = Matrix<Double>(rowCount: n, columnCount: n)
    if n > 0 {
      q.withUnsafeMutableElements { a in
        var scalars = [Double](repeating: 0, count: n)
        // lapack_int LAPACKE_dgelqf(layout, m, n, a, lda, tau)
        var info = LAPACKE_dgelqf(
          LAPACK_COL_MAJOR, Int32(n), Int32(m), a.baseAddress, Int32(n), &scalars)
        precondition(info == 0, "dgelqf refused its arguments (info \(info))")
        r.withUnsafeMutableElements { r in
          for row in 0..<n {
            for column in row..<n { r[row * n + column] = a[row * n + column] }
          }
        }
        // lapack_int LAPACKE_dorglq(layout, m, n, k, a, lda, tau)
        info = LAPACKE_dorglq(
          LAPACK_COL_MAJOR, Int32(n), Int32(m), Int32(n), a.baseAddress,
          Int32(n), scalars)
        precondition(info == 0, "dorglq refused its arguments (info \(info))")
      }
    }
    for k in 0..<n where r[k, k] < 0 {
      for column in k..<n { r[k, column] = -r[k, column] }
      for row in 0..<m { q[row, k] = -q[row, k] }
    }
    orthonormal = q
    triangular = r
  }

  /// The columns of A that add nothing to those before them: R_kk ≤ tolerance · largest R_kk.
  ///
  /// Without pivoting this is a practical test for collinear covariates, not a bound on the condition.
  public func dependentColumns(tolerance: Double = 1e-10) -> [Int] {
    let diagonal = triangular.diagonal
    let limit = tolerance * (diagonal.max() ?? 0)
    return diagonal.indices.filter { diagonal[$0] <= limit }
  }

  /// B − Q Qᵀ B: what is left of the columns of B after regression on those of A.
  ///
  /// - Precondition: B has as many rows as A.
  public func residuals(_ right: Matrix<Double>) -> Matrix<Double> {
    var residuals = right
    let scores = matrixProduct(orthonormal, right, transposing: .first)
    residuals.setProduct(orthonormal, scores, alpha: -1, beta: 1)
    return residuals
  }
}
