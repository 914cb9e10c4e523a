import LinearAlgebra
public import Modeling
import Optimization

extension PRRR {
  /// Scores X U of the rows; zeros for rows that lack a covariate.
  public func rowOutput(_ shared: PRRRState, _ lane: CountRegressionLane) -> RowOutput {
    guard !configuration.fullRank else { return RowOutput() }
    let coefficients = canonical(shared)
    let design = regression.covariates(of: lane.rows)
    let scores = matrixProduct(design, coefficients.covariateLoadings)
    return RowOutput(
      columns: configuration.testFraction > 0
        ? [
          NamedColumn("prrr_use", regression.uses(of: lane.rows))
        ] : [],
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
      "covariates": .strings(design.names),
      "covariate_loadings": .doubles(
        coefficients.covariateLoadings.elements, shape: [covariateCount, factorCount]),
      "gene_loadings": .doubles(
        coefficients.geneLoadings.elements, shape: [geneCount, factorCount]),
    ]
    if configuration.intercept {
      members["intercepts"] = .doubles(coefficients.intercepts, shape: [geneCount])
    }
    if let best = shared.best {
      members["objective"] = .number(best.objective)
      members["log_likelihood"] = .number(best.logLikelihood)
      members["best_start"] = .integer(Int64(best.restart + 1))
      if let saturated = shared.totals?.saturated {
        members["deviance"] = .number(2 * (saturated - best.logLikelihood))
      }
      if let deviations = best.deviations {
        members["covariate_loading_deviations"] = .doubles(
          deviations.covariateLoadings.elements, shape: [covariateCount, factorCount])
        members["gene_loading_deviations"] = .doubles(
          deviations.geneLoadings.elements, shape: [geneCount, factorCount])
      }
    }
    if let evaluation = shared.evaluation {
      members["held_out"] = evaluation.storedTree
      columns.append(NamedColumn("prrr_r_squared", .numbers(evaluation.geneRSquared)))
    }
    return SharedOutput(columns: columns, matrices: matrices, parameters: .group(members))
  }

  /// The coefficients in canonical form: balanced, signed, in the order of strength; as they are where a
  /// posterior's widths belong to them.
  package func canonical(_ shared: PRRRState) -> ReducedRankCoefficients {
    var coefficients = shared.coefficients
    guard !configuration.fullRank, shared.best?.deviations == nil else { return coefficients }
    try? coefficients.balance(
      covariateScale: configuration.covariateDeviation, geneScale: configuration.geneDeviation)
    return coefficients
  }
}
