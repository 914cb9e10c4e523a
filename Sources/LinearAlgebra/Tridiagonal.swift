import COpenBLAS

/// A = Q T Qᵀ, T tridiagonal, Q a product of reflections H₁ H₂ … with H = I − τ v vᵀ.
///
/// LAPACK's dsytrd; Q is applied by blocks of reflections, I − V S Vᵀ.
///
/// Source: R. Schreiber, C. Van Loan, A storage-efficient WY representation for products of Householder
/// transformations, SIAM J. Sci. Stat. Comput. 10, 1989.
struct Tridiagonal {
  /// The diagonal of T.
  let diagonal: [Double]
  /// What stands beside it.
  let offDiagonal: [Double]
  /// Row i holds v_i from its second entry on, which stands two places right of the diagonal; the first is 1.
  private let reflectors: Matrix<Double>
  private let factors: [Double]

  /// Reflections applied at once.
  private static let blockCount = 32

  /// - Precondition: the matrix is square; only its lower triangle is read.
  /// - Throws: ``LinearAlgebraError/notConverged(routine:code:)``.
  init(_ matrix: consuming Matrix<Double>) throws(LinearAlgebraError) {
    let order = matrix.rowCount
    var work = matrix
    var diagonal = [Double](repeating: 0, count: order)
    var (off, factors) = (
      [Double](repeating: 0, count: max(order - 1, 0)),
      [Double](repeating: 0, count: max(order - 1, 0))
    )
    var info: Int32 = 0
    work.copyLowerTriangleUp()
    if order > 0 {
      // lapack_int LAPACKE_dsytrd(layout, uplo, n, a, lda, d, e, tau)
      work.withUnsafeMutableBase { base in
        info = LAPACKE_dsytrd(
          LAPACK_COL_MAJOR, CChar(UInt8(ascii: "L")), Int32(order), base, Int32(order), &diagonal,
          &off, &factors)
      }
    }
    if info != 0 { throw .notConverged(routine: "dsytrd", code: Int(info)) }
    self.diagonal = diagonal
    offDiagonal = off
    self.factors = factors
    reflectors = work
  }

  /// Replaces every row x by Q x.
  func apply(toRowsOf rows: inout Matrix<Double>) {
    let order = reflectors.rowCount
    for start in stride(from: 0, to: factors.count, by: Self.blockCount).reversed() {
      let block = start..<min(start + Self.blockCount, factors.count)
      let width = order - start - 1
      let vectors = self.vectors(block, width)
      let triangle = self.triangle(block, vectors, width)
      let (rowCount, count) = (rows.rowCount, block.count)
      var along = [Double](repeating: 0, count: rowCount * count)
      var turned = along
      rows.withUnsafeMutableBase { rows in
        // Rows lie in memory as the transposed: x ← x − ((x V) Sᵀ) Vᵀ
        Double.gemm(
          rowCount: rowCount, columnCount: count, depth: width, alpha: 1,
          a: Operand(rows + start + 1, stride: order),
          b: Operand(vectors, stride: width, .transposed), beta: 0, c: &along, cStride: count)
        Double.gemm(
          rowCount: rowCount, columnCount: count, depth: count, alpha: 1,
          a: Operand(along, stride: count), b: Operand(triangle, stride: count, .transposed),
          beta: 0, c: &turned, cStride: count)
        Double.gemm(
          rowCount: rowCount, columnCount: width, depth: count, alpha: -1,
          a: Operand(turned, stride: count), b: Operand(vectors, stride: width), beta: 1,
          c: rows + start + 1, cStride: order)
      }
    }
  }

  /// V of a block in rows, with ones and zeros written out.
  private func vectors(_ block: Range<Int>, _ width: Int) -> [Double] {
    let order = reflectors.rowCount
    var vectors = [Double](repeating: 0, count: block.count * width)
    reflectors.withUnsafeElements { source in
      for (place, row) in block.enumerated() {
        vectors[place * width + place] = 1
        for column in place + 1..<max(width, place + 1) {
          vectors[place * width + column] = source[row * order + block.lowerBound + 1 + column]
        }
      }
    }
    return vectors
  }

  /// S, upper: S_jj = τ_j, S_(1…j−1)j = −τ_j S Vᵀ v_j.
  private func triangle(_ block: Range<Int>, _ vectors: [Double], _ width: Int) -> [Double] {
    let count = block.count
    var products = [Double](repeating: 0, count: count * count)
    Double.syrk(
      order: count, depth: width, alpha: 1, a: Operand(vectors, stride: width), beta: 0,
      c: &products, cStride: count)
    var triangle = [Double](repeating: 0, count: count * count)
    for (j, row) in block.enumerated() {
      triangle[j * count + j] = factors[row]
      for i in 0..<j {
        var sum = 0.0
        for k in i..<j { sum += triangle[i * count + k] * products[j * count + k] }
        triangle[i * count + j] = -factors[row] * sum
      }
    }
    return triangle
  }
}
