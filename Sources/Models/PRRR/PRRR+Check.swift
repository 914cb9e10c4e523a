import Concurrency
import LinearAlgebra
public import Modeling
import RealModule
import Sums

extension PRRR: CheckableModel {
  /// Derivatives of the log joint of a few rows, by both passes that compute them, against central differences.
  ///
  /// - Throws: `ModelError` where the settings and the data do not go together.
  public static func check(
    _ configuration: PRRRConfiguration, data: DataSummary, rows: RowData
  ) throws -> [GradientComparison] {
    let model = try PRRR(configuration, for: data)
    let lane = try model.lane(from: rows)
    return try model.comparisons(
      PRRRCheckPoint(model, lane, totals: model.regression.totals(of: [lane], with: Alone())))
  }

  private func comparisons(
    _ point: PRRRCheckPoint
  ) throws(SumFault) -> [GradientComparison] {
    let gradients = try [point.gradients(), point.newtonGradients()]
    var comparisons: [GradientComparison] = []
    for (suffix, gradients) in zip(["", ", as Newton steps sum it"], gradients) {
      comparisons += try comparedDerivatives(
        of: point.blocks.map { ($0.name + suffix, $0.values) }, gradients: gradients,
        value: point.logJoint)
    }
    return comparisons
  }
}

/// Where derivatives are checked: the start of a fit to these rows.
private struct PRRRCheckPoint {
  let model: PRRR
  let blocks: [(name: String, values: [Double])]
  private let lanes: [[PoissonBlock]]
  private let centres: [Double]
  private let workers = Workers(threadCount: 1)

  init(_ model: PRRR, _ lane: CountRegressionLane, totals: CountTotals) {
    self.model = model
    lanes = [lane.training]
    let isCentred =
      model.configuration.intercept && model.configuration.interceptCentre == .rates
    centres = totals.rates.map { isCentred ? .log($0) : 0 }
    let start = model.startingCoefficients(restart: 0, totals: totals)
    blocks = [
      (
        "loadings of covariates",
        model.configuration.fullRank ? [] : start.covariateLoadings.elements
      ),
      ("loadings of genes", start.geneLoadings.elements),
      ("intercepts", model.configuration.intercept ? start.intercepts : []),
    ]
  }

  private func coefficients(_ values: [[Double]]) -> ReducedRankCoefficients {
    let (p, q, k) = (model.covariateCount, model.geneCount, model.factorCount)
    let loadings =
      values[0].isEmpty
      ? Matrix(diagonal: Array(repeating: 1.0, count: p))
      : Matrix(rowCount: p, columnCount: k, elements: values[0])
    var genes = Matrix<Double>(rowCount: q, columnCount: k + 1)
    for gene in 0..<q {
      for factor in 0..<k { genes[gene, factor] = values[1][gene * k + factor] }
      if !values[2].isEmpty { genes[gene, k] = values[2][gene] }
    }
    return ReducedRankCoefficients(covariateLoadings: loadings, geneCoefficients: genes)
  }

  /// The log joint without constants.
  func logJoint(_ values: [[Double]]) throws(SumFault) -> Double {
    let coefficients = coefficients(values)
    let likelihood = try likelihoodGradient(
      lanes: lanes, at: coefficients, with: Alone(), on: workers)
    return likelihood.value + model.logPrior(coefficients, centres: centres)
  }

  /// The gradient as Adam follows it.
  func gradients() throws(SumFault) -> [[Double]] {
    let point = coefficients(blocks.map(\.values))
    let likelihood = try likelihoodGradient(lanes: lanes, at: point, with: Alone(), on: workers)
    return withPriors(
      covariates: likelihood.covariateLoadings, genes: likelihood.geneCoefficients, at: point)
  }

  /// The gradient from the moments of genes and of rows.
  func newtonGradients() throws(SumFault) -> [[Double]] {
    let point = coefficients(blocks.map(\.values))
    let width = point.factorCount + 1
    let packed = packedCount(width)
    let scores = lanes.map { Models.scores(of: $0, at: point.covariateLoadings, on: workers) }
    let sums = try geneSums(
      lanes: lanes, scores: scores, coefficients: point.geneCoefficients, with: Alone(),
      on: workers)
    let pass = try rowPass(
      lanes: lanes, scores: scores, genes: (Array(0..<point.geneCount), point.geneCoefficients),
      wantsMoments: true, with: Alone(), on: workers)
    var genes = Matrix<Double>(rowCount: point.geneCount, columnCount: width)
    for gene in 0..<point.geneCount {
      var place = gene * packed
      for a in 0..<width {
        // The last of each row of the packed moments is that with the column of ones.
        place += width - 1 - a
        genes[gene, a] = sums.countMoments[gene * width + a] - sums.meanMoments[place]
        place += 1
      }
    }
    var covariates = Matrix<Double>(rowCount: point.covariateCount, columnCount: width - 1)
    for (block, moments) in zip(lanes[0], pass.moments[0]) where block.rowCount > 0 {
      let residuals = Matrix(
        rowCount: block.rowCount, columnCount: width - 1, elements: moments.residuals)
      covariates.add(matrixProduct(block.design, residuals, transposing: .first), times: 1)
    }
    return withPriors(covariates: covariates, genes: genes, at: point)
  }

  /// Block by block, with the gradients of the priors.
  private func withPriors(
    covariates: Matrix<Double>, genes: Matrix<Double>, at point: ReducedRankCoefficients
  ) -> [[Double]] {
    func pull(_ deviation: Double) -> Double { 1 / (deviation * deviation) }
    let u = pull(model.covariateDeviation), v = pull(model.loadingDeviation)
    let v0 = pull(model.configuration.interceptDeviation)
    let k = point.factorCount
    return [
      blocks[0].values.isEmpty
        ? [] : zip(covariates.elements, blocks[0].values).map { $0 - u * $1 },
      blocks[1].values.indices.map { genes[$0 / k, $0 % k] - v * blocks[1].values[$0] },
      blocks[2].values.indices.map {
        genes[$0, k] - v0 * (blocks[2].values[$0] - centres[$0])
      },
    ]
  }
}
