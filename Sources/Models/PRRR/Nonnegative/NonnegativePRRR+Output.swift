import Concurrency
import LinearAlgebra
public import Modeling
import Sums

extension NonnegativePRRR {
  /// How well the held-out rows are predicted; nil without any.
  ///
  /// Collective.
  func evaluation<Everyone: Team & ~Copyable>(
    _ shared: NonnegativePRRRState, _ lanes: [CountRegressionLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> CountEvaluation? {
    guard configuration.testFraction > 0, let totals = shared.totals, let best = shared.best else {
      return nil
    }
    let blocks = lanes.map(\.heldOut)
    let scores = blocks.map { lane in
      lane.map { matrixProduct($0.design, best.covariates) }
    }
    return try countEvaluation(
      lanes: blocks, constants: lanes.map(\.heldOutConstants),
      nullRates: totals.rates, with: everyone, on: workers
    ) { lane, block, gene in
      let loadings = Array(best.genes.row(gene))
      return blocks[lane][block].exposure.enumerated().map { row, size in
        var rate = 0.0
        for (factor, score) in scores[lane][block].row(row).enumerated() {
          rate += score * loadings[factor]
        }
        return size * rate
      }
    }
  }

  /// The factors by the share of the expected counts that they make up, largest first.
  private func order(_ best: NonnegativePRRRState.Solution, _ totals: CountTotals) -> [Int] {
    let genes = columnSums(best.genes)
    let shares = genes.indices.map { factor in
      totals.covariates.indices.reduce(0.0) {
        $0 + totals.covariates[$1] * best.covariates[$1, factor]
      } * genes[factor]
    }
    return genes.indices.sorted { shares[$0] == shares[$1] ? $0 < $1 : shares[$0] > shares[$1] }
  }

  private func reordered(_ matrix: Matrix<Double>, _ order: [Int]) -> Matrix<Double> {
    Matrix(
      rowCount: matrix.rowCount, columnCount: matrix.columnCount,
      elements: (0..<matrix.rowCount).flatMap { row in order.map { matrix[row, $0] } })
  }

  /// Scores X U of the rows; zeros for rows that lack a covariate.
  public func rowOutput(_ shared: NonnegativePRRRState, _ lane: CountRegressionLane) -> RowOutput {
    guard let best = shared.best, let totals = shared.totals else { return RowOutput() }
    let loadings = reordered(best.covariates, order(best, totals))
    let scores = matrixProduct(regression.covariates(of: lane.rows), loadings)
    return RowOutput(
      columns: configuration.testFraction > 0
        ? [NamedColumn("nn_prrr_use", regression.uses(of: lane.rows))] : [],
      matrices: [
        NamedMatrix(
          "X_nn_prrr", width: configuration.rank, elements: scores.elements.map { Float($0) })
      ])
  }

  /// Loadings of genes (`varm`) and everything needed to use the fit.
  public func sharedOutput(_ shared: NonnegativePRRRState) -> SharedOutput {
    guard let best = shared.best, let totals = shared.totals else {
      return SharedOutput(parameters: .group([:]))
    }
    let order = order(best, totals)
    let u = reordered(best.covariates, order)
    let v = reordered(best.genes, order)
    let (p, q, k) = (u.rowCount, v.rowCount, configuration.rank)
    var matrices = [
      NamedMatrix("nn_prrr_loadings", width: k, elements: v.elements.map { Float($0) })
    ]
    if configuration.coefficients {
      let product = matrixProduct(v, u, transposing: .second)
      matrices.append(
        NamedMatrix("nn_prrr_coefficients", width: p, elements: product.elements.map { Float($0) }))
    }
    var members: [String: StoredTree] = [
      "covariates": .strings(regression.design.names),
      "design": regression.design.storedTree,
      "typical_size_factor": .number(regression.typicalSize(totals)),
      "covariate_means": .doubles(
        totals.covariates.map { $0 / max(totals.exposure, 1e-300) }, shape: [p]),
      "covariate_loadings": .doubles(u.elements, shape: [p, k]),
      "gene_loadings": .doubles(v.elements, shape: [q, k]),
      "objective": .number(best.objective), "best_start": .integer(Int64(best.restart + 1)),
    ]
    if best.deviations.count == 2 {
      members["covariate_loading_deviations"] = .doubles(
        reordered(best.deviations[0], order).elements, shape: [p, k])
      members["gene_loading_deviations"] = .doubles(
        reordered(best.deviations[1], order).elements, shape: [q, k])
    }
    var columns: [NamedColumn] = []
    if let evaluation = shared.evaluation {
      members["held_out"] = evaluation.storedTree
      columns.append(NamedColumn("nn_prrr_r_squared", .numbers(evaluation.geneRSquared)))
    }
    return SharedOutput(columns: columns, matrices: matrices, parameters: .group(members))
  }
}
