public import LinearAlgebra
public import Modeling
import Networks
import Optimization
import Probability
public import Sums

extension DGDModel {
  /// One minibatch, one pass over the validation cells, one step of the start or of the test cells.
  ///
  /// Collective.
  ///
  /// Compiled for the networks of `DGD` besides: generic code asks for the types of its numbers at every entry,
  /// and a step takes a third longer.
  @_specialize(kind:partial,where Hidden == FusedHiddenLayers, Output == FusedOutputLayer)
  public func step<Everyone: Team & ~Copyable>(
    _ shared: inout Shared, _ lanes: inout [Lane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    switch shared.phase {
    case .starting: try startingStep(&shared, &lanes, with: everyone, on: workers)
    case .training: try trainingStep(&shared, &lanes, with: everyone, on: workers)
    case .validating: try validationStep(&shared, &lanes, with: everyone, on: workers)
    case .testing(let steps): try testStep(steps, &shared, &lanes, with: everyone, on: workers)
    case .measuring: try measuringStep(&shared, &lanes, with: everyone, on: workers)
    }
  }

  /// Epochs in which only the decoder learns: the representations come from a good start, the decoder does not.
  func isFrozen(_ epoch: Int) -> Bool {
    configuration.start == .spectral && epoch < frozenEpochs
  }

  /// One minibatch: decoder and mixture step, representations collect their gradient.
  private func trainingStep<Everyone: Team & ~Copyable>(
    _ shared: inout Shared, _ lanes: inout [Lane], with everyone: borrowing Everyone,
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
    _ shared: inout Shared, _ lanes: inout [Lane], minibatch positions: [ArraySlice<Int>],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> StepReport {
    let epoch = shared.epoch
    var partials = pool.take(blocks(shared))
    var rows = gather(lanes, positions)
    let activations = shared.hidden.forward(
      rows.inputs, rowCount: rows.groups.rowCount, on: workers)
    let result = partials.withLimbs(of: 0) {
      shared.output.train(rows.takeBatch(activations.output, on: workers), into: $0, on: workers)
    }
    if result.faultCount > 0 { partials.countFaults(.notFinite, result.faultCount, in: 0) }
    let back = partials.withLimbs(of: 1) {
      shared.hidden.backward(
        activations, result.hiddenGradient, groups: rows.groups, into: $0, on: workers)
    }
    if back.faultCount > 0 { partials.countFaults(.notFinite, back.faultCount, in: 1) }
    for (index, lane) in lanes.indices.enumerated() {
      let range = rows.groups[index]
      let mixtureLoss = addMixture(
        shared, positions[index], of: &lanes[lane], dataGradient: back.inputGradient,
        from: range.lowerBound, to: &partials)
      partials.add(range.reduce(0) { $0 + result.losses[$1] }, to: 3, at: 0)
      partials.add(mixtureLoss, to: 3, at: 1)
      partials.add(Double(range.count), to: 3, at: 2)
    }
    var sums = try everyone.sum(consume partials)
    let totals = sums.values(of: 3)
    let rowCount = Int(totals[2])
    moveDecoder(&shared, along: &sums, on: workers)
    if !isFrozen(epoch) { moveMixture(&shared, along: sums.values(of: 2), rowCount: rowCount) }
    pool.giveBack(consume sums)
    shared.epochSums.data += totals[0]
    shared.epochSums.mixture += totals[1]
    shared.epochSums.rows += rowCount
    shared.batch += 1
    if shared.batch == batchCount {
      shared.batch = 0
      if !isFrozen(epoch) {
        shared.representationSteps += 1
        let step = representationStep(shared.representationSteps)
        for index in lanes.indices {
          step.move(&lanes[index].saved, rows: lanes[index].trainRows, width: configuration.latent)
        }
      }
      shared.phase = .validating
    }
    return StepReport(
      stage: stage(shared), progress: progress(shared), rowsProcessed: rowCount, endsEpoch: false)
  }

  /// What a minibatch sums: output layer, hidden layers, mixture, and loss of the data, of the mixture, rows.
  private func blocks(_ shared: Shared) -> [SumBlock] {
    [
      .scaled("gradient of the output layer", count: shared.output.limbCount),
      .scaled("gradient of the hidden layers", count: shared.hidden.limbCount),
      .wide("gradient of the mixture", count: shared.mixture?.parameters.count ?? 0),
      .wide("loss", count: 3),
    ]
  }

  /// The positions of a minibatch's cells in a lane: an even share ⌊b n/B⌋ ..< ⌊(b+1) n/B⌋ of the lane's
  /// training cells in this epoch's keyed order.
  private func minibatch(_ batch: Int, of epoch: Int, in lane: inout Lane) -> ArraySlice<Int> {
    if lane.order.epoch != epoch {
      var stream = random.stream("minibatch order", step: epoch, index: lane.rows.lowerBound)
      let order = stream.permutation(count: lane.trainRows.count)
      lane.order = (epoch, order.map { lane.trainRows[$0] })
    }
    let count = lane.trainRows.count
    return lane.order.positions[batch * count / batchCount..<(batch + 1) * count / batchCount]
  }

  /// Adds the mixture's part of the gradient of some cells, keeps the whole of it with the cells, and adds the
  /// mixture's own gradient to the sums.
  ///
  /// - Returns: Σ −log p(z).
  @specialized(where Hidden == FusedHiddenLayers, Output == FusedOutputLayer)
  private func addMixture(
    _ shared: Shared, _ positions: ArraySlice<Int>, of lane: inout Lane,
    dataGradient: [Scalar], from firstRow: Int, to sums: inout PartialSums
  ) -> Double {
    let L = configuration.latent
    var gradient = shared.mixture.map(GaussianMixtureGradient.init)
    for (offset, position) in positions.enumerated() {
      let row = firstRow + offset
      var byRow = [Double](repeating: 0, count: L)
      if let mixture = shared.mixture {
        let z = lane.saved.representations[position * L..<(position + 1) * L].map { Double($0) }
        let label = lane.labels.isEmpty ? nil : Int(lane.labels[position])
        byRow =
          gradient?.add(
            z, of: mixture, label: label.flatMap { $0 < 0 ? nil : $0 }, factor: supervisionFactor
          ).byRow ?? byRow
      }
      for l in 0..<L {
        lane.saved.gradients[position * L + l] = dataGradient[row * L + l] + Scalar(byRow[l])
      }
    }
    if let gradient { sums.add(gradient.parameters, to: 2) }
    return gradient?.loss ?? 0
  }

  private func moveDecoder(
    _ shared: inout Shared, along sums: inout Sums, on workers: Workers
  ) {
    shared.decoderSteps += 1
    var rate = configuration.decoderRate
    for epoch in configuration.rateEpochs where shared.epoch >= epoch {
      rate *= configuration.rateFactor
    }
    let step = adam(shared.decoderSteps, rate)
    sums.withLimbs(of: 0) { limbs in
      shared.output.clearGradient(ofWeights: absentWeights, in: limbs)
      shared.output.move(step, along: UnsafeBufferPointer(limbs), on: workers)
    }
    sums.withLimbs(of: 1) { limbs in
      shared.hidden.move(step, along: UnsafeBufferPointer(limbs), on: workers)
    }
  }

  private func moveMixture(
    _ shared: inout Shared, along gradient: [Double], rowCount: Int
  ) {
    guard var mixture = shared.mixture else { return }
    // The prior counts once a sample, or once an epoch: this minibatch's share of it.
    let weight =
      configuration.priorWeight == .perSample
      ? Double(rowCount) : Double(rowCount) / Double(trainCount)
    var total = zip(gradient, shared.mixturePrior.negativeGradient(mixture)).map {
      $0 + weight * $1
    }
    shared.mixtureSteps += 1
    if configuration.covariance == .fixed {
      let fixed = mixture.means.count..<mixture.means.count + mixture.logPrecisions.count
      for index in fixed { total[index] = 0 }
    }
    var parameters = mixture.parameters
    let before = mixture.logPrecisions
    var (first, second) = (shared.mixtureMoments[0], shared.mixtureMoments[1])
    adam(shared.mixtureSteps, configuration.mixtureRate).move(
      &parameters, &first, &second, along: total)
    shared.mixtureMoments = [first, second]
    mixture.parameters = parameters
    if configuration.covariance == .fixed { mixture.logPrecisions = before }
    shared.mixture = mixture
  }

  func adam(_ number: Int, _ rate: Double) -> AdamStep {
    AdamStep(
      number, learningRate: rate, beta1: configuration.beta1, beta2: configuration.beta2,
      weightDecay: configuration.weightDecay)
  }
}
