import COpenBLAS
import Kernels

/// Eigenvalues and eigenvectors of a symmetric tridiagonal matrix T, by divide and conquer:
///
///     T = diag(T₁, T₂) + β u uᵀ = diag(Q₁, Q₂) (D + ρ z zᵀ) diag(Q₁, Q₂)ᵀ
///
/// T₁ and T₂ are solved first, then the secular equation of D + ρ z zᵀ (`SecularEquation`), after what need not enter it
/// has been taken out (`Deflation`). Weights ẑ for which the roots found are exact give orthogonal eigenvectors.
///
/// Source: J. J. M. Cuppen, A divide and conquer method for the symmetric tridiagonal eigenproblem, Numer. Math. 36,
/// 1981; M. Gu, S. C. Eisenstat, A divide-and-conquer algorithm for the symmetric tridiagonal eigenproblem, SIAM J.
/// Matrix Anal. Appl. 16, 1995.
struct TridiagonalEigen {
  /// Eigenvalues, each of the row of `vectors` with its index.
  private(set) var values: [Double]
  /// Eigenvectors in rows.
  private(set) var vectors: Matrix<Double>
  /// Rows by ascending eigenvalue.
  private(set) var ascending: [Int] = []

  private let offDiagonal: [Double]
  private let kernels: any SecularKernels

  /// The largest matrix that is not divided.
  private static let leafOrder = 32

  /// - Precondition: `offDiagonal` has one number fewer than `diagonal`, or both none.
  /// - Throws: ``LinearAlgebraError/notConverged(routine:code:)``.
  init(
    diagonal: [Double], offDiagonal: [Double], by kernels: any SecularKernels
  ) throws(LinearAlgebraError) {
    values = diagonal
    self.offDiagonal = offDiagonal
    self.kernels = kernels
    vectors = Matrix(rowCount: diagonal.count, columnCount: diagonal.count)
    ascending = try solve(0..<diagonal.count)
  }

  /// Solves one block; its rows by ascending eigenvalue.
  private mutating func solve(_ block: Range<Int>) throws(LinearAlgebraError) -> [Int] {
    guard block.count > Self.leafOrder else { return try solveLeaf(block) }
    let middle = block.lowerBound + block.count / 2
    let size = abs(offDiagonal[middle - 1])
    values[middle - 1] -= size
    values[middle] -= size
    let first = try solve(block.lowerBound..<middle)
    let second = try solve(middle..<block.upperBound)
    return join(block, middle, Self.merged(first, second, values))
  }

  private mutating func solveLeaf(_ block: Range<Int>) throws(LinearAlgebraError) -> [Int] {
    let order = vectors.columnCount
    var leaf = Array(values[block])
    var rest = Array(offDiagonal[block.lowerBound..<max(block.upperBound - 1, block.lowerBound)])
    var info: Int32 = 0
    if !block.isEmpty {
      // lapack_int LAPACKE_dsteqr(layout, compz, n, d, e, z, ldz)
      vectors.withUnsafeMutableBase { vectors in
        info = LAPACKE_dsteqr(
          LAPACK_COL_MAJOR, CChar(UInt8(ascii: "I")), Int32(block.count), &leaf, &rest,
          vectors + block.lowerBound * (order + 1), Int32(order))
      }
    }
    if info != 0 { throw .notConverged(routine: "dsteqr", code: Int(info)) }
    values.replaceSubrange(block, with: leaf)
    return Array(block)
  }

  /// Two ascending lists in one.
  private static func merged(_ first: [Int], _ second: [Int], _ values: [Double]) -> [Int] {
    var result: [Int] = []
    result.reserveCapacity(first.count + second.count)
    var (i, j) = (0, 0)
    while i < first.count || j < second.count {
      if j == second.count || (i < first.count && values[first[i]] <= values[second[j]]) {
        result.append(first[i])
        i += 1
      } else {
        result.append(second[j])
        j += 1
      }
    }
    return result
  }

  private mutating func join(_ block: Range<Int>, _ middle: Int, _ order: [Int]) -> [Int] {
    let deflation = Deflation(
      block, middle, coupling: offDiagonal[middle - 1], order, &values, &vectors)
    guard !deflation.kept.isEmpty else { return order }
    let count = deflation.kept.count
    var roots = [Double](repeating: 0, count: count)
    var coefficients = [Double](repeating: 0, count: count * count)
    findVectors(of: deflation, &roots, &coefficients)
    rebuild(block, middle, deflation, coefficients)
    // The rows of the block now: first the roots', then what was taken out
    let deflated = deflation.deflated.map { values[$0] }
    for (index, value) in (roots + deflated).enumerated() {
      values[block.lowerBound + index] = value
    }
    let first = Array(block.lowerBound..<block.lowerBound + count)
    let second = (block.lowerBound + count..<block.upperBound)
      .sorted { (values[$0], $0) < (values[$1], $1) }
    return Self.merged(first, second, values)
  }

  /// Roots, and eigenvectors of D + ρ z zᵀ in rows, their entries in the order of `deflation.grouped`.
  private func findVectors(
    of deflation: Deflation, _ roots: inout [Double], _ coefficients: inout [Double]
  ) {
    let poles = deflation.kept.map { values[$0] }
    let weights = deflation.weights
    let count = poles.count
    guard count > 1 else {
      roots[0] = poles[0] + deflation.rho * weights[0] * weights[0]
      coefficients[0] = 1
      return
    }
    let squares = weights.map { $0 * $0 }
    var products = [Double](repeating: 1, count: count)
    var row = [Double](repeating: 0, count: count)
    coefficients.withUnsafeMutableBufferPointer { coefficients in
      guard let target = coefficients.baseAddress else { return }
      let equation = (rho: deflation.rho, total: squares.reduce(0, +))
      poles.withUnsafeBufferPointer { poles in
        squares.withUnsafeBufferPointer { squares in
          guard let d = poles.baseAddress, let w = squares.baseAddress else { return }
          let secular = SecularEquation(
            poles: d, squares: w, count: count, rho: equation.rho, total: equation.total,
            kernels: kernels)
          for j in 0..<count {
            let differences = target + j * count
            roots[j] = secular.root(j, into: differences)
            // ẑ_i² = −Π_j (d_i − λ_j) / Π_{j ≠ i} (d_i − d_j)
            kernels.multiply(
              &products, byQuotientsOf: differences, d, pole: d[j], count: j)
            products[j] *= differences[j]
            products.withUnsafeMutableBufferPointer { products in
              guard let base = products.baseAddress else { return }
              kernels.multiply(
                base + j + 1, byQuotientsOf: differences + j + 1, d + j + 1, pole: d[j],
                count: count - j - 1)
            }
          }
        }
      }
      let exact = zip(products, weights).map { product, weight in
        let size = max(-product, 0).squareRoot()
        return weight < 0 ? -size : size
      }
      for j in 0..<count {
        let line = target + j * count
        let norm = kernels.divide(exact, by: line, count: count).squareRoot()
        row.withUnsafeMutableBufferPointer { row in
          deflation.grouped.withUnsafeBufferPointer { grouped in
            guard let row = row.baseAddress, let grouped = grouped.baseAddress else { return }
            for place in 0..<count { row[place] = line[grouped[place]] / norm }
            line.update(from: row, count: count)
          }
        }
      }
    }
  }

  /// The block's eigenvectors from those of its halves: products as small as the zeros allow.
  private mutating func rebuild(
    _ block: Range<Int>, _ middle: Int, _ deflation: Deflation, _ coefficients: [Double]
  ) {
    let order = vectors.columnCount
    let kept = deflation.grouped.map { deflation.kept[$0] }
    let count = kept.count
    let halves = [
      (columns: block.lowerBound..<middle, rows: 0..<deflation.endOfFirst),
      (columns: middle..<block.upperBound, rows: deflation.startOfSecond..<count),
    ]
    vectors.withUnsafeMutableBase { vectors in
      func packed(_ rows: some Sequence<Int>, _ columns: Range<Int>) -> [Double] {
        rows.flatMap { row in
          UnsafeBufferPointer(
            start: vectors + row * order + columns.lowerBound, count: columns.count)
        }
      }
      let sources = halves.map { packed(kept[$0.rows], $0.columns) }
      let deflated = packed(deflation.deflated, block)
      coefficients.withUnsafeBufferPointer { coefficients in
        guard let factors = coefficients.baseAddress else { return }
        for (half, source) in zip(halves, sources) {
          let target = vectors + block.lowerBound * order + half.columns.lowerBound
          guard !half.rows.isEmpty else {
            for row in 0..<count {
              (target + row * order).update(repeating: 0, count: half.columns.count)
            }
            continue
          }
          Double.gemm(
            rowCount: count, columnCount: half.columns.count, depth: half.rows.count, alpha: 1,
            a: Operand(factors + half.rows.lowerBound, stride: count),
            b: Operand(source, stride: half.columns.count), beta: 0, c: target, cStride: order)
        }
      }
      deflated.withUnsafeBufferPointer { deflated in
        guard let source = deflated.baseAddress else { return }
        for row in 0..<deflation.deflated.count {
          (vectors + (block.lowerBound + count + row) * order + block.lowerBound)
            .update(from: source + row * block.count, count: block.count)
        }
      }
    }
  }
}
