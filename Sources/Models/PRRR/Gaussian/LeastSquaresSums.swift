package import LinearAlgebra
import RealModule

/// What least squares needs of the data: sums over rows of covariates and of L = log(Y + 1).
///
///     centred: G = XᵀX − n x̄ x̄ᵀ,  C = XᵀL − n x̄ l̄ᵀ,  T_j = Σ_n L_nj² − n l̄_j²;   else the sums themselves
package struct LeastSquaresSums: Codable, Sendable {
  /// n, the number of rows that have been added.
  package var rowCount: Double
  /// x̄; zeros where not centred.
  package var covariateMeans: [Double]
  /// l̄; zeros where not centred.
  package var geneMeans: [Double]
  /// G, p × p.
  package var gram: Matrix<Double>
  /// C, p × q.
  package var cross: Matrix<Double>
  /// Σ_j T_j, the squared deviations of all genes together.
  package var total: Double
}

/// Coefficients of a least-squares fit, B = U Vᵀ, p × q.
package struct LeastSquaresFit: Codable, Sendable {
  /// U, p × k (B itself at full rank).
  package var covariates: Matrix<Double>
  /// V, q × k; nil at full rank.
  package var genes: Matrix<Double>?
  /// What was minimised: ‖L − X B‖² / 2n + penalty.
  package var objective: Double
  /// Rounds of alternation.
  package var roundCount: Int

  /// B = U Vᵀ, the coefficients, p × q.
  package var coefficients: Matrix<Double> {
    genes.map { matrixProduct(covariates, $0, transposing: .second) } ?? covariates
  }
}

extension LeastSquaresSums {
  /// The minimum-norm least-squares coefficients, B = G⁺ C.
  ///
  /// Eigenvalues of G below 10⁻¹² of the largest count as 0 (singular values of X below 10⁻⁶).
  /// - Throws: `LinearAlgebraError` where the sums are not finite.
  package func ordinary() throws(LinearAlgebraError) -> LeastSquaresFit {
    let eigen = try SymmetricEigen(gram)
    let limit = 1e-12 * (eigen.values.map(\.magnitude).max() ?? 0)
    let b = matrixProduct(eigen.rebuilt { $0 > limit ? 1 / $0 : 0 }, cross)
    return LeastSquaresFit(
      covariates: b, genes: nil, objective: objective(b, penalty: 0), roundCount: 1)
  }

  /// Reduced-rank regression in closed form.
  ///
  ///     B_k = B V_k V_kᵀ,  V_k the first right singular vectors of X B, found as those of G^½ B (p × q)
  ///
  /// Source: T. W. Anderson, Ann. Math. Stat. 22:327–351, 1951, doi:10.1214/aoms/1177729580. (The PRRR paper
  /// calls them left singular vectors.)
  package func reducedRank(_ rank: Int) throws(LinearAlgebraError) -> LeastSquaresFit {
    let b = try ordinary().covariates
    let root = try SymmetricEigen(gram).rebuilt { max($0, 0).squareRoot() }
    let decomposition = try SingularValueDecomposition(matrixProduct(root, b))
    let v = Matrix(
      rowCount: rank, columnCount: b.columnCount,
      elements: Array(decomposition.rightTransposed.elements[..<(rank * b.columnCount)]))
    let u = matrixProduct(b, v, transposing: .second)
    return LeastSquaresFit(
      covariates: u, genes: v.transposed(),
      objective: objective(matrixProduct(u, v), penalty: 0), roundCount: 1)
  }

  /// ‖L − X B‖² / 2n + α Σ_p ‖B_p‖₂.
  package func objective(_ b: Matrix<Double>, penalty: Double) -> Double {
    let gb = matrixProduct(gram, b)
    var fit = total
    var norms = 0.0
    for row in 0..<b.rowCount {
      var squares = 0.0
      for column in 0..<b.columnCount {
        let value = b[row, column]
        fit += value * (gb[row, column] - 2 * cross[row, column])
        squares += value * value
      }
      norms += squares.squareRoot()
    }
    return fit / (2 * rowCount) + penalty * norms
  }

  // MARK: - Group lasso

  /// The multi-response LASSO: least squares with a penalty on the rows of B.
  package func lasso(
    penalty: Double, tolerance: Double, limit: Int
  ) -> LeastSquaresFit {
    var b = Matrix<Double>(rowCount: gram.rowCount, columnCount: cross.columnCount)
    let rounds = groupLasso(&b, cross, penalty: penalty, tolerance: tolerance, limit: limit)
    return LeastSquaresFit(
      covariates: b, genes: nil, objective: objective(b, penalty: penalty), roundCount: rounds)
  }

  /// Sparse reduced-rank regression: a penalty on the rows of U, V orthonormal, by alternation.
  ///
  ///     V = P Qᵀ with Lᵀ X U = P S Qᵀ (Procrustes);   U = group lasso of L V on X
  ///
  /// At most a hundred sweeps of the group lasso a round: collinear covariates make it slow, and V moves anyway.
  /// Source: J. Qian, Y. Tanigawa, R. Li, R. Tibshirani, M. A. Rivas, T. Hastie, Ann. Appl. Stat.
  /// 16:1891–1918, 2022, doi:10.1214/21-AOAS1575, as in the PRRR paper, equations 4 and 5.
  package func sparse(
    rank: Int, penalty: Double, tolerance: Double, limit: Int
  ) throws(LinearAlgebraError) -> LeastSquaresFit {
    var fit = try reducedRank(rank)
    var u = fit.covariates
    var v = fit.genes ?? Matrix<Double>(rowCount: cross.columnCount, columnCount: rank)
    var value = Double.infinity
    for round in 1...limit {
      _ = groupLasso(
        &u, matrixProduct(cross, v), penalty: penalty, tolerance: tolerance, limit: 100)
      let now =
        objective(matrixProduct(u, v, transposing: .second), penalty: 0)
        + penalty * u.rowNorms
      fit = LeastSquaresFit(covariates: u, genes: v, objective: now, roundCount: round)
      if value - now <= tolerance * max(1, now.magnitude) || u.rowNorms == 0 { break }
      value = now
      let decomposition = try SingularValueDecomposition(
        matrixProduct(cross, u, transposing: .first))
      v = matrixProduct(decomposition.left, decomposition.rightTransposed)
    }
    return fit
  }

  /// Block coordinate descent for ‖·‖² / 2n + α Σ_p ‖U_p‖₂; the sweeps it took.
  ///
  ///     r_p = C_p − Σ_{i ≠ p} G_pi U_i,   U_p = max(0, 1 − n α / ‖r_p‖) r_p / G_pp
  ///
  /// Ends when no row moved by more than `tolerance` of the largest.
  private func groupLasso(
    _ u: inout Matrix<Double>, _ target: Matrix<Double>, penalty: Double, tolerance: Double,
    limit: Int
  ) -> Int {
    let width = target.columnCount
    let threshold = rowCount * penalty
    var residual = target
    residual.add(matrixProduct(gram, u), times: -1)
    for sweep in 1...limit {
      var largest = 0.0
      var moved = 0.0
      for row in 0..<u.rowCount where gram[row, row] > 0 {
        let curvature = gram[row, row]
        var squares = 0.0
        var pull = Array(repeating: 0.0, count: width)
        for column in 0..<width {
          pull[column] = residual[row, column] + curvature * u[row, column]
          squares += pull[column] * pull[column]
        }
        let norm = squares.squareRoot()
        let shrink = norm > threshold ? (1 - threshold / norm) / curvature : 0
        var changes = Array(repeating: 0.0, count: width)
        var change = 0.0
        for column in 0..<width {
          let new = shrink * pull[column]
          changes[column] = new - u[row, column]
          change = max(change, changes[column].magnitude)
          largest = max(largest, new.magnitude)
          u[row, column] = new
        }
        moved = max(moved, change)
        guard change > 0 else { continue }
        for other in 0..<u.rowCount where gram[other, row] != 0 {
          let weight = gram[other, row]
          for column in 0..<width { residual[other, column] -= weight * changes[column] }
        }
      }
      if moved <= tolerance * max(largest, 1e-300) { return sweep }
    }
    return limit
  }
}

extension Matrix<Double> {
  /// The sum of the rows' Euclidean norms.
  var rowNorms: Double {
    (0..<rowCount).reduce(0) { sum, row in
      sum + self.row(row).reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
  }
}
