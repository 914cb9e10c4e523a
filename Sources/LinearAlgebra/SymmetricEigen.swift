import COpenBLAS
public import Kernels

/// The eigenvalues and eigenvectors of a symmetric matrix: A = V diag(values) Vᵀ.
///
/// LAPACK's dsyevd for all of them, dsyevr for the largest few. Only the lower triangle of A is read.
/// Each eigenvector's entry of largest size is positive (the first of equals), so that the same matrix always
/// gives the same result; the vectors of equal eigenvalues are an arbitrary, but reproducible, basis.
public struct SymmetricEigen: Sendable {
  /// The eigenvalues, ascending.
  public let values: [Double]
  /// The eigenvectors: column k belongs to `values[k]`; orthonormal.
  public let vectors: Matrix<Double>

  /// All eigenvalues and eigenvectors.
  ///
  /// - Precondition: the matrix is square.
  /// - Throws: ``LinearAlgebraError/notFinite(row:column:)``, ``LinearAlgebraError/notConverged(routine:code:)``.
  /// - Complexity: O(9 n³), 3 n² numbers of memory.
  public init(_ matrix: Matrix<Double>) throws(LinearAlgebraError) {
    let order = matrix.rowCount
    precondition(order == matrix.columnCount, "eigenvalues of \(order) × \(matrix.columnCount)")
    try matrix.checkFinite()
    var rows = matrix
    var values = [Double](repeating: 0, count: order)
    var info: Int32 = 0
    if order > 0 {
      // lapack_int LAPACKE_dsyevd(layout, jobz, uplo, n, a, lda, w)
      rows.withUnsafeMutableElements { elements in
        info = LAPACKE_dsyevd(
          LAPACK_COL_MAJOR, CChar(UInt8(ascii: "V")), upper, Int32(order),
          elements.baseAddress, Int32(order), &values)
      }
    }
    if info != 0 { throw .notConverged(routine: "dsyevd", code: Int(info)) }
    rows.makeRowSignsDefinite()
    self.values = values
    vectors = rows.transposed()
  }

  /// The same faster, for matrices whose eigenvectors may have either sign, see `DividedEigen`.
  ///
  /// - Precondition: the matrix is square.
  /// - Throws: ``LinearAlgebraError/notFinite(row:column:)``, ``LinearAlgebraError/notConverged(routine:code:)``.
  /// - Complexity: O(9 n³), 4 n² numbers of memory.
  public init(
    _ matrix: consuming Matrix<Double>, by kernels: any SecularKernels
  ) throws(LinearAlgebraError) {
    let eigen = try DividedEigen(matrix, by: kernels)
    values = eigen.values
    vectors = eigen.vectors()
  }

  /// The `count` largest eigenvalues (still ascending) and their eigenvectors.
  ///
  /// - Precondition: the matrix is square, 0 ≤ count ≤ its order.
  /// - Throws: As for all of them.
  public init(_ matrix: Matrix<Double>, largest count: Int) throws(LinearAlgebraError) {
    let order = matrix.rowCount
    precondition(order == matrix.columnCount, "eigenvalues of \(order) × \(matrix.columnCount)")
    precondition(count >= 0 && count <= order, "\(count) eigenvalues of a matrix of order \(order)")
    try matrix.checkFinite()
    var work = matrix
    var values = [Double](repeating: 0, count: order)
    var rows = Matrix<Double>(rowCount: count, columnCount: order)
    var info: Int32 = 0
    if count > 0 {
      var found: Int32 = 0
      var support = [Int32](repeating: 0, count: 2 * order)
      // lapack_int LAPACKE_dsyevr(layout, jobz, range, uplo, n, a, lda, vl, vu, il, iu, abstol, m, w, z, ldz, isuppz)
      work.withUnsafeMutableElements { a in
        rows.withUnsafeMutableElements { z in
          info = LAPACKE_dsyevr(
            LAPACK_COL_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "I")), upper,
            Int32(order), a.baseAddress, Int32(order), 0, 0,
            Int32(order - count + 1), Int32(order), 0, &found, &values, z.baseAddress,
            Int32(order), &support)
        }
      }
      if info != 0 || found != Int32(count) {
        throw .notConverged(routine: "dsyevr", code: Int(info))
      }
    }
    rows.makeRowSignsDefinite()
    self.values = Array(values.prefix(count))
    vectors = rows.transposed()
  }

  /// V diag(f(values)) Vᵀ, symmetric to the bit.
  public func rebuilt(with function: (Double) -> Double) -> Matrix<Double> {
    var scaled = vectors
    let factors = values.map(function)
    scaled.withUnsafeMutableElements { elements in
      for row in 0..<vectors.rowCount {
        for column in 0..<factors.count {
          elements[row * factors.count + column] *= factors[column]
        }
      }
    }
    var result = matrixProduct(scaled, vectors, transposing: .second)
    result.copyLowerTriangleUp()
    return result
  }
}

extension Matrix where Scalar == Double {
  /// Turns every row round whose entry of largest size (the first of equals) is negative.
  ///
  /// - Returns: −1 for each row that was turned, 1 for the others.
  @discardableResult
  mutating func makeRowSignsDefinite() -> [Double] {
    let (rowCount, columnCount) = (self.rowCount, self.columnCount)
    var signs = [Double](repeating: 1, count: rowCount)
    withUnsafeMutableElements { elements in
      for row in 0..<rowCount {
        let entries = row * columnCount..<(row + 1) * columnCount
        var largest = 0.0
        for index in entries where abs(elements[index]) > abs(largest) { largest = elements[index] }
        guard largest < 0 else { continue }
        signs[row] = -1
        for index in entries { elements[index] = -elements[index] }
      }
    }
    return signs
  }
}
