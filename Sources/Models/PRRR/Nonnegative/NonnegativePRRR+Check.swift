import Concurrency
import LinearAlgebra
public import Modeling
import RealModule
import Sums

extension NonnegativePRRR: CheckableModel {
  /// Derivatives of the log joint of a few rows against central differences, at the start of a fit.
  ///
  /// - Throws: `ModelError` where the settings and the data do not go together.
  public static func check(
    _ configuration: NonnegativePRRRConfiguration, data: DataSummary, rows: RowData
  ) throws -> [GradientComparison] {
    let model = try NonnegativePRRR(configuration, for: data)
    let lane = try model.lane(from: rows)
    let workers = Workers(threadCount: 1)
    let totals = try model.regression.totals(of: [lane], with: Alone())
    var start = model.start()
    try model.begin(&start, [lane], totals, with: Alone())
    let (p, q, k) = (start.covariates.rowCount, start.genes.rowCount, configuration.rank)
    func sums(_ covariates: Matrix<Double>, _ genes: Matrix<Double>) throws(SumFault) -> RateSums {
      try rateSums(
        lanes: [lane.training], covariates: covariates, genes: genes, side: .both, with: Alone(),
        on: workers)
    }
    func logJoint(_ values: [[Double]]) throws(SumFault) -> Double {
      let covariates = Matrix(rowCount: p, columnCount: k, elements: values[0])
      let genes = Matrix(rowCount: q, columnCount: k, elements: values[1])
      return try model.logJoint(sums(covariates, genes).logRates, covariates, genes, totals)
    }
    let values = start.covariates.elements + start.genes.elements
    var gradient = try model.likelihoodGradient(
      sums(start.covariates, start.genes), start.covariates, start.genes, totals)
    for index in gradient.indices {
      gradient[index] += (configuration.priorShape - 1) / values[index] - configuration.priorRate
    }
    // Loadings of genes are as small as their rates: a step of 10⁻³ would leave the positive numbers, so that
    // the check moves along logarithms, ∂/∂log θ = θ ∂/∂θ.
    let logarithms = values.map { Double.log($0) }
    let slopes = zip(gradient, values).map { $0 * $1 }
    return try comparedDerivatives(
      of: [
        ("loadings of covariates", Array(logarithms[..<(p * k)])),
        ("loadings of genes", Array(logarithms[(p * k)...])),
      ],
      gradients: [Array(slopes[..<(p * k)]), Array(slopes[(p * k)...])],
      value: { try logJoint($0.map { $0.map { Double.exp($0) } }) })
  }
}
