import LinearAlgebra
public import Modeling
import Optimization

extension PRRR {
  /// Scores X U of the rows; zeros for rows that lack a covariate.
  public func rowOutput(_ shared: PRRRState, _ lane: CountRegressionLane) -> RowOutput {
    let uses =
      configuration.testFraction > 0
      ? [NamedColumn("prrr_use", regression.uses(of: lane.rows))] : []
    guard !configuration.fullRank else { return RowOutput(columns: uses) }
    let coefficients = canonical(shared)
    let design = regression.covariates(of: lane.rows)
    let scores = matrixProduct(design, coefficients.covariateLoadings)
    return RowOutput(
      columns: uses,
      matrices: [
        NamedMatrix("X_prrr", width: factorCount, elements: scores.elements.map { Float($0) })
      ])
  }

  /// Loadings of genes (`varm`), intercepts (`var`), and everything needed to use the fit.
  public func sharedOutput(_ shared: PRRRState) -> SharedOutput {
    let coefficients = canonical(shared)
    var columns: [NamedColumn] = []
    if configuration.intercept {
      columns.append(NamedColumn("prrr_intercept", .numbers(coefficients.intercepts)))
    }
    var matrices: [NamedMatrix] = []
    if !configuration.fullRank {
      matrices.append(
        NamedMatrix(
          "prrr_loadings", width: factorCount,
          elements: coefficients.geneLoadings.elements.map { Float($0) }))
    }
    if configuration.coefficients || configuration.fullRank {
      let product = matrixProduct(
        coefficients.geneLoadings, coefficients.covariateLoadings, transposing: .second)
      matrices.append(
        NamedMatrix(
          "prrr_coefficients", width: covariateCount, elements: product.elements.map { Float($0) }))
    }
    var members: [String: StoredTree] = [
      "covariates": .strings(design.names), "design": design.storedTree,
      "covariate_loadings": .doubles(
        coefficients.covariateLoadings.elements, shape: [covariateCount, factorCount]),
      "gene_loadings": .doubles(
        coefficients.geneLoadings.elements, shape: [geneCount, factorCount]),
    ]
    if configuration.intercept {
      members["intercepts"] = .doubles(coefficients.intercepts, shape: [geneCount])
    }
    if let totals = shared.totals {
      members["typical_size_factor"] = .number(regression.typicalSize(totals))
    }
    if let best = shared.best {
      members["objective"] = .number(best.objective)
      members["log_likelihood"] = .number(best.logLikelihood)
      members["best_start"] = .integer(Int64(best.restart + 1))
      if let saturated = shared.totals?.saturated {
        let deviance = 2 * (saturated - best.logLikelihood)
        members["deviance"] = .number(deviance)
        if let null = shared.totals?.nullDeviance {
          members["null_deviance"] = .number(null)
          members["deviance_explained"] = .number(1 - deviance / null)
        }
      }
      if let deviations = best.deviations {
        members.merge(posterior(best.coefficients, deviations, coefficients)) { own, _ in own }
      }
    }
    if let covariances = shared.geneCovariances {
      members["gene_loading_covariances"] = .doubles(
        covariances, shape: [geneCount, covariances.count / geneCount])
    }
    if let evaluation = shared.evaluation {
      members["held_out"] = evaluation.storedTree
      columns.append(NamedColumn("prrr_r_squared", .numbers(evaluation.geneRSquared)))
    }
    return SharedOutput(columns: columns, matrices: matrices, parameters: .group(members))
  }

  /// The coefficients in canonical form, U V = (P S^½)(S^½ Qᵀ), signed, in the order of strength.
  ///
  /// - Throws: where they are not finite.
  func canonicalForm(
    _ shared: PRRRState
  ) throws(LinearAlgebraError) -> ReducedRankCoefficients {
    var coefficients = shared.coefficients
    // Covariances belong to a form that is canonical already.
    guard !configuration.fullRank, shared.geneCovariances == nil else { return coefficients }
    try coefficients.balance(covariateScale: 1, geneScale: 1)
    return coefficients
  }

  /// The coefficients in canonical form; as they are where they are not finite, so that it can be seen.
  package func canonical(_ shared: PRRRState) -> ReducedRankCoefficients {
    do throws(LinearAlgebraError) {
      return try canonicalForm(shared)
    } catch {
      return shared.coefficients
    }
  }

  /// The approximate posterior as it was fitted, and its marginal standard deviations in canonical form.
  ///
  ///     U' = U A, A = U⁺ U':  Var u'_pr = Σ_s Var u_ps A_sr²,   the same for V
  private func posterior(
    _ means: ReducedRankCoefficients, _ deviations: ReducedRankCoefficients,
    _ canonical: ReducedRankCoefficients
  ) -> [String: StoredTree] {
    let (p, q, k) = (covariateCount, geneCount, factorCount)
    var members: [String: StoredTree] = [
      "posterior": .group([
        "covariate_means": .doubles(means.covariateLoadings.elements, shape: [p, k]),
        "covariate_deviations": .doubles(deviations.covariateLoadings.elements, shape: [p, k]),
        "gene_means": .doubles(means.geneLoadings.elements, shape: [q, k]),
        "gene_deviations": .doubles(deviations.geneLoadings.elements, shape: [q, k]),
      ])
    ]
    if configuration.intercept {
      members["intercept_deviations"] = .doubles(deviations.intercepts, shape: [q])
    }
    if let covariates = rotated(
      deviations.covariateLoadings, from: means.covariateLoadings, to: canonical.covariateLoadings),
      let genes = rotated(
        deviations.geneLoadings, from: means.geneLoadings, to: canonical.geneLoadings)
    {
      members["covariate_loading_deviations"] = .doubles(covariates.elements, shape: [p, k])
      members["gene_loading_deviations"] = .doubles(genes.elements, shape: [q, k])
    }
    return members
  }

  /// Standard deviations of the entries of M A, for independent entries of M; nil where M has no full rank.
  private func rotated(
    _ deviations: Matrix<Double>, from old: Matrix<Double>, to new: Matrix<Double>
  ) -> Matrix<Double>? {
    guard let decomposition = try? SingularValueDecomposition(old),
      decomposition.rank(tolerance: 1e-10) == factorCount
    else { return nil }
    let map = decomposition.leastSquares(new, tolerance: 1e-10)
    return matrixProduct(deviations.map { $0 * $0 }, map.map { $0 * $0 }).map { $0.squareRoot() }
  }
}
