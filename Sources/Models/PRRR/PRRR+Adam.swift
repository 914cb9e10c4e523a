import Concurrency
import LinearAlgebra
import Modeling
import Optimization
import Sums

/// State of the methods that follow gradients.
package struct PRRRGradientState: Codable, Sendable {
  /// The optimiser of the means (or of the parameters themselves).
  var adam: Adam<Double>
  /// Parameters of the approximate posterior's widths: σ = softplus(raw); empty for Adam on the log joint.
  var rawDeviations: [Double]
  /// When variational inference has stopped rising.
  var window = WindowedMean()
}

extension PRRR {
  /// One step of Adam on −log joint; the reason to end, if any.
  ///
  /// The objective reported is that before the step, as the reference records it.
  func adamIteration<Everyone: Team & ~Copyable>(
    _ shared: inout PRRRState, _ totals: CountTotals, _ lanes: [CountRegressionLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> Termination? {
    shared.iteration += 1
    var parameters = flattened(shared.coefficients)
    let here = try likelihoodGradient(
      lanes: lanes.map(\.training), at: shared.coefficients, with: everyone, on: workers)
    let value =
      here.value + totals.constant + logPrior(shared.coefficients, centres: shared.interceptCentres)
    guard value.isFinite else { throw SumFault(block: "log joint") }
    let before = shared.objective
    shared.objective = value
    keepIfBest(
      &shared, objective: value, logLikelihood: here.value + totals.constant, isConverged: false)
    if let before, let tolerance = configuration.tolerance,
      (value - before).magnitude <= tolerance * max(1, value.magnitude)
    {
      shared.best?.isConverged = true
      return .objectiveTolerance
    }
    if shared.iteration > configuration.iterationLimit { return .planCompleted }
    var state =
      shared.gradient
      ?? PRRRGradientState(
        adam: Adam<Double>.published(count: parameters.count, rate: configuration.rate),
        rawDeviations: [])
    let gradient = logJointGradient(here, shared.coefficients, centres: shared.interceptCentres)
    state.adam.update(&parameters, along: gradient.map { -$0 })
    shared.coefficients = coefficients(from: parameters)
    shared.gradient = state
    return nil
  }

  /// Gradient of the log joint in the order of `flattened`.
  package func logJointGradient(
    _ likelihood: LikelihoodGradient, _ coefficients: ReducedRankCoefficients, centres: [Double]
  ) -> [Double] {
    var gradient = flattened(
      ReducedRankCoefficients(
        covariateLoadings: likelihood.covariateLoadings,
        geneCoefficients: likelihood.geneCoefficients))
    let parameters = flattened(coefficients)
    let precisions = priorPrecisions
    let means = priorMeans(centres)
    for index in gradient.indices {
      gradient[index] -= precisions[index] * (parameters[index] - means[index])
    }
    return gradient
  }

  /// 1/σ² of every parameter, in the order of `flattened`.
  var priorPrecisions: [Double] {
    func precision(_ deviation: Double) -> Double { 1 / (deviation * deviation) }
    var gene = Array(repeating: precision(geneDeviation), count: factorCount)
    if configuration.intercept { gene.append(precision(configuration.interceptDeviation)) }
    var result = Array(
      repeating: precision(covariateDeviation), count: covariateCount * factorCount)
    for _ in 0..<geneCount { result += gene }
    return result
  }

  /// The mean of every parameter's prior, in the order of `flattened`.
  func priorMeans(_ centres: [Double]) -> [Double] {
    var genes = Matrix<Double>(rowCount: geneCount, columnCount: factorCount + 1)
    for gene in 0..<geneCount { genes[gene, factorCount] = centres[gene] }
    return flattened(
      ReducedRankCoefficients(
        covariateLoadings: Matrix(rowCount: covariateCount, columnCount: factorCount),
        geneCoefficients: genes))
  }

  /// U, then each gene's coefficients; intercepts only where there are any.
  func flattened(_ coefficients: ReducedRankCoefficients) -> [Double] {
    if configuration.intercept {
      return coefficients.covariateLoadings.elements + coefficients.geneCoefficients.elements
    }
    return coefficients.covariateLoadings.elements + coefficients.geneLoadings.elements
  }

  /// The inverse of `flattened`.
  func coefficients(from parameters: [Double]) -> ReducedRankCoefficients {
    let (p, q, k) = (covariateCount, geneCount, factorCount)
    let loadings = Matrix(
      rowCount: p, columnCount: k, elements: Array(parameters[..<(p * k)]))
    let stored = configuration.intercept ? k + 1 : k
    var genes = Array(repeating: 0.0, count: q * (k + 1))
    for gene in 0..<q {
      for index in 0..<stored {
        genes[gene * (k + 1) + index] = parameters[p * k + gene * stored + index]
      }
    }
    return ReducedRankCoefficients(
      covariateLoadings: loadings,
      geneCoefficients: Matrix(rowCount: q, columnCount: k + 1, elements: genes))
  }
}
