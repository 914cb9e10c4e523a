public import Concurrency
package import LinearAlgebra
public import Modeling
import Optimization
import Probability
import RealModule
public import Sums

extension NonnegativePRRR {
  /// One iteration of the method chosen.
  ///
  /// Collective.
  public func step<Everyone: Team & ~Copyable>(
    _ shared: inout NonnegativePRRRState, _ lanes: inout [CountRegressionLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> StepReport {
    var remarks: [String] = []
    let totals: CountTotals
    if let known = shared.totals {
      totals = known
    } else {
      totals = try regression.totals(of: lanes, with: everyone)
      shared.totals = totals
      try begin(&shared, lanes, totals, with: everyone)
      remarks = regression.remarks(totals)
    }
    let restart = shared.restart
    shared.iteration += 1
    let blocks = lanes.map(\.training)
    var ending: Termination?
    switch configuration.inference {
    case .gamma: ending = try ascend(&shared, blocks, totals, with: everyone, on: workers)
    case .map: ending = try maximise(&shared, blocks, totals, with: everyone, on: workers)
    case .adam: ending = try follow(&shared, blocks, totals, with: everyone, on: workers)
    case .lognormal: ending = try sample(&shared, blocks, totals, with: everyone, on: workers)
    }
    let isVariational = configuration.inference == .gamma || configuration.inference == .lognormal
    let iteration = shared.iteration
    var report = configuration.report(
      start: restart, iteration: iteration, rowCount: regression.split.uses.count,
      measures: [.init(isVariational ? "elbo" : "logJoint", shared.objective ?? .nan)])
    if ending != nil {
      shared.restart += 1
      if shared.restart < configuration.restartCount {
        try begin(&shared, lanes, totals, with: everyone)
        ending = nil
      } else {
        shared.evaluation = unlessFault("held-out rows", &remarks) {
          try evaluation(shared, lanes, with: everyone, on: workers)
        }
        shared.objective = shared.best?.objective
        if shared.best?.isConverged == true { ending = .objectiveTolerance }
        report.measures =
          [.init(isVariational ? "elbo" : "logJoint", shared.objective ?? .nan)]
          + (shared.evaluation?.measures ?? [])
      }
      remarks += configuration.remarks(
        endOfStart: restart, iteration: iteration, best: shared.best?.objective)
    }
    report.termination = ending
    report.remark = remarks.isEmpty ? nil : remarks.joined(separator: "\n")
    return report
  }

  /// The relative change of the objective that ends a start.
  ///
  /// Of distributions a rise of a millionth a round says nothing any more: with thousands of covariates it goes on
  /// for thousands of rounds, while other starts end a thousand times that far away.
  var tolerance: Double {
    if let tolerance = configuration.tolerance { return tolerance }
    return switch configuration.inference {
    case .gamma: 1e-6
    case .map: 1e-7
    case .adam, .lognormal: 0
    }
  }

  /// Whether the objective has stopped rising, and what to keep.
  func judge(
    _ shared: inout NonnegativePRRRState, _ value: Double,
    deviations: @autoclosure () -> [Matrix<Double>]
  ) throws(SumFault) -> Termination? {
    guard value.isFinite else { throw SumFault(block: "objective") }
    let before = shared.objective
    shared.objective = value
    let isConverged =
      before.map { (value - $0).magnitude <= tolerance * max(1, value.magnitude) } ?? false
    let isLast = shared.iteration > configuration.iterationLimit
    guard isConverged || isLast else { return nil }
    keep(&shared, value, deviations: deviations(), isConverged: isConverged)
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
    return zip(scores, columnSums(genes)).map { $0 * $1 }.reduce(0, +)
  }

  /// Σ_n s_n (x_n U)_k.
  func weightedColumnSums(_ covariates: Matrix<Double>, _ totals: CountTotals) -> [Double] {
    matrixProduct(
      Matrix(rowCount: 1, columnCount: totals.covariates.count, elements: totals.covariates),
      covariates
    ).elements
  }

  /// log p(Y, U, V) from Σ y log r, with all constants.
  package func logJoint(
    _ logRates: Double, _ covariates: Matrix<Double>, _ genes: Matrix<Double>,
    _ totals: CountTotals
  ) -> Double {
    logRates + totals.constant - expectedTotal(covariates, genes, totals)
      + logGammaPrior(
        covariates.elements, shape: configuration.priorShape, rate: configuration.priorRate)
      + logGammaPrior(
        genes.elements, shape: configuration.priorShape, rate: configuration.priorRate)
  }
}
