public import Concurrency
import LinearAlgebra
public import Modeling
import Optimization
import Probability
import RealModule
public import Sums

extension PRRR {
  /// Parameters at the first start, intercepts of the published start included.
  public func start() -> PRRRState {
    PRRRState(
      interceptCentres: Array(repeating: 0, count: geneCount),
      coefficients: startingCoefficients(restart: 0, totals: nil))
  }

  /// U ~ N(0, 1/p), V ~ N(0, 1/q); v0 at the genes' rates, or N(0, 1/q).
  ///
  ///     v0_j = log((Σ_n y_nj + ½) / Σ_n s_n)
  func startingCoefficients(
    restart: Int, totals: CountTotals?
  ) -> ReducedRankCoefficients {
    let (p, q, k) = (covariateCount, geneCount, factorCount)
    var loadings = Matrix<Double>(rowCount: p, columnCount: k)
    var genes = Matrix<Double>(rowCount: q, columnCount: k + 1)
    var stream = regression.random.stream("PRRR covariate loadings", step: restart)
    for row in 0..<p {
      for factor in 0..<k {
        loadings[row, factor] =
          configuration.fullRank
          ? (row == factor ? 1 : 0) : stream.normal() / Double(p).squareRoot()
      }
    }
    var geneStream = regression.random.stream("PRRR gene loadings", step: restart)
    for gene in 0..<q {
      for factor in 0..<k where !configuration.fullRank {
        genes[gene, factor] = geneStream.normal() / Double(q).squareRoot()
      }
    }
    guard configuration.intercept else {
      return ReducedRankCoefficients(covariateLoadings: loadings, geneCoefficients: genes)
    }
    let rates = totals?.rates ?? []
    var interceptStream = regression.random.stream("PRRR intercepts", step: restart)
    for gene in 0..<q {
      switch (configuration.start, totals) {
      case (.published, _): genes[gene, k] = interceptStream.normal() / Double(q).squareRoot()
      case (.rates, .some):
        genes[gene, k] = .log(rates[gene])
      case (.rates, nil): break
      }
    }
    return ReducedRankCoefficients(covariateLoadings: loadings, geneCoefficients: genes)
  }

  /// One iteration of the method chosen.
  ///
  /// Collective.
  public func step<Everyone: Team & ~Copyable>(
    _ shared: inout PRRRState, _ lanes: inout [CountRegressionLane],
    with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    var remarks: [String] = []
    let totals: CountTotals
    if let known = shared.totals {
      totals = known
    } else {
      totals = try regression.totals(of: lanes, with: everyone)
      shared.totals = totals
      if configuration.intercept, configuration.interceptCentre == .rates {
        shared.interceptCentres = totals.rates.map { .log($0) }
      }
      shared.coefficients = startingCoefficients(restart: 0, totals: totals)
      remarks = regression.remarks(totals)
    }
    let restart = shared.restart
    let ending: Termination?
    switch configuration.inference {
    case .map: ending = try newtonIteration(&shared, totals, lanes, with: everyone, on: workers)
    case .adam: ending = try adamIteration(&shared, totals, lanes, with: everyone, on: workers)
    case .variational:
      ending = try variationalIteration(&shared, totals, lanes, with: everyone, on: workers)
    }
    let iteration = shared.iteration
    var report = configuration.report(
      start: restart, iteration: iteration, rowCount: regression.split.uses.count,
      measures: measures(shared))
    if let ending {
      report.termination = finishStart(
        &shared, ending, lanes, &remarks, with: everyone, on: workers)
      if report.termination != nil {
        report.measures = measures(shared) + (shared.evaluation?.measures ?? [])
      }
      remarks += configuration.remarks(
        endOfStart: restart, iteration: iteration, best: shared.best?.objective)
    }
    report.remark = remarks.isEmpty ? nil : remarks.joined(separator: "\n")
    return report
  }

  private func measures(_ shared: PRRRState) -> [StepReport.Measure] {
    let objective = shared.objective ?? .nan
    return [.init(configuration.inference == .variational ? "elbo" : "logJoint", objective)]
  }

  /// x̄, weighted by exposure; zeros without intercepts.
  func centre(_ totals: CountTotals) -> [Double] {
    let hasCentre = configuration.intercept && totals.exposure > 0
    return totals.covariates.map { hasCentre ? $0 / totals.exposure : 0 }
  }

  /// Keeps the best start and begins the next, or ends the fit.
  private func finishStart<Everyone: Team & ~Copyable>(
    _ shared: inout PRRRState, _ ending: Termination, _ lanes: [CountRegressionLane],
    _ remarks: inout [String], with everyone: borrowing Everyone, on workers: Workers
  ) -> Termination? {
    shared.restart += 1
    if shared.restart < configuration.restartCount {
      shared.coefficients = startingCoefficients(restart: shared.restart, totals: shared.totals)
      shared.iteration = 0
      shared.objective = nil
      shared.trial = nil
      shared.gradient = nil
      return nil
    }
    if let best = shared.best {
      shared.coefficients = best.coefficients
      shared.objective = best.objective
    }
    if configuration.inference != .variational {
      let raw = shared
      shared.coefficients =
        unlessFault("canonical form of the loadings", &remarks) { try canonicalForm(raw) }
        ?? raw.coefficients
      shared.geneCovariances = unlessFault("covariances of loadings", &remarks) {
        try geneCovariances(shared.coefficients, lanes, with: everyone, on: workers)
      }
    }
    shared.evaluation = unlessFault("held-out rows", &remarks) {
      try evaluation(shared, lanes, with: everyone, on: workers)
    }
    return shared.best?.isConverged == true ? .objectiveTolerance : ending
  }

  /// Notes the present coefficients if no start has done better.
  func keepIfBest(
    _ shared: inout PRRRState, objective: Double, logLikelihood: Double, isConverged: Bool,
    deviations: ReducedRankCoefficients? = nil
  ) {
    if let best = shared.best, best.objective >= objective { return }
    shared.best = PRRRState.Best(
      coefficients: shared.coefficients, deviations: deviations, objective: objective,
      logLikelihood: logLikelihood, restart: shared.restart, isConverged: isConverged)
  }

  // MARK: - Priors

  /// log p(U) + log p(V) + log p(v0), with all constants; U only where it is a parameter.
  ///
  /// - Parameter centres: means of the priors of the intercepts.
  package func logPrior(_ coefficients: ReducedRankCoefficients, centres: [Double]) -> Double {
    var sum = 0.0
    if !configuration.fullRank {
      sum += logNormal(coefficients.covariateLoadings.elements, covariateDeviation)
    }
    for gene in 0..<coefficients.geneCount {
      sum += logPrior(gene: coefficients.geneCoefficients.row(gene), centre: centres[gene])
    }
    return sum
  }

  /// log p(v_j) + log p(v0_j).
  func logPrior(gene: ArraySlice<Double>, centre: Double) -> Double {
    var sum = logNormal(gene.dropLast(), loadingDeviation)
    if configuration.intercept {
      sum += logNormal(
        gene.suffix(1).map { $0 - centre }, configuration.interceptDeviation)
    }
    return sum
  }

  /// σ_U: 1/√p unless it is set, so that an effect's prior has the size of the effects of its factor
  /// (``PRRRConfiguration``); 1 for the coefficients of full-rank regression.
  var covariateDeviation: Double {
    configuration.covariateDeviation
      ?? (configuration.fullRank ? 1 : 1 / Double(covariateCount).squareRoot())
  }

  /// σ_V: 1/√q unless it is set.
  var geneDeviation: Double {
    configuration.geneDeviation ?? 1 / Double(geneCount).squareRoot()
  }

  /// σ of the genes' loadings: of the coefficients themselves in full-rank regression.
  var loadingDeviation: Double {
    configuration.fullRank ? covariateDeviation : geneDeviation
  }

  private func logNormal(_ values: some Collection<Double>, _ deviation: Double) -> Double {
    var squares = 0.0
    for value in values { squares += value * value }
    return -0.5 * squares / (deviation * deviation)
      - Double(values.count) * (.log(deviation) + 0.918_938_533_204_672_7)
  }
}
