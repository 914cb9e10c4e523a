public import LinearAlgebra
public import Modeling
import Optimization
import Probability
import RealModule

extension NonnegativePRRR {
  private var a: Double { configuration.priorShape }
  private var b: Double { configuration.priorRate }

  /// Parameters before the first sum: ones.
  public func start() -> NonnegativePRRRState {
    let k = configuration.rank
    return NonnegativePRRRState(
      covariates: Matrix(rowCount: regression.covariateCount, columnCount: k, repeating: 1),
      genes: Matrix(rowCount: regression.geneCount, columnCount: k, repeating: 1))
  }

  /// A random start with each gene's rate:
  ///
  ///     u_pk = ½ + uniform,   v_jk = rate_j (½ + uniform) / Σ_k x̄ u_·k
  func begin(_ shared: inout NonnegativePRRRState, _ totals: CountTotals) {
    let k = configuration.rank
    var covariates = regression.random.stream("nn-PRRR covariates", step: shared.restart)
    var genes = regression.random.stream("nn-PRRR genes", step: shared.restart)
    for row in 0..<shared.covariates.rowCount {
      for factor in 0..<k { shared.covariates[row, factor] = 0.5 + covariates.uniform() }
    }
    var mean = 0.0
    for (row, weight) in totals.covariates.enumerated() {
      mean += weight / max(totals.exposure, 1e-300) * shared.covariates.row(row).reduce(0, +)
    }
    let rates = totals.rates
    for gene in 0..<shared.genes.rowCount {
      for factor in 0..<k {
        shared.genes[gene, factor] = rates[gene] * (0.5 + genes.uniform()) / max(mean, 1e-300)
      }
    }
    shared.factors = []
    shared.free = []
    shared.adam = nil
    shared.windowSum = 0
    shared.previousWindow = nil
    shared.iteration = 0
    shared.objective = nil
  }

  /// One iteration of the method chosen.
  ///
  /// Collective.
  public func step<Everyone: Team & ~Copyable>(
    _ shared: inout NonnegativePRRRState, _ lanes: inout [CountRegressionLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) -> StepReport {
    var remarks: [String] = []
    let totals: CountTotals
    if let known = shared.totals {
      totals = known
    } else {
      totals = regression.totals(of: lanes, with: everyone)
      shared.totals = totals
      begin(&shared, totals)
      remarks = regression.remarks(totals)
    }
    let restart = shared.restart
    shared.iteration += 1
    let blocks = lanes.map(\.training)
    var ending: Termination?
    switch configuration.inference {
    case .gamma: ending = ascend(&shared, blocks, totals, with: everyone, on: workers)
    case .map: ending = maximise(&shared, blocks, totals, with: everyone, on: workers)
    case .adam: ending = follow(&shared, blocks, totals, with: everyone, on: workers)
    case .lognormal: ending = sample(&shared, blocks, totals, with: everyone, on: workers)
    }
    let isVariational = configuration.inference == .gamma || configuration.inference == .lognormal
    let iteration = shared.iteration
    var report = StepReport(
      stage: configuration.restartCount > 1
        ? "start \(restart + 1) of \(configuration.restartCount), iteration \(iteration)"
        : "iteration \(iteration)",
      progress: (Double(restart) + min(Double(iteration) / Double(configuration.iterationLimit), 1))
        / Double(configuration.restartCount),
      rowsProcessed: regression.split.uses.count, endsEpoch: true,
      measures: [.init(isVariational ? "elbo" : "logJoint", shared.objective ?? .nan)])
    if let reason = ending, reason != .objectiveNotFinite {
      shared.restart += 1
      if shared.restart < configuration.restartCount {
        begin(&shared, totals)
        ending = nil
      } else {
        shared.evaluation = evaluation(shared, lanes, with: everyone, on: workers)
        shared.objective = shared.best?.objective
        if shared.best?.isConverged == true { ending = .objectiveTolerance }
        report.measures =
          [.init(isVariational ? "elbo" : "logJoint", shared.objective ?? .nan)]
          + (shared.evaluation?.measures ?? [])
      }
      if configuration.restartCount > 1, let objective = shared.best?.objective {
        remarks.append(
          "start \(restart + 1) of \(configuration.restartCount) ended after \(iteration) iterations; best "
            + "objective \(objective)")
      }
    }
    report.termination = ending
    report.remark = remarks.isEmpty ? nil : remarks.joined(separator: "\n")
    return report
  }

  /// Whether the objective has stopped rising, and what to keep.
  func judge(
    _ shared: inout NonnegativePRRRState, _ value: Double, deviations: [Matrix<Double>]
  ) -> Termination? {
    guard value.isFinite else { return .objectiveNotFinite }
    let before = shared.objective
    shared.objective = value
    let tolerance = configuration.tolerance ?? (configuration.inference == .adam ? 0 : 1e-8)
    let isConverged =
      before.map { (value - $0).magnitude <= tolerance * max(1, value.magnitude) } ?? false
    let isLast = shared.iteration > configuration.iterationLimit
    guard isConverged || isLast else { return nil }
    keep(&shared, value, deviations: deviations, isConverged: isConverged)
    return isConverged
      ? .objectiveTolerance : (configuration.inference == .adam ? .planCompleted : .stepLimit)
  }

  /// Notes the present parameters if no start has done better.
  func keep(
    _ shared: inout NonnegativePRRRState, _ objective: Double, deviations: [Matrix<Double>],
    isConverged: Bool
  ) {
    if let best = shared.best, best.objective >= objective { return }
    shared.best = NonnegativePRRRState.Solution(
      covariates: shared.covariates, genes: shared.genes, deviations: deviations,
      objective: objective, restart: shared.restart, isConverged: isConverged)
  }

  /// Σ_k (Σ_n s_n x_n U)_k (Σ_j v_jk): what the rates sum to.
  func expectedTotal(
    _ covariates: Matrix<Double>, _ genes: Matrix<Double>, _ totals: CountTotals
  ) -> Double {
    let scores = weightedColumnSums(covariates, totals)
    return zip(scores, columnSums(genes)).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Σ_n s_n (x_n U)_k.
  private func weightedColumnSums(_ covariates: Matrix<Double>, _ totals: CountTotals) -> [Double] {
    matrixProduct(
      Matrix(rowCount: 1, columnCount: totals.covariates.count, elements: totals.covariates),
      covariates
    ).elements
  }

  // MARK: - Coordinate ascent

  /// One round of coordinate ascent; the bound reported is that before it.
  ///
  ///     shape_U = a + Ũ ∘ (Xᵀ (W Ṽ)),  rate_U = b + (Σ_n s_n x_n)ᵀ (Σ_j E v_j),  and the same for V
  private func ascend<Everyone: Team & ~Copyable>(
    _ shared: inout NonnegativePRRRState, _ blocks: [[PoissonBlock]], _ totals: CountTotals,
    with everyone: borrowing Everyone, on workers: Workers
  ) -> Termination? {
    if shared.factors.isEmpty {
      shared.factors = [shared.covariates, shared.genes].map { start in
        // A hundredfold shape: close to the start, not so close that it cannot be left.
        let shape = Matrix(
          rowCount: start.rowCount, columnCount: start.columnCount, repeating: 100.0)
        return GammaFactors(
          shape: shape,
          rate: Matrix(
            rowCount: start.rowCount, columnCount: start.columnCount,
            elements: start.elements.map { 100 / $0 }))
      }
    }
    var (u, v) = (shared.factors[0], shared.factors[1])
    let (uTilde, vTilde) = (u.geometricMean, v.geometricMean)
    guard
      let first = rateSums(
        lanes: blocks, covariates: uTilde, genes: vTilde, side: .covariates, with: everyone,
        on: workers)
    else { return .objectiveNotFinite }
    let bound =
      first.logRates + totals.constant - expectedTotal(u.mean, v.mean, totals)
      - u.divergence(fromShape: a, rate: b) - v.divergence(fromShape: a, rate: b)
    (shared.covariates, shared.genes) = (u.mean, v.mean)
    if let ending = judge(&shared, bound, deviations: [u.deviation, v.deviation]) { return ending }
    u = updated(
      uTilde, first.covariates, rowWeights: totals.covariates, columnWeights: columnSums(v.mean))
    guard
      let second = rateSums(
        lanes: blocks, covariates: u.geometricMean, genes: vTilde, side: .genes, with: everyone,
        on: workers)
    else { return .objectiveNotFinite }
    v = updated(
      vTilde, second.genes, rowWeights: nil,
      columnWeights: weightedColumnSums(u.mean, totals))
    let scales = factorScales(
      u.mean, v.mean, difference: a * Double(u.shape.rowCount - v.shape.rowCount))
    for factor in 0..<configuration.rank {
      for row in 0..<u.rate.rowCount { u.rate[row, factor] /= scales[factor] }
      for row in 0..<v.rate.rowCount { v.rate[row, factor] *= scales[factor] }
    }
    shared.factors = [u, v]
    return nil
  }

  private func updated(
    _ tilde: Matrix<Double>, _ sums: Matrix<Double>, rowWeights: [Double]?,
    columnWeights: [Double]
  ) -> GammaFactors {
    var shape = tilde
    var rate = tilde
    for row in 0..<tilde.rowCount {
      let weight = rowWeights?[row] ?? 1
      for factor in 0..<tilde.columnCount {
        shape[row, factor] = a + tilde[row, factor] * sums[row, factor]
        rate[row, factor] = b + weight * columnWeights[factor]
      }
    }
    return GammaFactors(shape: shape, rate: rate)
  }

  /// The factor c of each column of U (1/c of V) that the priors like best; the rates do not change.
  ///
  ///     b Σu c² − d c − b Σv = 0,   d = (a − 1)(p − q) for a maximum, a (p − q) for distributions
  private func factorScales(
    _ covariates: Matrix<Double>, _ genes: Matrix<Double>, difference d: Double
  ) -> [Double] {
    zip(columnSums(covariates), columnSums(genes)).map { u, v in
      guard u > 0, v > 0 else { return 1 }
      let root = (d * d + 4 * b * b * u * v).squareRoot()
      // Of the two forms of the positive root the one without cancellation.
      return d >= 0 ? (d + root) / (2 * b * u) : 2 * b * v / (root - d)
    }
  }

  // MARK: - Maximum by EM

  /// One round of EM; the log joint reported is that before it.
  ///
  ///     u ← (a − 1 + u ∘ (Xᵀ (W V))) / (b + (Σ_n s_n x_n)(Σ_j v_j)),  and the same for V
  private func maximise<Everyone: Team & ~Copyable>(
    _ shared: inout NonnegativePRRRState, _ blocks: [[PoissonBlock]], _ totals: CountTotals,
    with everyone: borrowing Everyone, on workers: Workers
  ) -> Termination? {
    guard
      let first = rateSums(
        lanes: blocks, covariates: shared.covariates, genes: shared.genes, side: .covariates,
        with: everyone, on: workers)
    else { return .objectiveNotFinite }
    let value = logJoint(first.logRates, shared.covariates, shared.genes, totals)
    if let ending = judge(&shared, value, deviations: []) { return ending }
    shared.covariates = maximum(
      updated(
        shared.covariates, first.covariates, rowWeights: totals.covariates,
        columnWeights: columnSums(shared.genes)))
    guard
      let second = rateSums(
        lanes: blocks, covariates: shared.covariates, genes: shared.genes, side: .genes,
        with: everyone, on: workers)
    else { return .objectiveNotFinite }
    shared.genes = maximum(
      updated(
        shared.genes, second.genes, rowWeights: nil,
        columnWeights: weightedColumnSums(shared.covariates, totals)))
    let scales = factorScales(
      shared.covariates, shared.genes,
      difference: (a - 1) * Double(shared.covariates.rowCount - shared.genes.rowCount))
    for factor in 0..<configuration.rank {
      for row in 0..<shared.covariates.rowCount { shared.covariates[row, factor] *= scales[factor] }
      for row in 0..<shared.genes.rowCount { shared.genes[row, factor] /= scales[factor] }
    }
    return nil
  }

  /// (shape − 1) / rate.
  private func maximum(_ factors: GammaFactors) -> Matrix<Double> {
    Matrix(
      rowCount: factors.shape.rowCount, columnCount: factors.shape.columnCount,
      elements: zip(factors.shape.elements, factors.rate.elements).map { max($0 - 1, 1e-300) / $1 })
  }

  /// log p(Y, U, V) from Σ y log r, with all constants.
  package func logJoint(
    _ logRates: Double, _ covariates: Matrix<Double>, _ genes: Matrix<Double>,
    _ totals: CountTotals
  ) -> Double {
    logRates + totals.constant - expectedTotal(covariates, genes, totals)
      + logGammaPrior(covariates.elements, shape: a, rate: b)
      + logGammaPrior(genes.elements, shape: a, rate: b)
  }
}
