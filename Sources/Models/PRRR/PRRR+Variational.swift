import Concurrency
import Modeling
import Optimization
import Probability
import RealModule
import Sums

/// Mean-field variational inference: a normal distribution for every entry of U, V, v0.
///
///     q(θ_i) = N(m_i, softplus(r_i)²),   θ = m + softplus(r) ∘ ε,  ε ~ N(0, 1)
///     ELBO ≈ log p(Y | θ) − Σ_i KL(q(θ_i) ‖ N(μ_i, σ_i²)),  the expectation over ε by `draws` draws
///
/// The divergence from the prior is in closed form, which halves the noise of the reference's estimate of it.
/// Noise has keys (seed, start, step, parameter), so that it is the same on every rank.
/// Widths start at 10⁻⁴, as in the reference.
extension PRRR {
  /// One step of Adam on the bound; the reason to end, if any.
  func variationalIteration<Everyone: Team & ~Copyable>(
    _ shared: inout PRRRState, _ totals: CountTotals, _ lanes: [CountRegressionLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> Termination? {
    shared.iteration += 1
    let means = flattened(shared.coefficients)
    var state =
      shared.gradient
      ?? PRRRGradientState(
        adam: Adam<Double>.published(count: 2 * means.count, rate: configuration.rate),
        rawDeviations: Array(repeating: inverseSoftplus(1e-4), count: means.count))
    let deviations = state.rawDeviations.map { log1pExp($0) }
    let expected = try expectedLikelihood(
      shared, totals, deviations: deviations, lanes.map(\.training), with: everyone, on: workers)
    var (meanGradient, deviationGradient) = (expected.byMeans, expected.byDeviations)
    let precisions = priorPrecisions
    let centres = priorMeans(shared.interceptCentres)
    var bound = expected.value
    for index in means.indices {
      let (deviation, precision) = (deviations[index], precisions[index])
      let mean = means[index] - centres[index]
      bound -=
        0.5 * precision * (mean * mean + deviation * deviation) - 0.5
        - 0.5 * .log(precision * deviation * deviation)
      meanGradient[index] -= precision * mean
      deviationGradient[index] += 1 / deviation - precision * deviation
      deviationGradient[index] *= sigmoid(state.rawDeviations[index])
    }
    guard bound.isFinite else { throw SumFault(block: "bound") }
    shared.objective = bound
    var parameters = means + state.rawDeviations
    state.adam.update(&parameters, along: (meanGradient + deviationGradient).map { -$0 })
    shared.coefficients = coefficients(from: Array(parameters[..<means.count]))
    state.rawDeviations = Array(parameters[means.count...])
    let ending = state.window.ending(
      after: bound, isLast: shared.iteration >= configuration.iterationLimit,
      tolerance: configuration.tolerance ?? 1e-5)
    shared.gradient = state
    if ending != nil {
      keepIfBest(
        &shared, objective: state.window.mean ?? bound, logLikelihood: expected.value,
        isConverged: ending == .objectiveTolerance,
        deviations: coefficients(from: state.rawDeviations.map { log1pExp($0) }))
    }
    return ending
  }

  /// The expectation of the log-likelihood over the approximate posterior, by draws, with its gradient.
  ///
  /// Collective.
  /// - Parameter deviations: σ of every parameter, in the order of `flattened`.
  private func expectedLikelihood<Everyone: Team & ~Copyable>(
    _ shared: PRRRState, _ totals: CountTotals, deviations: [Double], _ blocks: [[PoissonBlock]],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> (value: Double, byMeans: [Double], byDeviations: [Double]) {
    let means = flattened(shared.coefficients)
    var meanGradient = Array(repeating: 0.0, count: means.count)
    var deviationGradient = meanGradient
    var likelihood = 0.0
    for draw in 0..<configuration.draws {
      var stream = regression.random.stream(
        "PRRR noise \(shared.restart)", step: shared.iteration, index: draw)
      let noise = means.map { _ in stream.normal() }
      let point = means.indices.map { means[$0] + deviations[$0] * noise[$0] }
      let here = try likelihoodGradient(
        lanes: blocks, at: coefficients(from: point), with: everyone, on: workers)
      let gradient = flattened(
        ReducedRankCoefficients(
          covariateLoadings: here.covariateLoadings, geneCoefficients: here.geneCoefficients))
      likelihood += (here.value + totals.constant) / Double(configuration.draws)
      for index in gradient.indices {
        meanGradient[index] += gradient[index] / Double(configuration.draws)
        deviationGradient[index] += gradient[index] * noise[index] / Double(configuration.draws)
      }
    }
    return (likelihood, meanGradient, deviationGradient)
  }
}
