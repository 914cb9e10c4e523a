import LinearAlgebra
import Modeling
import Networks
import Optimization
import Probability
import Sums

extension DGDModel {
  /// The validation cells with the decoder of the epoch's end: loss, one step on their representations; then
  /// the epoch is over.
  func validationStep<Everyone: Team & ~Copyable>(
    _ shared: inout Shared, _ lanes: inout [Lane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    let sums = try differentiate(shared, &lanes, \.validationRows, with: everyone, on: workers)
    if !isFrozen(shared.epoch) {
      let step = representationStep(max(shared.representationSteps, 1))
      for index in lanes.indices {
        step.move(
          &lanes[index].saved, rows: lanes[index].validationRows, width: configuration.latent)
      }
    }
    shared.epoch += 1
    let entries = Double(shared.epochSums.rows * data.columnCount)
    var measures = [
      StepReport.Measure("train", shared.epochSums.data / entries),
      StepReport.Measure("mixture", shared.epochSums.mixture / Double(shared.epochSums.rows)),
    ]
    var isStopping = false
    if sums.rows > 0 {
      measures.append(
        StepReport.Measure("validation", sums.data / Double(sums.rows * data.columnCount)))
      isStopping = noteValidation((sums.data + sums.mixture) / Double(sums.rows), &shared)
    }
    shared.epochSums = DGDEpochSums()
    let isLast = shared.epoch == epochCount || isStopping
    shared.phase = isLast ? .testing(steps: 0) : .training
    return StepReport(
      stage: stage(shared), progress: progress(shared), rowsProcessed: sums.rows, endsEpoch: true,
      measures: measures,
      remark: isStopping
        ? "stopping early: no better validation loss since epoch \(shared.best?.epoch ?? 0)" : nil)
  }

  /// Notes the validation loss of an epoch.
  ///
  /// - Returns: whether `patience` epochs have passed without a better one.
  private func noteValidation(_ loss: Double, _ shared: inout Shared) -> Bool {
    if loss < shared.best?.loss ?? .infinity {
      shared.best = DGDBest(loss: loss, epoch: shared.epoch)
    }
    guard let patience = configuration.patience, let best = shared.best else { return false }
    return !isFrozen(shared.epoch) && shared.epoch - best.epoch >= patience
  }

  /// Losses of some cells, whose gradients by representation stay with them.
  ///
  /// Collective.
  func differentiate<Everyone: Team & ~Copyable>(
    _ shared: Shared, _ lanes: inout [Lane], _ rows: (Lane) -> [Int],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> DGDEpochSums {
    var partials = PartialSums([.wide("loss", count: 3)])
    let snapshot = lanes
    forEachFullPiece(of: snapshot, rows) { pieces in
      addLosses(shared, pieces, of: &lanes, to: &partials, on: workers)
    }
    let sums = try everyone.sum(consume partials)
    let totals = sums.values(of: 0)
    return DGDEpochSums(data: totals[0], mixture: totals[1], rows: Int(totals[2]))
  }

  /// Adds the losses of some cells; their gradients by representation stay with them.
  @specialized(where Hidden == FusedHiddenLayers, Output == FusedOutputLayer)
  private func addLosses(
    _ shared: Shared, _ pieces: [DGDPiece], of lanes: inout [Lane], to sums: inout PartialSums,
    on workers: Workers
  ) {
    let L = configuration.latent
    var rows = gather(pieces.map { lanes[$0.lane] }, pieces.map(\.positions))
    let activations = shared.hidden.forward(
      rows.inputs, rowCount: rows.groups.rowCount, on: workers)
    let result = shared.output.backpropagate(
      rows.takeBatch(activations.output, on: workers), on: workers)
    let back = shared.hidden.backward(
      activations, result.hiddenGradient, groups: rows.groups, into: nil, on: workers)
    for (index, piece) in pieces.enumerated() {
      // A piece's loss by the mixture is rounded once: pieces are the same on any number of ranks.
      var mixture = shared.mixture.map(GaussianMixtureGradient.init)
      for (row, position) in zip(rows.groups[index], piece.positions) {
        let z = rows.inputs[row * L..<(row + 1) * L].map { Double($0) }
        // Cells outside training are modelled without their class: it would not be known for new cells.
        let byRow =
          shared.mixture.flatMap { mixture?.add(z, of: $0).byRow }
          ?? Array(repeating: 0, count: L)
        for l in 0..<L {
          lanes[piece.lane].saved.gradients[position * L + l] =
            back.inputGradient[row * L + l] + Scalar(byRow[l])
        }
        sums.add(result.losses[row], to: 0, at: 0)
      }
      sums.add(mixture?.loss ?? 0, to: 0, at: 1)
      sums.add(Double(piece.positions.count), to: 0, at: 2)
    }
  }

  /// A step for the cells kept for the test: a place to start from first, then gradient steps.
  func testStep<Everyone: Team & ~Copyable>(
    _ steps: Int, _ shared: inout Shared, _ lanes: inout [Lane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> StepReport {
    if steps == 0 { placeTestCells(shared, &lanes, on: workers) }
    var sums = DGDEpochSums()
    if steps < configuration.embeddingSteps {
      sums = try differentiate(shared, &lanes, \.testRows, with: everyone, on: workers)
      let step = representationStep(steps + 1)
      for index in lanes.indices {
        step.move(
          &lanes[index].saved, rows: lanes[index].testRows, width: configuration.latent)
      }
    }
    let isLast = steps + 1 >= configuration.embeddingSteps || sums.rows == 0
    shared.phase = isLast ? .measuring : .testing(steps: steps + 1)
    return StepReport(
      stage: "\(testKind), step \(steps + 1) of \(configuration.embeddingSteps)",
      progress: 1, rowsProcessed: sums.rows, endsEpoch: false)
  }

  private var testKind: String { fit == nil ? "test cells" : "new cells" }

  /// The end: losses and squared errors of all cells, and what the test cells lose on average.
  func measuringStep<Everyone: Team & ~Copyable>(
    _ shared: inout Shared, _ lanes: inout [Lane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    measure(shared, &lanes, on: workers)
    var partials = PartialSums([.wide("loss of the test cells", count: 2)])
    for lane in lanes {
      for position in lane.testRows { partials.add(lane.saved.losses[position], to: 0, at: 0) }
      partials.add(Double(lane.testRows.count), to: 0, at: 1)
    }
    let sums = try everyone.sum(consume partials)
    let (loss, count) = (sums.values(of: 0)[0], sums.values(of: 0)[1])
    let stoppedEarly = fit == nil && shared.epoch < epochCount
    return StepReport(
      stage: "measured", progress: 1, rowsProcessed: data.rowCount, endsEpoch: false,
      remark: count > 0
        ? "\(testKind): loss \(loss / (count * Double(data.columnCount))) a value" : nil,
      termination: stoppedEarly ? .earlyStopping : .planCompleted)
  }

  /// Losses and squared errors of all cells with the final decoder and representations.
  @specialized(where Hidden == FusedHiddenLayers, Output == FusedOutputLayer)
  private func measure(_ shared: Shared, _ lanes: inout [Lane], on workers: Workers) {
    let snapshot = lanes
    let G = data.columnCount
    forEachPiece(of: snapshot, { Array(0..<$0.rows.count) }, size: 64) { index, positions in
      var piece = gather([snapshot[index]], [positions])
      let activations = shared.hidden.forward(piece.inputs, rowCount: positions.count, on: workers)
      let batch = piece.takeBatch(activations.output, on: workers)
      let losses = shared.output.losses(batch, on: workers)
      let means = shared.output.means(
        hidden: activations.output, scales: batch.scales, on: workers)
      for (row, position) in positions.enumerated() {
        lanes[index].saved.losses[position] = losses[row]
        var squares = 0.0
        for g in 0..<G { squares += Double(means[row * G + g]) * Double(means[row * G + g]) }
        for entry in batch.values.entries(ofRow: row) {
          let value = Double(batch.values.values[entry])
          let mean = Double(means[row * G + Int(batch.values.columns[entry])])
          squares += (value - mean) * (value - mean) - mean * mean
        }
        lanes[index].saved.squaredErrors[position] = squares / Double(G)
      }
    }
  }

  /// Cells kept for the test start at their projection, or at the best component where there is none or the
  /// settings say so.
  private func placeTestCells(_ shared: Shared, _ lanes: inout [Lane], on workers: Workers) {
    guard let projection = shared.projection, configuration.embeddingStart == .projection else {
      placeAtBestComponents(shared, &lanes, \.testRows, on: workers)
      return
    }
    // While fitting they were projected together with the training cells.
    if fit != nil { project(&lanes, projection, on: workers) }
  }

  /// Puts every cell at the mean of the component whose decoded profile explains it best:
  /// argmin_k −log p(x_i | μ_k), as in Paper II; at zero without a mixture.
  @specialized(where Hidden == FusedHiddenLayers, Output == FusedOutputLayer)
  func placeAtBestComponents(
    _ shared: Shared, _ lanes: inout [Lane], _ rows: (Lane) -> [Int], on workers: Workers
  ) {
    guard let mixture = shared.mixture else { return }
    let L = configuration.latent
    let means = (0..<mixture.componentCount).map { k in
      mixture.means[k * L..<(k + 1) * L].map { Scalar($0) }
    }
    let decoded = means.map { shared.hidden.forward($0, rowCount: 1, on: workers).output }
    let snapshot = lanes
    forEachFullPiece(of: snapshot, rows) { pieces in
      var gathered = gather(pieces.map { snapshot[$0.lane] }, pieces.map(\.positions))
      let groups = gathered.groups
      var best = [(loss: Double, component: Int)](
        repeating: (.infinity, 0), count: groups.rowCount)
      var batch = gathered.takeBatch([], on: workers)
      batch.rowsShareHidden = true
      for (k, hidden) in decoded.enumerated() {
        batch.hidden = (0..<groups.rowCount).flatMap { _ in hidden }
        for (row, loss) in shared.output.losses(batch, on: workers).enumerated()
        where loss < best[row].loss {
          best[row] = (loss, k)
        }
      }
      for (index, piece) in pieces.enumerated() {
        for (row, position) in zip(groups[index], piece.positions) {
          let range = position * L..<(position + 1) * L
          lanes[piece.lane].saved.representations.replaceSubrange(
            range, with: means[best[row].component])
          for l in range {
            lanes[piece.lane].saved.firstMoments[l] = 0
            lanes[piece.lane].saved.secondMoments[l] = 0
          }
        }
      }
    }
  }

  func stage(_ shared: Shared) -> String {
    shared.phase == .starting
      ? "start" : "epoch \(min(shared.epoch + 1, epochCount)) of \(epochCount)"
  }

  func progress(_ shared: Shared) -> Double {
    min(
      1,
      (Double(shared.epoch) + Double(shared.batch) / Double(batchCount))
        / Double(epochCount))
  }
}
