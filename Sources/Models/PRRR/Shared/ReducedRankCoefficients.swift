package import LinearAlgebra

/// The parameters of a reduced-rank regression with an intercept.
///
///     η_nj = Σ_r (Σ_p x_np u_pr) v_rj + v0_j
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | U | loadings of covariates | p × k | `covariateLoadings` |
/// | V | loadings of genes | k × q | `geneCoefficients`, first k of each row |
/// | v0 | intercepts | q | `geneCoefficients`, last of each row |
package struct ReducedRankCoefficients: Codable, Sendable, Equatable {
  /// U, loadings of the covariates, p × k.
  package var covariateLoadings: Matrix<Double>
  /// Gene by gene: the gene's column of V, then its intercept.
  package var geneCoefficients: Matrix<Double>

  /// Coefficients of loadings and intercepts.
  package init(covariateLoadings: Matrix<Double>, geneCoefficients: Matrix<Double>) {
    precondition(covariateLoadings.columnCount + 1 == geneCoefficients.columnCount)
    self.covariateLoadings = covariateLoadings
    self.geneCoefficients = geneCoefficients
  }

  /// k, the number of factors.
  package var factorCount: Int { covariateLoadings.columnCount }
  /// p, the number of covariates.
  package var covariateCount: Int { covariateLoadings.rowCount }
  /// q, the number of genes.
  package var geneCount: Int { geneCoefficients.rowCount }

  /// Vᵀ, genes × factors.
  package var geneLoadings: Matrix<Double> {
    Matrix(
      rowCount: geneCount, columnCount: factorCount,
      elements: (0..<geneCount).flatMap { geneCoefficients.row($0).dropLast() })
  }

  /// v₀, the intercept of every gene.
  package var intercepts: [Double] { geneCoefficients.column(factorCount) }

  /// Replaces V and leaves the intercepts as they are.
  package mutating func setGeneLoadings(_ loadings: Matrix<Double>) {
    for gene in 0..<geneCount {
      for factor in 0..<factorCount {
        geneCoefficients[gene, factor] = loadings[gene, factor]
      }
    }
  }

  /// Replaces U and V by those of the same product U V with the smallest ‖U‖² / σ_U² + ‖V‖² / σ_V²,
  /// factors in the order of their strength.
  ///
  ///     U V / (σ_U σ_V) = P S Qᵀ,  U ← σ_U P S^½,  V ← σ_V S^½ Qᵀ
  ///
  /// Gaussian priors on U and V see UV only through this form (the sum of singular values), so that the log
  /// joint never falls. Sign of a factor: the entry of U with the largest magnitude is positive (the first
  /// of equals).
  /// - Throws: `LinearAlgebraError` where the numbers are not finite.
  package mutating func balance(
    covariateScale: Double, geneScale: Double
  ) throws(LinearAlgebraError) {
    let loadings = geneLoadings
    let left = try QR(covariateLoadings)
    let right = try QR(loadings)
    let core = matrixProduct(left.triangular, right.triangular, transposing: .second)
    let decomposition = try SingularValueDecomposition(core)
    var newLeft = matrixProduct(left.orthonormal, decomposition.left)
    var newRight = matrixProduct(
      right.orthonormal, decomposition.rightTransposed, transposing: .second)
    let product = covariateScale * geneScale
    for factor in 0..<factorCount {
      let root = (decomposition.values[factor] / product).squareRoot()
      var largest = 0.0
      for row in 0..<newLeft.rowCount where newLeft[row, factor].magnitude > largest.magnitude {
        largest = newLeft[row, factor]
      }
      let sign: Double = largest < 0 ? -1 : 1
      for row in 0..<newLeft.rowCount { newLeft[row, factor] *= sign * root * covariateScale }
      for row in 0..<newRight.rowCount { newRight[row, factor] *= sign * root * geneScale }
    }
    covariateLoadings = newLeft
    setGeneLoadings(newRight)
  }
}
