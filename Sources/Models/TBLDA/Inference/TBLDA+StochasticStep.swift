import LinearAlgebra
import Modeling
import Optimization

extension TBLDA {
  /// Steps in a line of the history.
  static let reportInterval = 25

  /// One step of stochastic inference as published.
  ///
  /// Collective.
  func stochasticStep<Everyone: Team & ~Copyable>(
    _ shared: inout TBLDAState, _ lanes: inout [TBLDALane], with everyone: borrowing Everyone,
    on workers: Workers
  ) -> StepReport {
    let loss = stochasticIteration(
      &shared, &lanes, draw: shared.iteration, rate: configuration.rate, with: everyone,
      on: workers)
    shared.iteration += 1
    let limit = configuration.iterationLimit
    var ending: Termination?
    if !loss.isFinite {
      ending = .objectiveNotFinite
    } else if shared.stochastic?.stopping.shouldStop(loss: loss) == true {
      ending = .objectiveTolerance
    } else if shared.iteration >= limit {
      ending = .stepLimit
    }
    var report = lossReport(
      &shared, loss, "step \(shared.iteration)", Double(shared.iteration) / Double(limit),
      isLast: ending != nil)
    if let ending {
      report.termination = ending
      let remarks = finish(&shared, lanes, with: everyone, on: workers)
      report.remark = remarks.isEmpty ? nil : remarks.joined(separator: "\n")
    }
    return report
  }

  /// One step of the refinement: coordinate ascent maximises a lower bound on the evidence lower bound, and on small
  /// data its posterior is too narrow; the rate falls linearly to 0.
  ///
  /// Collective.
  func refinementStep<Everyone: Team & ~Copyable>(
    _ shared: inout TBLDAState, _ lanes: inout [TBLDALane], with everyone: borrowing Everyone,
    on workers: Workers
  ) -> StepReport {
    let (step, count) = (shared.refinement ?? 0, refinementSteps)
    let rate = configuration.refinementRate * (1 - Double(step) / Double(count))
    let loss = stochasticIteration(
      &shared, &lanes, draw: step, rate: rate, with: everyone, on: workers)
    shared.refinement = step + 1
    let isLast = step + 1 == count || !loss.isFinite
    var report = lossReport(
      &shared, loss, "refinement \(step + 1) of \(count)", Double(step + 1) / Double(count),
      isLast: isLast)
    if isLast {
      let isConverged = shared.best?.isConverged == true
      report.termination =
        loss.isFinite ? (isConverged ? .objectiveTolerance : .stepLimit) : .objectiveNotFinite
      let remarks = finish(&shared, lanes, with: everyone, on: workers)
      report.remark = remarks.isEmpty ? nil : remarks.joined(separator: "\n")
    }
    return report
  }

  private func lossReport(
    _ shared: inout TBLDAState, _ loss: Double, _ stage: String, _ progress: Double, isLast: Bool
  ) -> StepReport {
    shared.stochastic?.lossSum += loss
    shared.stochastic?.lossCount += 1
    let count = shared.stochastic?.lossCount ?? 1
    let endsWindow = count == Self.reportInterval || isLast
    var measures: [StepReport.Measure] = []
    if endsWindow {
      measures = [
        .init("loss", (shared.stochastic?.lossSum ?? loss) / Double(count)),
        .init("alpha", shared.alpha),
      ]
      shared.stochastic?.lossSum = 0
      shared.stochastic?.lossCount = 0
    }
    return StepReport(
      stage: stage, progress: progress, rowsProcessed: cohort.uses.count, endsEpoch: endsWindow,
      measures: measures)
  }
}
