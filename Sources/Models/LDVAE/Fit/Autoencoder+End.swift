import LinearAlgebra
import Modeling
import Networks
import Optimization
import Probability
import Sums

extension Autoencoder {
  /// What measures cells by the networks as they are.
  func measure(_ shared: AutoencoderState) -> CellMeasure {
    CellMeasure(
      network: shared.network, libraryPriors: shared.libraryPriors, null: shared.null,
      random: random, sampleCount: settings.importanceSamples)
  }

  /// Cells at these positions of each lane, in pieces of one lane.
  private func pieces(
    _ lanes: [AutoencoderLane], _ positions: [[Int]], on workers: Workers
  ) -> [CellBatch<Float>] {
    let size = CellMeasure.pieceSize
    return zip(lanes, positions).flatMap { lane, positions in
      stride(from: 0, to: positions.count, by: size).map { start in
        CellBatch<Float>(
          [(lane: lane, positions: positions[start..<min(start + size, positions.count)])],
          columnCount: data.columnCount, on: workers)
      }
    }
  }

  /// The bound of the validation cells with the full divergence; then the epoch is over.
  func validationStep<Everyone: Team & ~Copyable>(
    _ shared: inout AutoencoderState, _ lanes: [AutoencoderLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> StepReport {
    let measure = measure(shared)
    var partials = PartialSums([AutoencoderLosses.block])
    for batch in pieces(lanes, lanes.map(\.validation), on: workers) {
      for losses in measure.bound(batch, on: workers) where losses.bound.magnitude < 1e12 {
        partials.add(losses.values, to: 0)
      }
    }
    let sums = AutoencoderLosses(try everyone.sum(consume partials).values(of: 0))
    shared.epoch += 1
    var measures = measures(of: shared.epochSums, "train")
    shared.epochSums = AutoencoderLosses()
    var isStopping = false
    if sums.count > 0 {
      measures += self.measures(of: sums, "validation")
      isStopping = noteValidation(sums.bound, &shared)
    }
    let isLast = shared.epoch == epochCount || isStopping
    shared.phase = isLast ? .ordering : .training
    return StepReport(
      stage: stage(shared), progress: progress(shared), rowsProcessed: Int(sums.count),
      endsEpoch: true, measures: measures,
      remark: isStopping
        ? "stopping early: no better validation bound since epoch \(shared.best?.epoch ?? 0)" : nil)
  }

  private func measures(of sums: AutoencoderLosses, _ name: String) -> [StepReport.Measure] {
    let n = max(sums.count, 1)
    var result: [StepReport.Measure] = [
      .init(name, sums.bound), .init("\(name) reconstruction", sums.reconstruction / n),
      .init("\(name) divergence", sums.divergence / n),
    ]
    if settings.library == .latent {
      result.append(.init("\(name) library divergence", sums.libraryDivergence / n))
    }
    return result
  }

  /// Notes the validation bound of an epoch; the networks are kept where it is the best.
  ///
  /// - Returns: whether `patience` epochs have passed without a better one, the warm-up's end not counted.
  private func noteValidation(_ bound: Double, _ shared: inout AutoencoderState) -> Bool {
    guard let patience = settings.patience else { return false }
    if bound < shared.best?.bound ?? .infinity {
      shared.best = AutoencoderBest(
        bound: bound, epoch: shared.epoch, network: shared.network.withoutMoments)
    }
    let weight = settings.divergenceWeight(
      epoch: shared.epoch, step: shared.network.stepCount, plannedSteps: epochCount * batchCount)
    guard weight >= 1, let best = shared.best else { return false }
    return shared.epoch - best.epoch >= patience
  }

  /// The best networks come back; factors are put into the order of what they are worth, each with the sign that makes
  /// the sum of its loadings' cubes positive.
  ///
  ///     strength of k:  2 Σ_i [ −log p(x_i | z_i without k) + log p(x_i | z_i) ] / n,   z_i the posterior means
  func orderingStep<Everyone: Team & ~Copyable>(
    _ shared: inout AutoencoderState, _ lanes: [AutoencoderLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> StepReport {
    var remark: String?
    if let best = shared.best {
      if best.epoch < shared.epoch {
        remark =
          "the networks of epoch \(best.epoch) are kept: bound \(best.bound) a validation cell"
      }
      let stepCount = shared.network.stepCount
      shared.network = best.network
      shared.network.stepCount = stepCount
    }
    let L = settings.latent
    let measure = measure(shared)
    let point = shared.network.output.fold(nil)
    var partials = PartialSums([.wide("strengths of the factors", count: L + 1)])
    for batch in pieces(lanes, strengthSample(lanes), on: workers) {
      let found = measure.evaluated(batch, on: workers)
      let latents = shared.network.latents(of: found.posterior.means)
      func loss(_ latents: [Float]) -> Double {
        measure.losses(
          batch, latents: latents, logLibraries: found.library?.means, at: point, on: workers
        ).reduce(0, +)
      }
      let full = loss(latents)
      for factor in 0..<L {
        var without = latents
        for row in 0..<batch.groups.rowCount { without[row * L + factor] = 0 }
        partials.add(2 * (loss(without) - full), to: 0, at: factor)
      }
      partials.add(Double(batch.groups.rowCount), to: 0, at: L)
    }
    let sums = try everyone.sum(consume partials).values(of: 0)
    let strengths = sums[..<L].map { $0 / max(sums[L], 1) }
    let order = strengths.indices.sorted { a, b in
      strengths[a] == strengths[b] ? a < b : strengths[a] > strengths[b]
    }
    shared.network.reorder(order)
    shared.strengths = order.map { strengths[$0] }
    shared.phase = .measuring
    return StepReport(
      stage: "factors put into order", progress: 1, rowsProcessed: Int(sums[L]), endsEpoch: false,
      remark: remark)
  }

  /// Some two thousand training cells.
  private func strengthSample(_ lanes: [AutoencoderLane]) -> [[Int]] {
    let fraction = 2000 / Double(max(trainCount, 1))
    return lanes.map { lane in
      lane.train.filter { position in
        var stream = random.stream("strength sample", index: lane.rows.lowerBound + position)
        return stream.uniform() < fraction
      }
    }
  }

  /// Figures of all cells.
  func measuringStep<Everyone: Team & ~Copyable>(
    _ shared: inout AutoencoderState, _ lanes: inout [AutoencoderLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> StepReport {
    let measure = measure(shared)
    for lane in lanes.indices { lanes[lane].measure(measure, on: workers) }
    return StepReport(
      stage: "measured", progress: 1, rowsProcessed: data.rowCount, endsEpoch: false,
      termination: shared.epoch < epochCount ? .earlyStopping : .planCompleted)
  }
}
