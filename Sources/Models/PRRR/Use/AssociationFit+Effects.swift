public import LinearAlgebra
import Modeling
import RealModule

/// The association of a covariate with a gene.
public struct Association: Sendable, Equatable {
  /// Which column of the design.
  public let covariate: Int
  /// The gene, by its column.
  public let gene: Int
  /// What the covariate does, see ``AssociationFit/effects(of:factor:)``.
  public let effect: Double
  /// Its standard deviation; NaN where the fit states none.
  public let deviation: Double

  /// The interval effect ± z · deviation.
  ///
  /// - Parameter z: 1.96 for 95 %.
  public func interval(z: Double) -> ClosedRange<Double>? {
    deviation.isNaN ? nil : effect - z * deviation...effect + z * deviation
  }

  /// By what associations are ranked: the end of the interval that is nearer to 0 (0 where the interval holds
  /// it, then by effect), or the effect where there is no interval. Large effects that are certain come first:
  /// neither tiny effects of genes with many counts nor wild ones of genes with few.
  public func strength(z: Double) -> Double {
    deviation.isNaN ? effect.magnitude : effect.magnitude - z * deviation
  }
}

extension AssociationFit {
  /// What each column of the design is compared with.
  ///
  ///     a level:   w = 1 for the level, −1 / (L − 1) for the other L − 1 levels of its category
  ///     a number:  w = 1
  ///
  /// Only such differences are determined by the data where a category's levels add up to 1 and genes have
  /// intercepts.
  public func contrast(of column: Int) -> [(column: Int, weight: Double)] {
    guard design.columns[column].level != nil else { return [(column, 1)] }
    let category = design.columns[column].covariate
    let others = design.columns.indices.filter {
      $0 != column && design.columns[$0].covariate == category && design.columns[$0].level != nil
    }
    guard !others.isEmpty else { return [(column, 1)] }
    return [(column, 1)] + others.map { ($0, -1 / Double(others.count)) }
  }

  /// The association of one column of the design with every gene.
  ///
  ///     e_j = Σ_p w_p B_pj                          prrr, rrr: a change of the logarithm
  ///     e_j = Σ_p w_p B_pj / Σ_p x̄_p B_pj           nn-prrr: a share of the gene's mean rate
  ///
  /// Standard deviations:
  ///
  ///     variational:  Var e_j = Σ_r (E c_r)² Var v_rj + Var c_r ((E v_rj)² + Var v_rj),  c = wᵀU
  ///     maximum:      Var e_j = cᵀ Σ_j c,  Σ_j the inverse Hessian of gene j's loadings given U
  ///
  /// Both are of a Poisson model: counts that vary more than that make them too small.
  /// - Parameter factor: of this factor alone, c_r v_rj; nil: of all.
  public func effects(of column: Int, factor: Int? = nil) -> [Association] {
    let block = AssociationEffects(self, factor: factor)
      .block(columns: column..<column + 1, genes: 0..<geneCount)
    return (0..<geneCount).map { block.association(column, $0) }
  }

  /// Σ_p x̄_p B_pj of nn-PRRR; nil for the other models.
  var meanRates: [Double]? {
    guard link == .identity, let covariateMeans else { return nil }
    let scores = (0..<factorCount).map { factor in
      covariateMeans.indices.reduce(0.0) {
        $0 + covariateMeans[$1] * covariateLoadings[$1, factor]
      }
    }
    return (0..<geneCount).map { gene in
      scores.indices.reduce(0.0) { $0 + scores[$1] * geneLoadings[gene, $1] }
    }
  }

  /// How strong each factor is: ‖u_r‖ ‖v_r‖, the singular value of B in canonical form.
  public var factorStrengths: [Double] {
    (0..<factorCount).map { factor in
      func norm(_ matrix: Matrix<Double>) -> Double {
        matrix.column(factor).reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
      return norm(covariateLoadings) * norm(geneLoadings)
    }
  }

  /// The columns of the design as points whose distances are those of their effects on all genes:
  ///
  ///     ‖Σ_j (e_pj − e_p'j)²‖^½ = ‖(c_p − c_p') R‖,  VᵀV = R Rᵀ
  ///
  /// - Throws: where the loadings are not finite.
  public func covariatePoints() throws(LinearAlgebraError) -> Matrix<Double> {
    let root = try SymmetricEigen(geneLoadings.gram(.transposed))
      .rebuilt { max($0, 0).squareRoot() }
    return matrixProduct(contrasts(covariateLoadings), root)
  }

  /// Σ_p f(w_p) m_pr for every column of the design: what its contrast makes of some loadings.
  ///
  /// - Parameter weight: f.
  func contrasts(
    _ loadings: Matrix<Double>, weight: (Double) -> Double = { $0 }
  ) -> Matrix<Double> {
    var result = Matrix<Double>(rowCount: covariateCount, columnCount: loadings.columnCount)
    for column in 0..<covariateCount {
      for (row, w) in contrast(of: column) {
        for factor in 0..<loadings.columnCount {
          result[column, factor] += weight(w) * loadings[row, factor]
        }
      }
    }
    return result
  }
}
