import COpenBLAS

/// A = Q T Qᵀ, T tridiagonal, Q a product of reflections H₁ H₂ … with H = I − τ v vᵀ.
///
/// LAPACK's dsytrd; Q is applied by blocks of reflections, I − V S Vᵀ.
///
/// Source: R. Schreiber, C. Van Loan, A storage-efficient WY representation for products of Householder
/// transformations, SIAM J. Sci. Stat. Comput. 10, 1989.
struct Tridiagonal: Sendable {
  /// The diagonal of T.
  let diagonal: [Double]
  /// What stands beside it.
  let offDiagonal: [Double]
  private let blocks: [ReflectionBlock]

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
    blocks = stride(from: 0, to: factors.count, by: Self.blockCount).map { start in
      ReflectionBlock(
        start..<min(start + Self.blockCount, factors.count), of: work, factors: factors)
    }
  }

  /// Replaces `rowCount` rows x, one after another, by Q x. Several threads may call it, each with rows of its own.
  func apply(toRows rows: UnsafeMutablePointer<Double>, rowCount: Int) {
    var along = [Double](repeating: 0, count: rowCount * Self.blockCount)
    var turned = along
    for block in blocks.reversed() {
      block.apply(
        toRows: rows, rowCount: rowCount, order: diagonal.count, along: &along, turned: &turned)
    }
  }
}

/// I − V S Vᵀ, the product of neighbouring reflections.
private struct ReflectionBlock: Sendable {
  /// Entries of every v; they are the last ones of a row.
  private let width: Int
  private let count: Int
  /// V transposed: each v in a row, with ones and zeros written out.
  private let vectors: [Double]
  /// S, upper: S_jj = τ_j, S_(1…j−1)j = −τ_j S Vᵀ v_j.
  private let triangle: [Double]

  /// - Parameters:
  ///   - reflections: which ones.
  ///   - source: row i holds v_i from its second entry on, two places right of the diagonal; the first is 1.
  ///   - factors: τ of all.
  init(_ reflections: Range<Int>, of source: Matrix<Double>, factors: [Double]) {
    let count = reflections.count
    let order = source.rowCount
    let width = order - reflections.lowerBound - 1
    var vectors = [Double](repeating: 0, count: count * width)
    source.withUnsafeElements { source in
      for (place, row) in reflections.enumerated() {
        vectors[place * width + place] = 1
        for column in place + 1..<max(width, place + 1) {
          vectors[place * width + column] =
            source[row * order + reflections.lowerBound + 1 + column]
        }
      }
    }
    var products = [Double](repeating: 0, count: count * count)
    Double.syrk(
      order: count, depth: width, alpha: 1, a: Operand(vectors, stride: width), beta: 0,
      c: &products, cStride: count)
    var triangle = [Double](repeating: 0, count: count * count)
    for (j, row) in reflections.enumerated() {
      triangle[j * count + j] = factors[row]
      for i in 0..<j {
        var sum = 0.0
        for k in i..<j { sum += triangle[i * count + k] * products[j * count + k] }
        triangle[i * count + j] = -factors[row] * sum
      }
    }
    self.width = width
    self.count = count
    self.vectors = vectors
    self.triangle = triangle
  }

  /// x ← x − ((x V) Sᵀ) Vᵀ for every row x: rows lie in memory as the transposed.
  func apply(
    toRows rows: UnsafeMutablePointer<Double>, rowCount: Int, order: Int, along: inout [Double],
    turned: inout [Double]
  ) {
    let target = rows + (order - width)
    Double.gemm(
      rowCount: rowCount, columnCount: count, depth: width, alpha: 1,
      a: Operand(target, stride: order), b: Operand(vectors, stride: width, .transposed),
      beta: 0, c: &along, cStride: count)
    Double.gemm(
      rowCount: rowCount, columnCount: count, depth: count, alpha: 1,
      a: Operand(along, stride: count), b: Operand(triangle, stride: count, .transposed),
      beta: 0, c: &turned, cStride: count)
    Double.gemm(
      rowCount: rowCount, columnCount: width, depth: count, alpha: -1,
      a: Operand(turned, stride: count), b: Operand(vectors, stride: width), beta: 1,
      c: target, cStride: order)
  }
}
