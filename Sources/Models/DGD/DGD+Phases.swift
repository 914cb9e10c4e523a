import Concurrency
import Modeling
import Networks
import Optimization
import Probability
import Sums

extension DGD {
  /// A step of the spectral start: an iteration of a candidate's subspace, or its partitions, or at last the
  /// mixture.
  ///
  /// The first kind of data starts the first latent space; other spaces stay at zero.
  func startingStep<Everyone: Team & ~Copyable>(
    _ shared: inout DGDShared, _ lanes: inout [DGDLane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    let (head, space) = (architecture.heads[0], architecture.spaces[0])
    let starter = SpectralStarter(
      dimension: space.dimension, componentCount: space.componentCount,
      columnCount: head.columnCount, countsDepth: head.likelihood == .negativeBinomial,
      ownsComponents: space.owners != nil, random: random)
    var tables = lanes.map { $0.saved.spaces[0] }
    let end = try starter.step(
      &shared.start, lanes.map(startLane), &tables, with: everyone, on: workers)
    for lane in lanes.indices { lanes[lane].saved.spaces[0] = tables[lane] }
    var remark: String?
    if let end {
      remark = end.partition.map {
        shared.spaces[0].adopt(
          $0, keepsWidths: configuration.sigma != nil,
          keepsRadius: configuration.softballRadius != nil)
      }
      shared.projection = end.projection
      shared.spaces[0].scales = try scales(of: 0, lanes, with: everyone)
      shared.phase = configuration.estimatesDispersions ? .profiling : .training
    }
    return StepReport(
      stage: "start: principal components", progress: 0, rowsProcessed: 0, endsEpoch: false,
      remark: remark)
  }

  /// A lane as the start sees it: of many training cells a keyed sample.
  private func startLane(_ lane: DGDLane) -> StartLane {
    let first = lane.rows.lowerBound
    var sampled = lane.uses.train
    if trainCount > SpectralStart.sampleSize {
      let fraction = Double(SpectralStart.sampleSize) / Double(trainCount)
      sampled = sampled.filter { position in
        var stream = random.stream("start sample", index: first + position)
        return stream.uniform() < fraction
      }
    }
    var components: [Int] = []
    if let each = architecture.spaces[0].owners?.componentsPerClass {
      components = sampled.map { position in
        let label = Int(lane.labels[0][position])
        return label < 0 ? -1 : label * each + (first + position) % each
      }
    }
    return StartLane(
      matrix: lane.values[0].matrix, firstRow: first, sampled: sampled, components: components)
  }

  /// Cells outside training on the networks as they are.
  func embedding(_ shared: DGDShared) -> DGDEmbedding {
    DGDEmbedding(
      decoder: shared.decoder, spaces: shared.spaces,
      optimizers: architecture.spaces.map(\.training.representations),
      rowLimit: configuration.batch)
  }

  /// The validation cells with the decoder of the epoch's end: loss, one step on their representations; then
  /// the epoch is over.
  func validationStep<Everyone: Team & ~Copyable>(
    _ shared: inout DGDShared, _ lanes: inout [DGDLane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    let steps = shared.spaces.map { max($0.representationSteps, 1) }
    let (sums, uncounted) = try embeddingStep(
      shared, &lanes, .validation, moving: isFrozen(shared.epoch) ? nil : steps, with: everyone,
      on: workers)
    shared.epoch += 1
    var measures = measures(of: shared.epochSums)
    var isStopping = false
    if sums.rows > 0 {
      measures += dataMeasures(of: sums, "validation")
      isStopping = noteValidation(
        sums.data.reduce(0, +) / Double(sums.rows), &shared, &lanes)
    }
    shared.epochSums = emptySums
    let isLast = shared.epoch == epochCount || isStopping
    shared.phase = isLast ? .testing(steps: 0) : .training
    var remark = uncounted
    if isStopping {
      remark =
        "stopping early: validation loss no better since epoch \(shared.best?.markEpoch ?? 0)"
    }
    if isLast, let restored = restoreBest(&shared, &lanes) {
      remark = [remark, restored].compactMap(\.self).joined(separator: "; ")
    }
    return StepReport(
      stage: stage(shared), progress: progress(shared), rowsProcessed: sums.rows, endsEpoch: true,
      measures: measures, remark: remark)
  }

  /// Losses of the cells of one use with the networks as they are, and one step on their representations unless `steps`,
  /// the number of this step in each space, is nil.
  ///
  /// Collective.
  /// - Returns: the losses; and a remark, where some cells' losses cannot be summed.
  func embeddingStep<Everyone: Team & ~Copyable>(
    _ shared: DGDShared, _ lanes: inout [DGDLane], _ use: RowUse, moving steps: [Int]?,
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> (sums: DGDLossSums, uncounted: String?) {
    let embedding = embedding(shared)
    var partials = PartialSums([embedding.lossBlock])
    let outcome = embedding.differentiate(
      &lanes, lanes.map { $0.uses[use] }, into: &partials, on: workers)
    let sums = try everyone.sum(consume partials)
    if let steps { embedding.move(&lanes, outcome.movable, steps: steps) }
    let counted = DGDLossSums(sums.values(of: 0), lossLayout)
    let missing = split.uses.count { $0 == use } - counted.rows
    guard missing > 0 else { return (counted, nil) }
    let first = -Int(everyone.maximum(-Double(outcome.firstUncounted ?? data.rowCount)))
    // A measurement of time takes some of the rows only: those that it does not take are not faulty.
    guard first < data.rows.count else { return (counted, nil) }
    let others = missing > 1 ? " and \(missing - 1) more" : ""
    return (
      counted,
      "\(use.rawValue) cell \"\(data.rows.names[first])\"\(others): loss not finite, or far beyond that of any cell; left out of the sums, no other cell is affected"
    )
  }

  /// Losses of an epoch of training.
  private func measures(of sums: DGDLossSums) -> [StepReport.Measure] {
    dataMeasures(of: sums, "train")
      + sums.mixtures.enumerated().map { index, loss in
        StepReport.Measure(
          index == 0 ? "mixture" : "mixture \(index + 1)", loss / Double(sums.rows))
      }
  }

  /// Losses by data a value; of several kinds of data each with its name.
  private func dataMeasures(of sums: DGDLossSums, _ name: String) -> [StepReport.Measure] {
    architecture.heads.enumerated().map { index, head in
      StepReport.Measure(
        head.name.isEmpty ? name : "\(name) \(head.name)",
        sums.data[index] / Double(sums.rowsOfHeads[index] * head.columnCount))
    }
  }

  /// The end: losses and squared errors of all cells, and what the test cells lose on average.
  func measuringStep<Everyone: Team & ~Copyable>(
    _ shared: inout DGDShared, _ lanes: inout [DGDLane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    embedding(shared).measure(&lanes, on: workers)
    if shared.profiles.isEmpty {
      shared.profiles = try meanProfiles(lanes, with: everyone, on: workers)
    }
    var (training, comparison) = (NullComparison.Parts(), NullComparison.Parts())
    for lane in lanes {
      training.add(losses(of: lane, .train, shared.profiles))
      comparison.add(losses(of: lane, .test, shared.profiles))
    }
    shared.lossRatio = try training.summed(with: everyone)?.ratio
    let found = try comparison.summed(with: everyone)
    return StepReport(
      stage: "measured", progress: 1, rowsProcessed: data.rowCount, endsEpoch: false,
      remark: found.map { "test cells: \($0.description)" },
      termination: shared.epoch < epochCount ? .earlyStopping : .planCompleted)
  }

  /// Losses of a lane's cells, of the kinds of data that each has, beside those of the model without latents.
  private func losses(
    of lane: DGDLane, _ use: RowUse, _ profiles: [MeanProfile]
  ) -> [NullComparison.Pair] {
    let null = profiles.enumerated().map { lane.profileLosses($1, ofHead: $0) }
    return lane.uses[use].compactMap { position in
      let present = lane.values.indices.filter { lane.values[$0].place(of: position) >= 0 }
      let losses = present.map { lane.saved.losses[$0][position] }
      guard losses.allSatisfy(DGDEmbedding.isSummable) else { return nil }
      return NullComparison.Pair(
        loss: losses.reduce(0, +), null: present.reduce(0) { $0 + null[$1][position] },
        values: Double(present.reduce(0) { $0 + architecture.heads[$1].columnCount }))
    }
  }
}
