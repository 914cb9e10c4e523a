import Concurrency
import Modeling
import Optimization
import Sums

extension TBLDA {
  /// Steps in a line of the history.
  static let reportInterval = 25

  /// One step of stochastic inference as published.
  ///
  /// Collective.
  func stochasticStep<Everyone: Team & ~Copyable>(
    _ shared: inout TBLDAState, _ lanes: inout [TBLDALane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    let loss = try stochasticIteration(
      &shared, &lanes, draw: shared.iteration, rate: configuration.rate, with: everyone,
      on: workers)
    shared.iteration += 1
    let limit = configuration.iterationLimit
    var ending: Termination?
    if shared.stochastic?.stopping.shouldStop(loss: loss) == true {
      ending = .objectiveTolerance
    } else if shared.iteration >= limit {
      ending = .stepLimit
    }
    var report = lossReport(
      &shared, loss, "step \(shared.iteration)", Double(shared.iteration) / Double(limit),
      window: Self.reportInterval, isLast: ending != nil)
    if let ending {
      report.termination = ending
      let remarks = try finish(&shared, lanes, with: everyone, on: workers)
      report.remark = remarks.isEmpty ? nil : remarks.joined(separator: "\n")
    }
    return report
  }

  /// A step's report; the mean loss and α after every `window` steps.
  func lossReport(
    _ shared: inout TBLDAState, _ loss: Double, _ stage: String, _ progress: Double, window: Int,
    isLast: Bool
  ) -> StepReport {
    shared.losses.append(loss)
    let endsWindow = shared.losses.count == window || isLast
    var measures: [StepReport.Measure] = []
    if endsWindow {
      let mean = shared.losses.reduce(0, +) / Double(shared.losses.count)
      measures = [.init("loss", mean), .init("alpha", shared.alpha)]
      shared.losses = []
    }
    return StepReport(
      stage: stage, progress: progress, rowsProcessed: cohort.uses.count, endsEpoch: endsWindow,
      measures: measures)
  }
}
