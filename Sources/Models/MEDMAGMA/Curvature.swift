import Concurrency
public import LinearAlgebra

// A, B diagonal blocks of the Hessian along the fibre, K the off-diagonal block without its last column,
// L, M, N blocks of the inverse; d1, d2 orders; P = A⁻¹, R = B⁻¹, r its last column without the last entry, rho that

/// How the curvature of the fibre enters the second moments.
public enum CurvatureTerm: String, Codable, Sendable, CaseIterable {
  /// Moments − C/2, as the reference code: acts as an empirical shrinkage, and works best.
  case minus
  /// Curvature is left out: the second moments alone.
  case none
  /// Moments + C/2, as a second-order Laplace expansion has it: at chance level in every test made.
  case plus

  var factor: Double {
    switch self {
    case .minus: -0.5
    case .none: 0
    case .plus: 0.5
    }
  }
}

/// The trace terms of Laplace's approximation for the columns' second moments.
///
///     A = d₂ Ω₁ + (Σ Ω₂) I,   B = d₁ Ω₂ + (Σ Ω₁) I,   C_ij = (row sums of Ω₁)_i + (column sums of Ω₂)_j
///     [[A, K], [Kᵀ, B̄]]⁻¹ = [[L, N], [Nᵀ, M]]      B̄: B without its last row and column, K: C without its last column
///     result = 2 tr(L) 11ᵀ + d₁ (M + Mᵀ) + 2 (σ1ᵀ + 1σᵀ),   σ = column sums of N;  M, σ padded by zeros
///
/// It is the Hessian of the quadratic form along log directions at z = 1. The rows' term is the same with the
/// axes exchanged.
///
/// K has rank two (K = a 1ᵀ + 1 bᵀ), and B̄ is B less a row and a column, so that M is the leading block of R = B⁻¹ and
/// a matrix of rank three, and beside the two inverses P = A⁻¹ and R nothing costs more than O(d²):
///
///     B̄⁻¹ = R̄ − r rᵀ/ρ;   M = (B̄ − U W Uᵀ)⁻¹ = B̄⁻¹ + X (I − W T)⁻¹ W Xᵀ
///     U = [1 b],  W = [[aᵀPa, aᵀP1], [aᵀP1, 1ᵀP1]],  X = B̄⁻¹ U,  T = Uᵀ X
///
/// Both axes' terms need the same two inverses.
///
/// Source: MED-MAGMA paper, appendix E; MED-MAGMA-NeurIPS2026@6c208ce, MED_MAGMA.py, `axis_curvature_final`.
///
/// Local.
/// - Throws: `LinearAlgebraError` where A or B is singular.
public func curvature(
  rowPrecision: Matrix<Double>, columnPrecision: Matrix<Double>
) throws(LinearAlgebraError) -> Matrix<Double> {
  let inverses = try FibreInverses(rows: rowPrecision, columns: columnPrecision)
  var result = Matrix<Double>(
    rowCount: columnPrecision.rowCount, columnCount: columnPrecision.rowCount)
  CurvatureParts(
    ofOther: rowPrecision.rowTotals, own: columnPrecision.rowTotals, inverses.rows, inverses.columns
  ).add(1, inverses.columns, to: &result, on: Workers(threadCount: 1))
  return result
}

/// P = (d₂ Ω₁ + (Σ Ω₂) I)⁻¹ and R = (d₁ Ω₂ + (Σ Ω₁) I)⁻¹.
struct FibreInverses: Sendable, Codable, Equatable {
  var rows: Matrix<Double>
  var columns: Matrix<Double>

  init(rows: Matrix<Double>, columns: Matrix<Double>) throws(LinearAlgebraError) {
    func inverse(
      _ precision: Matrix<Double>, _ factor: Int, _ diagonal: Double
    ) throws(LinearAlgebraError) -> Matrix<Double> {
      var matrix = precision
      matrix.scale(by: Double(factor))
      for index in 0..<matrix.rowCount { matrix[index, index] += diagonal }
      do {
        return try Cholesky(matrix).inverse()
      } catch .notPositiveDefinite {
        return try LU(matrix).inverse()
      }
    }
    self.rows = try inverse(rows, columns.rowCount, columns.elements.reduce(0, +))
    self.columns = try inverse(columns, rows.rowCount, rows.elements.reduce(0, +))
  }

  /// Of known inverses.
  init(inverseRows: Matrix<Double>, inverseColumns: Matrix<Double>) {
    rows = inverseRows
    columns = inverseColumns
  }
}

/// What the columns' curvature term has beside the inverse R itself.
struct CurvatureParts {
  private let otherCount: Int
  private let traceL: Double
  private var r: [Double]
  private let rho: Double
  private let first: [Double]
  private let second: [Double]
  /// (I − W T)⁻¹ W, symmetric.
  private let (n11, n12, n22): (Double, Double, Double)
  private var sigma: [Double]

  /// - Parameters:
  ///   - a: row sums of the other axis's precision matrix.
  ///   - b: row sums of the axis's own.
  ///   - p: P.
  ///   - inverse: R.
  init(ofOther a: [Double], own b: [Double], _ p: Matrix<Double>, _ inverse: Matrix<Double>) {
    let (d1, d2) = (a.count, b.count)
    let reduced = max(d2 - 1, 0)
    otherCount = d1
    let ones = [Double](repeating: 1, count: d1)
    let (solvedA, solvedOnes) = (p.product(a), p.rowTotals)
    let (aa, a1, oo) = (dot(a, solvedA), dot(ones, solvedA), dot(ones, solvedOnes))

    r = inverse.column(reduced)
    rho = r[reduced]
    r[reduced] = 0
    // X = B̄⁻¹ [1 b̄], padded by zeros
    let (r, rho) = (r, rho)
    func solved(_ vector: [Double]) -> [Double] {
      var padded = vector
      padded[reduced] = 0
      let along = dot(r, padded) / rho
      var result = inverse.product(padded)
      for index in 0..<reduced { result[index] -= along * r[index] }
      result[reduced] = 0
      return result
    }
    let (x1, xb) = (solved([Double](repeating: 1, count: d2)), solved(b))
    var (ones2, b2) = ([Double](repeating: 1, count: d2), b)
    (ones2[reduced], b2[reduced]) = (0, 0)
    let (t11, t1b, tbb) = (dot(ones2, x1), dot(ones2, xb), dot(b2, xb))
    // (I − W T)⁻¹ W
    let (w11, w12, w22) = (aa, a1, oo)
    let m11 = 1 - (w11 * t11 + w12 * t1b)
    let m12 = -(w11 * t1b + w12 * tbb)
    let m21 = -(w12 * t11 + w22 * t1b)
    let m22 = 1 - (w12 * t1b + w22 * tbb)
    let determinant = m11 * m22 - m12 * m21
    let n11 = (m22 * w11 - m12 * w12) / determinant
    let n12 = (m22 * w12 - m12 * w22) / determinant
    let n22 = (m11 * w22 - m21 * w12) / determinant
    (self.n11, self.n12, self.n22) = (n11, n12, n22)
    (first, second) = (x1, xb)

    // M 1 and M b
    let (g11, g21) = (1 + n11 * t11 + n12 * t1b, n12 * t11 + n22 * t1b)
    let (g12, g22) = (n11 * t1b + n12 * tbb, 1 + n12 * t1b + n22 * tbb)
    let mOnes = zip(x1, xb).map { $0 * g11 + $1 * g21 }
    let mB = zip(x1, xb).map { $0 * g12 + $1 * g22 }
    let (q11, q1b, qbb) = (dot(mOnes, ones2), dot(mOnes, b2), dot(mB, b2))
    // tr L = tr P + tr(M Kᵀ P² K)
    let (naa, na1, noo) = (
      dot(solvedA, solvedA), dot(solvedA, solvedOnes), dot(solvedOnes, solvedOnes)
    )
    traceL = p.diagonal.reduce(0, +) + (naa * q11 + 2 * na1 * q1b + noo * qbb)
    // σ = −(1ᵀ P K) M = −(1ᵀPa · 1ᵀ + 1ᵀP1 · bᵀ) M
    sigma = zip(mOnes, mB).map { -(a1 * $0 + oo * $1) }
  }

  /// Adds factor · C to the lower triangle and as much of the upper.
  func add(
    _ factor: Double, _ inverse: Matrix<Double>, to moments: inout Matrix<Double>,
    on workers: Workers
  ) {
    let order = sigma.count
    let pieces = 16
    moments.withUnsafeMutableBase { moments in
      inverse.withUnsafeBase { inverse in
        nonisolated(unsafe) let (moments, inverse) = (moments, inverse)
        workers.perform(pieces) { piece in
          for row in piece * order / pieces..<(piece + 1) * order / pieces {
            addRow(row, factor, inverse + row * order, to: moments + row * order)
          }
        }
      }
    }
  }

  private func addRow(
    _ row: Int, _ factor: Double, _ inverse: UnsafePointer<Double>,
    to moments: UnsafeMutablePointer<Double>
  ) {
    let order = sigma.count
    // The last row and column of R are no part of M.
    let own = row == order - 1 ? 0 : 2 * factor * Double(otherCount)
    let constant = factor * 2 * (traceL + sigma[row])
    let alongR = -own * r[row] / rho
    let along1 = own * (n11 * first[row] + n12 * second[row])
    let along2 = own * (n12 * first[row] + n22 * second[row])
    let last = moments[order - 1]
    for column in 0..<order {
      let lowRank = alongR * r[column] + along1 * first[column] + along2 * second[column]
      moments[column] += own * inverse[column] + (lowRank + constant) + 2 * factor * sigma[column]
    }
    moments[order - 1] = last + constant + 2 * factor * sigma[order - 1]
  }
}

extension Matrix<Double> {
  /// The sum of each row.
  var rowTotals: [Double] { product([Double](repeating: 1, count: columnCount)) }
}
