public import LinearAlgebra
import Modeling
import RealModule

/// The association of a covariate with a gene.
public struct Association: Sendable, Equatable {
  /// Which column of the design.
  public let covariate: Int
  /// Which gene.
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
    let weights = contrast(of: column)
    let isPosterior = posterior != nil && factor == nil
    let u = isPosterior ? posterior?.covariateMeans ?? covariateLoadings : covariateLoadings
    let v = isPosterior ? posterior?.geneMeans ?? geneLoadings : geneLoadings
    let k = u.columnCount
    let chosen = factor.map { $0..<$0 + 1 } ?? 0..<k
    var c = Array(repeating: 0.0, count: k)
    for (row, weight) in weights {
      for index in chosen { c[index] += weight * u[row, index] }
    }
    let variances = variances(c, weights, factor: factor)
    let rates = meanRates
    return (0..<geneCount).map { gene in
      var effect = 0.0
      for index in chosen { effect += c[index] * v[gene, index] }
      let scale = rates.map { max($0[gene], 1e-300) } ?? 1
      return Association(
        covariate: column, gene: gene, effect: effect / scale,
        deviation: variances.map { max($0[gene], 0).squareRoot() / scale } ?? .nan)
    }
  }

  /// The strongest associations of one column, strongest first.
  public func strongest(
    _ count: Int, of column: Int, factor: Int? = nil, z: Double
  ) -> [Association] {
    Self.strongest(count, among: effects(of: column, factor: factor), z: z)
  }

  /// The strongest of some associations; of equals the first.
  public static func strongest(
    _ count: Int, among associations: [Association], z: Double
  ) -> [Association] {
    let keys = associations.map { $0.strength(z: z) }
    let order = associations.indices.sorted { keys[$0] == keys[$1] ? $0 < $1 : keys[$0] > keys[$1] }
    return order.prefix(count).map { associations[$0] }
  }

  /// Var e_j; nil where the fit states no uncertainty.
  private func variances(
    _ c: [Double], _ weights: [(column: Int, weight: Double)], factor: Int?
  ) -> [Double]? {
    let k = c.count
    let chosen = factor.map { $0..<$0 + 1 } ?? 0..<k
    let means = factor == nil ? posterior?.geneMeans : geneLoadings
    let du = factor == nil ? posterior?.covariateDeviations : covariateDeviations
    let dv = factor == nil ? posterior?.geneDeviations : geneDeviations
    if let means, let du, let dv {
      var spread = Array(repeating: 0.0, count: k)
      for (row, weight) in weights {
        for index in chosen { spread[index] += weight * weight * du[row, index] * du[row, index] }
      }
      return (0..<geneCount).map { gene in
        var variance = 0.0
        for index in chosen {
          let own = dv[gene, index] * dv[gene, index]
          let mean = means[gene, index]
          variance += c[index] * c[index] * own + spread[index] * (mean * mean + own)
        }
        return variance
      }
    }
    guard let geneCovariances else { return nil }
    let packed = k * (k + 1) / 2
    return (0..<geneCount).map { gene in
      var variance = 0.0
      var place = gene * packed
      for a in 0..<k {
        for b in a..<k {
          if chosen.contains(a), chosen.contains(b) {
            variance += (a == b ? 1 : 2) * c[a] * c[b] * geneCovariances[place]
          }
          place += 1
        }
      }
      return variance
    }
  }

  /// Σ_p x̄_p B_pj of nn-PRRR; nil for the other models.
  private var meanRates: [Double]? {
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
  public var covariatePoints: Matrix<Double> {
    let decomposition = try? SymmetricEigen(geneLoadings.gram(.transposed))
    let root = decomposition?.rebuilt { max($0, 0).squareRoot() } ?? .identity(factorCount)
    var c = Matrix<Double>(rowCount: covariateCount, columnCount: factorCount)
    for column in 0..<covariateCount {
      for (row, weight) in contrast(of: column) {
        for factor in 0..<factorCount {
          c[column, factor] += weight * covariateLoadings[row, factor]
        }
      }
    }
    return matrixProduct(c, root)
  }
}
