import Concurrency
import Modeling
import Networks
import Sums

extension DGD {
  /// Test cells of a lane that are represented in one step.
  private static var testSlice: Int { 64 }

  /// A step for the cells kept for the test: some cells to the bottom of their loss; or, as published, all of them a
  /// place to start from first, then gradient steps.
  func testStep<Everyone: Team & ~Copyable>(
    _ steps: Int, _ shared: inout DGDShared, _ lanes: inout [DGDLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> StepReport {
    if steps == 0 { try refitProjection(&shared, lanes, with: everyone) }
    guard configuration.embeddingStart == .best else {
      return try fixedTestStep(steps, &shared, &lanes, with: everyone, on: workers)
    }
    let first = steps * Self.testSlice
    let rows = lanes.map { Array($0.uses.test.dropFirst(first).prefix(Self.testSlice)) }
    let outcome = embedding(shared).converge(
      &lanes, rows, from: shared.projection, limit: configuration.embeddingSteps, on: workers)
    let rest = lanes.map { $0.uses.test.count - first - Self.testSlice }.max() ?? 0
    var wishes = [Double(rest)]
    everyone.maximum(&wishes)
    let isLast = wishes[0] <= 0
    shared.phase = isLast ? .measuring : .testing(steps: steps + 1)
    return StepReport(
      stage: "test cells", progress: 1, rowsProcessed: outcome.cellCount, endsEpoch: false)
  }

  /// As published: a number of steps of the training's optimiser.
  private func fixedTestStep<Everyone: Team & ~Copyable>(
    _ steps: Int, _ shared: inout DGDShared, _ lanes: inout [DGDLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> StepReport {
    if steps == 0 {
      let rows = lanes.map(\.uses.test)
      if let projection = shared.projection, configuration.embeddingStart == .projection {
        embedding(shared).place(&lanes, rows, by: projection)
      } else {
        embedding(shared).placeAtBestComponents(&lanes, rows, on: workers)
      }
    }
    var sums = emptySums
    var uncounted: String?
    if steps < configuration.embeddingSteps {
      (sums, uncounted) = try embeddingStep(
        shared, &lanes, .test, moving: shared.spaces.map { _ in steps + 1 }, with: everyone,
        on: workers)
    }
    let isLast = steps + 1 >= configuration.embeddingSteps || sums.rows == 0
    shared.phase = isLast ? .measuring : .testing(steps: steps + 1)
    return StepReport(
      stage: "test cells, step \(steps + 1) of \(configuration.embeddingSteps)",
      progress: 1, rowsProcessed: sums.rows, endsEpoch: false, remark: isLast ? uncounted : nil)
  }

  /// Brings the projection of the start after the representations, which training has moved.
  ///
  /// Collective.
  private func refitProjection<Everyone: Team & ~Copyable>(
    _ shared: inout DGDShared, _ lanes: [DGDLane], with everyone: borrowing Everyone
  ) throws(SumFault) {
    guard let projection = shared.projection else { return }
    let L = architecture.spaces[0].dimension
    var partials = PartialSums([
      .wide("fit of the projection", count: ProjectionFit(dimension: L).sums.count)
    ])
    var scorer = SpectralScorer(projection)
    for lane in lanes {
      var fit = ProjectionFit(dimension: L)
      for position in lane.uses.train {
        let place = lane.values[0].place(of: position)
        guard place >= 0 else { continue }
        let scores = scorer.score(of: place, in: lane.values[0].matrix)
        let representation = lane.saved.spaces[0].point(position)
        guard (scores + representation).allSatisfy(\.isFinite) else { continue }
        fit.add(scores: scores, representation: representation)
      }
      partials.add(fit.sums, to: 0)
    }
    shared.projection = projection.refitted(by: try everyone.sum(consume partials).values(of: 0))
  }
}
