import Concurrency
import LinearAlgebra
import Modeling
import Optimization
import Sums

/// Alternating Newton steps.
///
/// Given U each gene is a Poisson regression of k + 1 coefficients, given V there is one of p · k: each step is
/// Newton's for a concave function, halved until it does not fall. One iteration is two passes over the rows:
///
/// 1. moments of every gene at (U, V, v0): the log joint, which judges the last step of U, and a step of V, v0;
/// 2. moments of every row at the new V: the log-likelihood of each gene, which judges its step, and a step of
///    U by conjugate gradients (``CovariateSystem``); then the balanced form, which can only raise the log joint.
extension PRRR {
  /// One iteration; the reason to end this start, if any.
  func newtonIteration<Everyone: Team & ~Copyable>(
    _ shared: inout PRRRState, _ totals: CountTotals, _ lanes: [CountRegressionLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> Termination? {
    let blocks = lanes.map(\.training)
    shared.iteration += 1
    let here = try evaluate(&shared, blocks, totals, with: everyone, on: workers)
    let before = shared.objective
    shared.objective = here.value
    if let before {
      let tolerance = configuration.tolerance ?? 1e-9
      let isConverged = here.value - before <= tolerance * max(1, here.value.magnitude)
      if isConverged || shared.iteration > configuration.iterationLimit {
        keepIfBest(
          &shared, objective: here.value,
          logLikelihood: here.value
            - logPrior(shared.coefficients, centres: shared.interceptCentres),
          isConverged: isConverged)
        return isConverged ? .objectiveTolerance : .stepLimit
      }
    }
    let genes = try geneSteps(
      shared, here.sums, scores: here.scores, blocks, with: everyone, on: workers)
    shared.coefficients.geneCoefficients = genes.coefficients
    shared.trial = nil
    if !configuration.fullRank {
      let value =
        genes.pass.geneLogLikelihoods.reduce(0, +) + totals.constant
        + logPrior(shared.coefficients, centres: shared.interceptCentres)
      let direction = try covariateDirection(
        shared, genes.pass, totals, blocks, with: everyone, on: workers)
      let trial = PRRRState.Trial(
        origin: shared.coefficients, value: value, direction: direction, length: 1)
      shared.trial = trial
      shared.coefficients = moved(trial, totals)
    }
    return nil
  }

  /// What is known at one point.
  private struct Point {
    var scores: [[VectorRows]]
    var sums: GeneSums
    var value: Double
  }

  /// The log joint and the genes' moments, after shortening the last step of U until it pays.
  private func evaluate<Everyone: Team & ~Copyable>(
    _ shared: inout PRRRState, _ lanes: [[PoissonBlock]], _ totals: CountTotals,
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> Point {
    while true {
      let scores = lanes.map {
        Models.scores(of: $0, at: shared.coefficients.covariateLoadings, on: workers)
      }
      // A step may be so long that a sum is not finite: it is shortened like one that does not pay.
      let sums = Result { () throws(SumFault) in
        try geneSums(
          lanes: lanes, scores: scores, coefficients: shared.coefficients.geneCoefficients,
          with: everyone, on: workers)
      }
      let value = sums.map {
        logLikelihoods($0, shared.coefficients).reduce(0, +) + totals.constant
          + logPrior(shared.coefficients, centres: shared.interceptCentres)
      }
      if let trial = shared.trial, trial.length > 0, !pays(trial, value) {
        let length = trial.length < 1e-6 ? 0 : trial.length / 2
        shared.trial?.length = length
        if let shorter = shared.trial {
          shared.coefficients = length == 0 ? shorter.origin : moved(shorter, totals)
        }
        continue
      }
      let found = try Point(scores: scores, sums: sums.get(), value: value.get())
      guard found.value.isFinite else { throw SumFault(block: "log joint") }
      return found
    }
  }

  /// Whether the log joint after a step of U is no lower than before it.
  private func pays(_ trial: PRRRState.Trial, _ value: Result<Double, SumFault>) -> Bool {
    switch value {
    case .success(let value): value >= trial.value - 1e-12 * trial.value.magnitude
    case .failure: false
    }
  }

  /// Σ_n y_nj η_nj − μ_nj of every gene, from its moments.
  func logLikelihoods(
    _ sums: GeneSums, _ coefficients: ReducedRankCoefficients
  ) -> [Double] {
    let width = coefficients.factorCount + 1
    let packed = packedCount(width)
    return (0..<coefficients.geneCount).map { gene in
      var value = -sums.meanMoments[(gene + 1) * packed - 1]
      for (index, coefficient) in coefficients.geneCoefficients.row(gene).enumerated() {
        value += coefficient * sums.countMoments[gene * width + index]
      }
      return value
    }
  }

  // MARK: - Covariates

  /// Newton's direction of U.
  private func covariateDirection<Everyone: Team & ~Copyable>(
    _ shared: PRRRState, _ pass: RowPass, _ totals: CountTotals,
    _ lanes: [[PoissonBlock]], with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> Matrix<Double> {
    let coefficients = shared.coefficients
    let loadings = coefficients.geneLoadings
    let intercepts = zip(coefficients.intercepts, shared.interceptCentres).map { $0 - $1 }
    let covariatePrecision =
      1 / (covariateDeviation * covariateDeviation)
    let interceptPrecision =
      configuration.intercept
      ? 1 / (configuration.interceptDeviation * configuration.interceptDeviation) : 0
    let system = CovariateSystem(
      lanes: lanes, moments: pass.moments, centre: centre(totals),
      loadingGram: loadings.gram(.transposed), covariatePrecision: covariatePrecision,
      interceptPrecision: interceptPrecision)
    let centre = centre(totals)
    var pull = Array(repeating: 0.0, count: factorCount)
    for gene in 0..<geneCount {
      for factor in 0..<factorCount { pull[factor] += intercepts[gene] * loadings[gene, factor] }
    }
    var penalty = coefficients.covariateLoadings
    for covariate in 0..<covariateCount {
      for factor in 0..<factorCount {
        penalty[covariate, factor] =
          -covariatePrecision * penalty[covariate, factor]
          + interceptPrecision * centre[covariate] * pull[factor]
      }
    }
    return try system.solve(
      penaltyGradient: penalty, tolerance: 1e-3, limit: 100, with: everyone, on: workers
    ).direction
  }

  /// The coefficients at the end of a step of U: intercepts follow, then the balanced form.
  private func moved(
    _ trial: PRRRState.Trial, _ totals: CountTotals
  ) -> ReducedRankCoefficients {
    var result = trial.origin
    result.covariateLoadings.add(trial.direction, times: trial.length)
    if configuration.intercept {
      let centre = centre(totals)
      var shift = Array(repeating: 0.0, count: factorCount)
      for covariate in 0..<covariateCount {
        for factor in 0..<factorCount {
          shift[factor] += centre[covariate] * trial.direction[covariate, factor]
        }
      }
      for gene in 0..<geneCount {
        var change = 0.0
        for factor in 0..<factorCount {
          change += shift[factor] * result.geneCoefficients[gene, factor]
        }
        result.geneCoefficients[gene, factorCount] -= trial.length * change
      }
    }
    do throws(LinearAlgebraError) {
      try result.balance(covariateScale: covariateDeviation, geneScale: geneDeviation)
    } catch {
      // Where numbers are not finite they stay as they are: the next pass finds them and shortens the step.
    }
    return result
  }
}
