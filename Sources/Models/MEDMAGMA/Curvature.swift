public import LinearAlgebra

// A, B diagonal blocks of the Hessian along the fibre, K the off-diagonal block without its last column,
// L, M, N blocks of the inverse; d1, d2 orders

/// How the curvature of the fibre enters the second moments.
public enum CurvatureTerm: String, Codable, Sendable, CaseIterable {
  /// Moments − C/2, as the reference code: acts as an empirical shrinkage, and works best.
  case minus
  /// Moments alone.
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
/// K has rank two (K = a 1ᵀ + 1 bᵀ), so that beside the inverses of A and of the Schur complement
/// S = B̄ − Kᵀ A⁻¹ K nothing costs more than O(d²).
///
/// Source: MED-MAGMA paper, appendix E; MED-MAGMA-NeurIPS2026@6c208ce, MED_MAGMA.py, `axis_curvature_final`.
///
/// Local.
/// - Throws: `LinearAlgebraError` where A or S is singular.
public func curvature(
  rowPrecision: Matrix<Double>, columnPrecision: Matrix<Double>
) throws(LinearAlgebraError) -> Matrix<Double> {
  let d1 = rowPrecision.rowCount
  let d2 = columnPrecision.rowCount
  let a = rowPrecision.rowTotals
  let b = columnPrecision.rowTotals
  let total1 = a.reduce(0, +)
  let total2 = b.reduce(0, +)
  let inverseA = try symmetricInverse(
    rowPrecision.scaledAndShifted(by: Double(d2), diagonal: total2, order: d1))

  // U = [A⁻¹ a, A⁻¹ 1]; Kᵀ A⁻¹ K = Σ over the two factors of both sides
  let ones = [Double](repeating: 1, count: d1)
  let solvedA = inverseA.product(a)
  let solvedOnes = inverseA.product(ones)
  let (aa, a1, oo) = (dot(a, solvedA), dot(ones, solvedA), dot(ones, solvedOnes))
  let reduced = max(d2 - 1, 0)
  var schur = columnPrecision.scaledAndShifted(by: Double(d1), diagonal: total1, order: reduced)
  schur.withUnsafeMutableElements { s in
    for row in 0..<reduced {
      for column in 0..<reduced {
        s[row * reduced + column] -= aa + (a1 * (b[row] + b[column]) + oo * b[row] * b[column])
      }
    }
  }
  let m = try symmetricInverse(schur)

  // tr L = tr A⁻¹ + tr(S⁻¹ Kᵀ A⁻² K)
  let (naa, na1, noo) = (
    dot(solvedA, solvedA), dot(solvedA, solvedOnes), dot(solvedOnes, solvedOnes)
  )
  let b2 = Array(b.prefix(reduced))
  let mb = m.product(b2)
  let m1 = m.product([Double](repeating: 1, count: reduced))
  let (m11, m1b, mbb) = (m1.reduce(0, +), dot(m1, b2), dot(mb, b2))
  let traceL = inverseA.diagonal.reduce(0, +) + (naa * m11 + 2 * na1 * m1b + noo * mbb)

  // σ = −(1ᵀ A⁻¹ K) S⁻¹ = −(1ᵀA⁻¹a · 1ᵀ + 1ᵀA⁻¹1 · bᵀ) S⁻¹
  var sigma = [Double](repeating: 0, count: d2)
  for index in 0..<reduced { sigma[index] = -(a1 * m1[index] + oo * mb[index]) }

  var result = Matrix<Double>(rowCount: d2, columnCount: d2)
  result.withUnsafeMutableElements { result in
    m.withUnsafeElements { m in
      for row in 0..<d2 {
        for column in 0..<d2 {
          var element = 2 * traceL + 2 * (sigma[row] + sigma[column])
          if row < reduced, column < reduced {
            element += 2 * Double(d1) * m[row * reduced + column]
          }
          result[row * d2 + column] = element
        }
      }
    }
  }
  return result
}

/// The inverse of a symmetric matrix, by Cholesky's factorisation where it is positive definite.
private func symmetricInverse(_ matrix: Matrix<Double>) throws(LinearAlgebraError) -> Matrix<Double>
{
  do {
    return try Cholesky(matrix).inverse()
  } catch .notPositiveDefinite {
    return try LU(matrix).inverse()
  }
}

extension Matrix<Double> {
  /// The sum of each row.
  fileprivate var rowTotals: [Double] {
    (0..<rowCount).map { row(($0)).reduce(0, +) }
  }

  /// factor · (leading block of this order) + diagonal · I.
  fileprivate func scaledAndShifted(
    by factor: Double, diagonal: Double, order: Int
  ) -> Matrix<Double> {
    var result = Matrix(rowCount: order, columnCount: order)
    let width = columnCount
    result.withUnsafeMutableElements { result in
      withUnsafeElements { source in
        for row in 0..<order {
          for column in 0..<order {
            result[row * order + column] = factor * source[row * width + column]
          }
          result[row * order + row] += diagonal
        }
      }
    }
    return result
  }
}
