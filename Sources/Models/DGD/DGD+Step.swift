public import Concurrency
public import Modeling
import Networks
import Optimization
import Probability
public import Sums

extension DGD {
  /// One minibatch, one pass over the validation cells, one step of the start or of the test cells.
  ///
  /// Collective.
  public func step<Everyone: Team & ~Copyable>(
    _ shared: inout DGDShared, _ lanes: inout [DGDLane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    switch shared.phase {
    case .starting: try startingStep(&shared, &lanes, with: everyone, on: workers)
    case .profiling: try profilingStep(&shared, lanes, with: everyone, on: workers)
    case .training: try trainingStep(&shared, &lanes, with: everyone, on: workers)
    case .validating: try validationStep(&shared, &lanes, with: everyone, on: workers)
    case .testing(let steps): try testStep(steps, &shared, &lanes, with: everyone, on: workers)
    case .measuring: try measuringStep(&shared, &lanes, with: everyone, on: workers)
    }
  }

  /// One minibatch: decoder and mixture step, representations collect their gradient.
  private func trainingStep<Everyone: Team & ~Copyable>(
    _ shared: inout DGDShared, _ lanes: inout [DGDLane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    let (epoch, batch) = (shared.epoch, shared.batch)
    let positions = lanes.indices.map { minibatch(batch, of: epoch, in: &lanes[$0]) }
    return try trainingStep(&shared, &lanes, minibatch: positions, with: everyone, on: workers)
  }

  /// One minibatch of these positions of each lane: published minibatches can be followed exactly.
  ///
  /// Collective.
  package func trainingStep<Everyone: Team & ~Copyable>(
    _ shared: inout DGDShared, _ lanes: inout [DGDLane], minibatch positions: [ArraySlice<Int>],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> StepReport {
    let epoch = shared.epoch
    var partials = pool.take(blocks(shared))
    differentiate(shared, &lanes, positions, into: &partials, on: workers)
    var sums = try everyone.sum(consume partials)
    let mixtureBlock = shared.decoder.sumBlocks.count
    let totals = DGDLossSums(sums.values(of: mixtureBlock + shared.spaces.count), lossLayout)
    shared.decoder.stepCount += 1
    shared.decoder.move(
      configuration.decoderAdam(epoch: epoch).step(shared.decoder.stepCount), along: &sums,
      absentWeights: architecture.heads.map(\.absentWeights),
      share: Double(totals.rows) / Double(trainCount), on: workers)
    if !isFrozen(epoch) {
      for s in shared.spaces.indices {
        shared.spaces[s].moveMixture(
          along: sums.values(of: mixtureBlock + s), rowCount: totals.rows, epochRows: trainCount,
          as: architecture.spaces[s].training)
      }
    }
    pool.giveBack(consume sums)
    shared.epochSums += totals
    shared.batch += 1
    if shared.batch == batchCount { try endMinibatches(&shared, &lanes, with: everyone) }
    return StepReport(
      stage: stage(shared), progress: progress(shared), rowsProcessed: totals.rows,
      endsEpoch: false)
  }

  /// Moves the representations along what they collected in the epoch.
  private func endMinibatches<Everyone: Team & ~Copyable>(
    _ shared: inout DGDShared, _ lanes: inout [DGDLane], with everyone: borrowing Everyone
  ) throws(SumFault) {
    shared.batch = 0
    shared.phase = .validating
    guard !isFrozen(shared.epoch) else { return }
    for s in shared.spaces.indices {
      shared.spaces[s].representationSteps += 1
      for lane in lanes.indices {
        lanes[lane].saved.spaces[s].move(
          lanes[lane].uses.train, by: architecture.spaces[s].training.representations,
          step: shared.spaces[s].representationSteps)
      }
    }
    try holdScales(&shared, &lanes, with: everyone)
  }

  /// What a minibatch sums: the decoder's gradients, each mixture's, and the losses.
  private func blocks(_ shared: DGDShared) -> [SumBlock] {
    shared.decoder.sumBlocks
      + shared.spaces.map { .wide("gradient of the mixture", count: $0.gradientCount) }
      + [.wide("loss", count: lossLayout.count)]
  }

  /// Losses of a minibatch and their gradients: by parameters and losses themselves into the sums, by
  /// representation to the cells.
  ///
  /// Local.
  private func differentiate(
    _ shared: DGDShared, _ lanes: inout [DGDLane], _ positions: [ArraySlice<Int>],
    into sums: inout PartialSums, on workers: Workers
  ) {
    var batch = DecoderBatch(Array(zip(lanes, positions)), for: shared.decoder)
    let result = shared.decoder.train(&batch, into: &sums, on: workers)
    let mixtureBlock = shared.decoder.sumBlocks.count
    let lossBlock = mixtureBlock + shared.spaces.count
    let layout = lossLayout
    for (index, lane) in lanes.indices.enumerated() {
      let range = batch.groups[index]
      for h in batch.heads.indices {
        let rows = batch.heads[h].groups[index]
        sums.add(rows.reduce(0) { $0 + result.losses[h][$1] }, to: lossBlock, at: h)
        if layout.headCount > 1 {
          sums.add(Double(rows.count), to: lossBlock, at: layout.rows(ofHead: h))
        }
      }
      var column = 0
      for (s, space) in shared.spaces.enumerated() {
        let terms = space.differentiate(
          positions[index], of: &lanes[lane].saved.spaces[s], labels: lanes[lane].labels[s],
          factor: architecture.spaces[s].training.supervisionFactor,
          dataGradient: InputGradient(
            values: result.inputGradient, width: architecture.inputCount, firstColumn: column,
            firstRow: range.lowerBound))
        column += space.dimension
        if space.gradientCount > 0 { sums.add(terms.gradient, to: mixtureBlock + s) }
        sums.add(terms.losses.reduce(0, +), to: lossBlock, at: layout.mixture(s))
      }
      sums.add(Double(range.count), to: lossBlock, at: layout.rows)
    }
  }

  /// The positions of a minibatch's cells in a lane: an even share ⌊b n/B⌋ ..< ⌊(b+1) n/B⌋ of the lane's
  /// training cells in this epoch's keyed order.
  private func minibatch(_ batch: Int, of epoch: Int, in lane: inout DGDLane) -> ArraySlice<Int> {
    let cells = lane.uses.train
    if lane.order.epoch != epoch {
      var stream = random.stream("minibatch order", step: epoch, index: lane.rows.lowerBound)
      lane.order = (epoch, stream.permutation(count: cells.count).map { cells[$0] })
    }
    let count = cells.count
    return lane.order.positions[batch * count / batchCount..<(batch + 1) * count / batchCount]
  }

  func stage(_ shared: DGDShared) -> String {
    shared.phase == .starting
      ? "start" : "epoch \(min(shared.epoch + 1, epochCount)) of \(epochCount)"
  }

  func progress(_ shared: DGDShared) -> Double {
    let epochs = Double(shared.epoch) + Double(shared.batch) / Double(batchCount)
    return min(1, epochs / Double(epochCount))
  }
}
