import Concurrency
import LinearAlgebra
import Modeling
import Optimization
import RealModule
import Sums

extension TBLDA {
  /// Steps in a line of the history.
  private static let refinementInterval = 5

  /// One step of the refinement: coordinate ascent maximises a lower bound on the evidence lower bound, and its
  /// posterior is too narrow. A few steps of stochastic natural gradients on the evidence lower bound itself widen it.
  ///
  ///     a ← a exp(ρ F⁻¹ g / a), at most by e^{±½}        ρ falls linearly to 0
  ///     α ← α + ρ/ρ₀ (Σ N_ancestry / (2 · observed) − α), within [δ, μ]
  ///
  /// for all concentrations a; F⁻¹ g of one draw: ``DirichletDraw/naturalStep(data:prior:)``. α moves as in
  /// coordinate ascent.
  ///
  /// Source: M. D. Hoffman, D. M. Blei, C. Wang, J. Paisley, Stochastic variational inference, JMLR 14:1303–1347,
  /// 2013, of natural gradients with falling rates.
  ///
  /// Collective: two messages.
  func refinementStep<Everyone: Team & ~Copyable>(
    _ shared: inout TBLDAState, _ lanes: inout [TBLDALane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    let (step, count) = (shared.refinement ?? 0, refinementSteps)
    let loss = try naturalIteration(
      &shared, &lanes, draw: step, remaining: 1 - Double(step) / Double(count), with: everyone,
      on: workers)
    shared.refinement = step + 1
    let isLast = step + 1 == count
    var report = lossReport(
      &shared, loss, "refinement \(step + 1) of \(count)", Double(step + 1) / Double(count),
      window: Self.refinementInterval, isLast: isLast)
    if isLast {
      report.termination =
        shared.best?.isConverged == true ? .objectiveTolerance : .stepLimit
      let remarks = try finish(&shared, lanes, with: everyone, on: workers)
      report.remark = remarks.isEmpty ? nil : remarks.joined(separator: "\n")
    }
    return report
  }

  /// - Parameter remaining: from 1 at the first step to 0.
  /// - Returns: the loss, −ELBO of the draw.
  /// - Throws: `SumFault` where a sum is not finite; then nothing has moved.
  private func naturalIteration<Everyone: Team & ~Copyable>(
    _ shared: inout TBLDAState, _ lanes: inout [TBLDALane], draw: Int, remaining: Double,
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> Double {
    let steps = try evidenceGradient(
      draw, shared, lanes, by: { $0.naturalStep(data: $1, prior: $2) }, with: everyone, on: workers)
    let rate = configuration.refinementRate * remaining
    shared.genes.grow(by: steps.genes, rate)
    if cohort.allDonors.observedCount > 0 {
      let excess = steps.ancestryExcess / Double(2 * cohort.allDonors.observedCount)
      shared.alpha = min(
        max(shared.alpha + remaining * excess, configuration.alphaMinimum),
        configuration.alphaMaximum)
    }
    let moved = workers.map(lanes.count) { lane in
      var (samples, alleles) = (lanes[lane].saved.samples, lanes[lane].saved.alleles.interleaved)
      samples.grow(by: steps.samples[lane], rate)
      alleles.grow(by: steps.alleles[lane], rate)
      return (
        samples,
        AllelePair(
          interleaved: alleles, rowCount: lanes[lane].variants.count, columnCount: topicCount)
      )
    }
    for lane in lanes.indices {
      (lanes[lane].saved.samples, lanes[lane].saved.alleles) = moved[lane]
    }
    return -steps.evidence
  }
}

extension Matrix<Double> {
  /// a ← a exp(ρ s), ρ s within ±½.
  fileprivate mutating func grow(by steps: Matrix<Double>, _ rate: Double) {
    withUnsafeMutableBase { values in
      steps.withUnsafeElements { steps in
        for index in steps.indices {
          values[index] *= .exp(min(max(rate * steps[index], -0.5), 0.5))
        }
      }
    }
  }
}
