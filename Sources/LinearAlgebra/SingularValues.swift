import COpenBLAS

/// The thin singular value decomposition A = U diag(values) Vᵀ.
///
/// With A m × n and k = min(m, n): U is m × k, Vᵀ is k × n. LAPACK's dgesdd. Each right vector's entry of
/// largest size is positive (the first of equals), so that the same matrix always gives the same result.
public struct SingularValueDecomposition: Sendable {
  /// U; column i is the left singular vector i.
  public let left: Matrix<Double>
  /// The singular values, descending, none negative.
  public let values: [Double]
  /// Vᵀ; row i is the right singular vector i.
  public let rightTransposed: Matrix<Double>

  /// Decomposes `matrix`.
  ///
  /// - Throws: ``LinearAlgebraError/notFinite(row:column:)``, ``LinearAlgebraError/notConverged(routine:code:)``.
  public init(_ matrix: Matrix<Double>) throws(LinearAlgebraError) {
    try matrix.checkFinite()
    let (rowCount, columnCount) = (matrix.rowCount, matrix.columnCount)
    let count = min(rowCount, columnCount)
    var work = matrix
    var values = [Double](repeating: 0, count: count)
    var left = Matrix<Double>(rowCount: rowCount, columnCount: count)
    var right = Matrix<Double>(rowCount: count, columnCount: columnCount)
    var info: Int32 = 0
    if count > 0 {
      // LAPACK sees Aᵀ = V diag U ᵀ: its left vectors are our right ones, and nothing is copied.
      // lapack_int LAPACKE_dgesdd(layout, jobz, m, n, a, lda, s, u, ldu, vt, ldvt)
      work.withUnsafeMutableElements { a in
        right.withUnsafeMutableElements { v in
          left.withUnsafeMutableElements { u in
            info = LAPACKE_dgesdd(
              LAPACK_COL_MAJOR, CChar(UInt8(ascii: "S")), Int32(columnCount),
              Int32(rowCount), a.baseAddress, Int32(columnCount), &values,
              v.baseAddress, Int32(columnCount), u.baseAddress, Int32(count))
          }
        }
      }
    }
    if info != 0 { throw .notConverged(routine: "dgesdd", code: Int(info)) }
    let signs = right.makeRowSignsDefinite()
    left.withUnsafeMutableElements { u in
      for row in 0..<rowCount {
        for column in 0..<count { u[row * count + column] *= signs[column] }
      }
    }
    self.left = left
    self.values = values
    rightTransposed = right
  }

  /// How many singular values exceed `tolerance` times the largest.
  public func rank(tolerance: Double) -> Int {
    let limit = tolerance * (values.first ?? 0)
    return values.prefix { $0 > limit }.count
  }

  /// The least-squares solution X of A X = B with the smallest norm; smaller singular values than
  /// `tolerance` times the largest count as 0.
  ///
  /// - Precondition: B has as many rows as A.
  public func leastSquares(_ right: Matrix<Double>, tolerance: Double) -> Matrix<Double> {
    var projected = matrixProduct(left, right, transposing: .first)
    let kept = rank(tolerance: tolerance)
    let width = right.columnCount
    projected.withUnsafeMutableElements { elements in
      for row in 0..<values.count {
        for index in row * width..<(row + 1) * width {
          elements[index] = row < kept ? elements[index] / values[row] : 0
        }
      }
    }
    return matrixProduct(rightTransposed, projected, transposing: .first)
  }
}
