package import LinearAlgebra

/// The effects of all columns of a design on all genes as products of small matrices, so that any block of them
/// can be had at a time: nothing of the size covariates × genes is ever there.
///
///     e = C Ṽᵀ,   Var e = S Tᵀ,   Ṽ = V / rate,  T over rate²
///
/// | Symbol | Meaning | Shape |
/// |---|---|---|
/// | C | contrasts of the covariates' loadings, c = wᵀU | p × k |
/// | S, T variational | c² , Σ_p w_p² Var u_p; Var v, (E v)² + Var v | p × 2k, q × 2k |
/// | S, T of a maximum | c_a c_b (twice off the diagonal); covariances | p × k(k+1)/2, q × k(k+1)/2 |
///
/// Formulas: ``AssociationFit/effects(of:factor:)``.
package struct AssociationEffects: Sendable {
  /// Effects of some columns on some genes.
  package struct Block: Sendable {
    /// Columns of the design.
    package let columns: Range<Int>
    /// The genes of the block, by their columns.
    package let genes: Range<Int>
    /// e, columns × genes.
    package let effects: Matrix<Double>
    /// Var e, columns × genes; nil where the fit states no uncertainty.
    package let variances: Matrix<Double>?

    /// The association of one covariate and one gene of the block.
    package func association(_ column: Int, _ gene: Int) -> Association {
      let (row, place) = (column - columns.lowerBound, gene - genes.lowerBound)
      return Association(
        covariate: column, gene: gene, effect: effects[row, place],
        deviation: variances.map { max($0[row, place], 0).squareRoot() } ?? .nan)
    }
  }

  private let covariates: Matrix<Double>
  private let genes: Matrix<Double>
  private let covariateSpreads: Matrix<Double>?
  private let geneSpreads: Matrix<Double>?

  /// Of a fit.
  ///
  /// - Parameter factor: of this factor alone, in canonical form; nil: of all.
  package init(_ fit: AssociationFit, factor: Int? = nil) {
    let posterior = factor == nil ? fit.posterior : nil
    let k = fit.factorCount
    let chosen = factor.map { [$0] } ?? Array(0..<k)
    let u = posterior?.covariateMeans ?? fit.covariateLoadings
    let v = (posterior?.geneMeans ?? fit.geneLoadings).selectingColumns(chosen)
    let c = fit.contrasts(u.selectingColumns(chosen))
    let scales = fit.meanRates.map { rates in rates.map { 1 / max($0, 1e-300) } }
    covariates = c
    genes = Self.scaled(v, by: scales)
    let du = factor == nil ? posterior?.covariateDeviations : fit.covariateDeviations
    let dv = factor == nil ? posterior?.geneDeviations : fit.geneDeviations
    let spreads: (covariates: Matrix<Double>, genes: Matrix<Double>)?
    if let du, let dv {
      spreads = (
        Self.joined(
          c.map { $0 * $0 },
          fit.contrasts(
            du.selectingColumns(chosen).map { $0 * $0 }, weight: { $0 * $0 })),
        Self.variances(v, dv.selectingColumns(chosen))
      )
    } else if let covariances = fit.geneCovariances {
      let all = Matrix(
        rowCount: fit.geneCount, columnCount: k * (k + 1) / 2, elements: covariances)
      spreads = Self.packed(c, all, chosen: chosen, width: k)
    } else {
      spreads = nil
    }
    covariateSpreads = spreads?.covariates
    geneSpreads = spreads.map { Self.scaled($0.genes, by: scales?.map { $0 * $0 }) }
  }

  /// The largest effect that each column can have: ‖c_p‖ max_j ‖ṽ_j‖.
  package var bounds: [Double] {
    let longest = (0..<genes.rowCount).map { Self.norm(genes.row($0)) }.max() ?? 0
    return (0..<covariates.rowCount).map { Self.norm(covariates.row($0)) * longest }
  }

  /// The effects of some columns on some genes.
  ///
  /// - Complexity: O(columns · genes · k²) at most, as matrix products.
  package func block(columns: Range<Int>, genes chosen: Range<Int>) -> Block {
    let effects = matrixProduct(
      Self.rows(covariates, columns), Self.rows(genes, chosen), transposing: .second)
    var variances: Matrix<Double>?
    if let covariateSpreads, let geneSpreads {
      variances = matrixProduct(
        Self.rows(covariateSpreads, columns), Self.rows(geneSpreads, chosen),
        transposing: .second)
    }
    return Block(columns: columns, genes: chosen, effects: effects, variances: variances)
  }

  // MARK: - Small matrices

  private static func rows(_ matrix: Matrix<Double>, _ range: Range<Int>) -> Matrix<Double> {
    guard range != 0..<matrix.rowCount else { return matrix }
    let width = matrix.columnCount
    return Matrix(
      rowCount: range.count, columnCount: width,
      elements: Array(matrix.elements[range.lowerBound * width..<range.upperBound * width]))
  }

  private static func norm(_ row: ArraySlice<Double>) -> Double {
    row.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  private static func scaled(_ matrix: Matrix<Double>, by scales: [Double]?) -> Matrix<Double> {
    guard let scales else { return matrix }
    var result = matrix
    for row in 0..<matrix.rowCount {
      for column in 0..<matrix.columnCount { result[row, column] *= scales[row] }
    }
    return result
  }

  private static func joined(_ left: Matrix<Double>, _ right: Matrix<Double>) -> Matrix<Double> {
    Matrix(
      rowCount: left.rowCount, columnCount: left.columnCount + right.columnCount,
      elements: (0..<left.rowCount).flatMap { left.row($0) + right.row($0) })
  }

  /// Var v beside (E v)² + Var v.
  private static func variances(
    _ means: Matrix<Double>, _ deviations: Matrix<Double>
  ) -> Matrix<Double> {
    let own = deviations.map { $0 * $0 }
    return joined(
      own,
      Matrix(
        rowCount: means.rowCount, columnCount: means.columnCount,
        elements: zip(means.elements, own.elements).map { $0 * $0 + $1 }))
  }

  /// c_a c_b beside the covariances of a and b, for chosen factors.
  ///
  /// - Parameters:
  ///   - c: of the chosen factors.
  ///   - covariances: upper triangles of all `width` factors.
  private static func packed(
    _ c: Matrix<Double>, _ covariances: Matrix<Double>, chosen: [Int], width: Int
  ) -> (covariates: Matrix<Double>, genes: Matrix<Double>) {
    var pairs: [(a: Int, b: Int)] = []
    var places: [Int] = []
    for (a, first) in chosen.enumerated() {
      for (b, second) in chosen.enumerated() where b >= a {
        pairs.append((a, b))
        // Before row `first` of the triangle stand rows of width, width − 1, ….
        places.append(first * width - first * (first - 1) / 2 + second - first)
      }
    }
    let products = Matrix(
      rowCount: c.rowCount, columnCount: pairs.count,
      elements: (0..<c.rowCount).flatMap { row in
        pairs.map { ($0.a == $0.b ? 1 : 2) * c[row, $0.a] * c[row, $0.b] }
      })
    return (products, covariances.selectingColumns(places))
  }
}
