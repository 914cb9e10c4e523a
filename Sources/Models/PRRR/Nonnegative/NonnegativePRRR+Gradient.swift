import Concurrency
package import LinearAlgebra
import Modeling
import Optimization
import Probability
import RealModule
import Sums

/// The published methods, which follow gradients.
extension NonnegativePRRR {
  private var a: Double { configuration.priorShape }
  private var b: Double { configuration.priorRate }

  /// The gradient of the log-likelihood in U and Vᵀ.
  ///
  ///     ∂ℓ/∂U = Xᵀ (W V) − (Σ_n s_n x_n) ⊗ (Σ_j v_j),   ∂ℓ/∂V = Wᵀ (X U) − 1 ⊗ (Σ_n s_n x_n U)
  package func likelihoodGradient(
    _ sums: RateSums, _ covariates: Matrix<Double>, _ genes: Matrix<Double>, _ totals: CountTotals
  ) -> [Double] {
    var u = sums.covariates
    var v = sums.genes
    let geneSums = columnSums(genes)
    let scores = matrixProduct(
      Matrix(rowCount: 1, columnCount: totals.covariates.count, elements: totals.covariates),
      covariates
    ).elements
    for factor in 0..<configuration.rank {
      for row in 0..<u.rowCount { u[row, factor] -= totals.covariates[row] * geneSums[factor] }
      for row in 0..<v.rowCount { v[row, factor] -= scores[factor] }
    }
    return u.elements + v.elements
  }

  /// U and Vᵀ from one list.
  func matrices(_ values: [Double]) -> (covariates: Matrix<Double>, genes: Matrix<Double>) {
    let (p, k) = (regression.covariateCount, configuration.rank)
    return (
      Matrix(rowCount: p, columnCount: k, elements: Array(values[..<(p * k)])),
      Matrix(rowCount: regression.geneCount, columnCount: k, elements: Array(values[(p * k)...]))
    )
  }

  /// One step of Adam on −log joint in softplus⁻¹(U, V), without the Jacobian, as published.
  func follow<Everyone: Team & ~Copyable>(
    _ shared: inout NonnegativePRRRState, _ blocks: [[PoissonBlock]], _ totals: CountTotals,
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> Termination? {
    let sums = try rateSums(
      lanes: blocks, covariates: shared.covariates, genes: shared.genes, side: .both,
      with: everyone, on: workers)
    let value = logJoint(sums.logRates, shared.covariates, shared.genes, totals)
    if let ending = try judge(&shared, value, deviations: []) { return ending }
    keep(&shared, value, deviations: [], isConverged: false)
    let values = shared.covariates.elements + shared.genes.elements
    if shared.free.isEmpty { shared.free = values.map { inverseSoftplus($0) } }
    var adam = shared.adam ?? Adam<Double>.published(count: values.count, rate: configuration.rate)
    var gradient = likelihoodGradient(sums, shared.covariates, shared.genes, totals)
    for index in gradient.indices {
      gradient[index] += (a - 1) / values[index] - b
      gradient[index] *= -sigmoid(shared.free[index])
    }
    adam.update(&shared.free, along: gradient)
    shared.adam = adam
    (shared.covariates, shared.genes) = matrices(shared.free.map { log1pExp($0) })
    return nil
  }

  /// One step of Adam on the bound of log-normal distributions, as published.
  ///
  ///     θ = exp(m + σ ε),  σ = softplus(r);   E log p(θ) = (a − 1) m − b exp(m + σ²/2) + constants,
  ///     entropy = m + log σ + ½ log 2πe
  ///
  /// Prior and entropy are in closed form, which halves the noise of the reference's estimate. m starts at the
  /// logarithm of the random start (the reference: N(0, 1)), σ at 10⁻⁴.
  func sample<Everyone: Team & ~Copyable>(
    _ shared: inout NonnegativePRRRState, _ blocks: [[PoissonBlock]], _ totals: CountTotals,
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> Termination? {
    let count = shared.covariates.elements.count + shared.genes.elements.count
    if shared.free.isEmpty {
      shared.free =
        (shared.covariates.elements + shared.genes.elements).map { .log($0) }
        + Array(repeating: inverseSoftplus(1e-4), count: count)
    }
    let means = shared.free[..<count]
    let deviations = shared.free[count...].map { log1pExp($0) }
    let expected = try expectedLikelihood(
      shared, deviations: deviations, blocks, totals, with: everyone, on: workers)
    var (bound, gradient) = (expected.value, expected.gradient)
    bound += Double(count) * (a * .log(b) - logGamma(a) + 0.5 + 0.918_938_533_204_672_7)
    for index in 0..<count {
      let (mean, deviation) = (means[index], deviations[index])
      let expectation = Double.exp(mean + 0.5 * deviation * deviation)
      bound += a * mean - b * expectation + .log(deviation)
      gradient[index] += a - b * expectation
      gradient[count + index] += 1 / deviation - b * expectation * deviation
      gradient[count + index] *= sigmoid(shared.free[count + index])
    }
    guard bound.isFinite else { throw SumFault(block: "bound") }
    shared.objective = bound
    let expectations = deviations.indices.map { index -> Double in
      Double.exp(means[index] + 0.5 * deviations[index] * deviations[index])
    }
    (shared.covariates, shared.genes) = matrices(expectations)
    let ending = shared.window.ending(
      after: bound, isLast: shared.iteration >= configuration.iterationLimit,
      tolerance: configuration.tolerance ?? 1e-5)
    if ending != nil {
      let spread = matrices(
        deviations.indices.map { index -> Double in
          let variance = deviations[index] * deviations[index]
          return expectations[index] * Double.expMinusOne(variance).squareRoot()
        })
      keep(
        &shared, shared.window.mean ?? bound, deviations: [spread.covariates, spread.genes],
        isConverged: ending == .objectiveTolerance)
      return ending
    }
    var adam = shared.adam ?? Adam<Double>.published(count: 2 * count, rate: configuration.rate)
    adam.update(&shared.free, along: gradient.map { -$0 })
    shared.adam = adam
    return nil
  }

  /// The expectation of the log-likelihood over log-normal distributions, by draws, with its gradient by m and σ.
  ///
  /// Collective.
  /// - Parameter deviations: σ of every parameter.
  private func expectedLikelihood<Everyone: Team & ~Copyable>(
    _ shared: NonnegativePRRRState, deviations: [Double], _ blocks: [[PoissonBlock]],
    _ totals: CountTotals, with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> (value: Double, gradient: [Double]) {
    let count = deviations.count
    let means = shared.free[..<count]
    var bound = totals.constant
    var gradient = Array(repeating: 0.0, count: 2 * count)
    for draw in 0..<configuration.draws {
      var stream = regression.random.stream(
        "nn-PRRR noise \(shared.restart)", step: shared.iteration, index: draw)
      let noise = (0..<count).map { _ in stream.normal() }
      let point = noise.indices.map { index -> Double in
        Double.exp(means[index] + deviations[index] * noise[index])
      }
      let (covariates, genes) = matrices(point)
      let sums = try rateSums(
        lanes: blocks, covariates: covariates, genes: genes, side: .both, with: everyone,
        on: workers)
      let weight = 1 / Double(configuration.draws)
      bound += weight * (sums.logRates - expectedTotal(covariates, genes, totals))
      let slope = likelihoodGradient(sums, covariates, genes, totals)
      for index in 0..<count {
        gradient[index] += weight * slope[index] * point[index]
        gradient[count + index] += weight * slope[index] * point[index] * noise[index]
      }
    }
    return (bound, gradient)
  }
}
