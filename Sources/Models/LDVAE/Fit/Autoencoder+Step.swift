public import LinearAlgebra
public import Modeling
import Networks
import Optimization
import Probability
public import Sums

extension Autoencoder {
  /// The start, a minibatch, a pass over the validation cells, or a stage of the end.
  ///
  /// Collective.
  public func step<Everyone: Team & ~Copyable>(
    _ shared: inout AutoencoderState, _ lanes: inout [AutoencoderLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> StepReport {
    switch shared.phase {
    case .starting: try startingStep(&shared, lanes, with: everyone, on: workers)
    case .training: try trainingStep(&shared, &lanes, with: everyone, on: workers)
    case .validating: try validationStep(&shared, lanes, with: everyone, on: workers)
    case .ordering: try orderingStep(&shared, lanes, with: everyone, on: workers)
    case .measuring: try measuringStep(&shared, &lanes, with: everyone, on: workers)
    }
  }

  /// Cells at most that the start looks at.
  private static var startSampleSize: Int { 20_000 }

  /// Profile, dispersions, libraries; the networks adopt them unless they start as published.
  private func startingStep<Everyone: Team & ~Copyable>(
    _ shared: inout AutoencoderState, _ lanes: [AutoencoderLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> StepReport {
    let sampled = lanes.map { lane in
      guard trainCount > Self.startSampleSize else { return lane.train }
      let fraction = Double(Self.startSampleSize) / Double(trainCount)
      return lane.train.filter { position in
        var stream = random.stream("start sample", index: lane.rows.lowerBound + position)
        return stream.uniform() < fraction
      }
    }
    let profile = try MeanProfile(
      of: zip(lanes, sampled).map { CountRows($0.counts, rows: $1) }, geneCount: data.columnCount,
      with: everyone, on: workers)
    shared.libraryPriors = try libraryPriors(
      of: lanes, sampled, batchCount: batches.names.count, with: everyone)
    if settings.start == .estimated { shared.network.adopt(profile, shared.libraryPriors) }
    shared.null = profile
    shared.phase = .training
    return StepReport(
      stage: "start: mean profile", progress: 0, rowsProcessed: 0, endsEpoch: false)
  }

  /// Noise of some rows in an epoch.
  func noise(_ rows: [Int], step: Int, _ purpose: String) -> CellNoise<Float> {
    let latents: RandomPurpose = "\(purpose) of latents"
    let library: RandomPurpose = "\(purpose) of libraries"
    var result = CellNoise<Float>(latents: [], library: [])
    result.latents.reserveCapacity(rows.count * settings.latent)
    for row in rows {
      var stream = random.stream(latents, step: step, index: row)
      for _ in 0..<settings.latent { result.latents.append(Float(stream.normal())) }
    }
    guard settings.library == .latent else { return result }
    for row in rows {
      var stream = random.stream(library, step: step, index: row)
      result.library.append(Float(stream.normal()))
    }
    return result
  }

  private func trainingStep<Everyone: Team & ~Copyable>(
    _ shared: inout AutoencoderState, _ lanes: inout [AutoencoderLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> StepReport {
    let (epoch, number) = (shared.epoch, shared.batch)
    let positions = lanes.indices.map { minibatch(number, of: epoch, in: &lanes[$0]) }
    let batch = CellBatch<Float>(
      zip(lanes, positions).map { (lane: $0, positions: $1) }, columnCount: data.columnCount,
      on: workers)
    let gradient = try shared.network.gradient(
      batch, noise(batch.rows, step: epoch, "noise"),
      AutoencoderObjective(
        divergenceWeight: settings.divergenceWeight(
          epoch: epoch, step: shared.network.stepCount, plannedSteps: epochCount * batchCount),
        libraryPriors: shared.libraryPriors, epoch: epoch, random: random),
      pools, with: everyone, on: workers)
    let losses = gradient.losses
    shared.network.stepCount += 1
    shared.network.move(
      adam(settings.rate, shared.network.stepCount),
      dispersions: adam(settings.usedDispersionRate, shared.network.stepCount), along: gradient,
      pools, on: workers)
    shared.epochSums += losses
    shared.batch += 1
    if shared.batch == batchCount {
      shared.batch = 0
      shared.phase = .validating
    }
    return StepReport(
      stage: stage(shared), progress: progress(shared), rowsProcessed: Int(losses.count),
      endsEpoch: false)
  }

  private func adam(_ rate: Double, _ step: Int) -> AdamStep {
    AdamStep(
      step, learningRate: rate, beta1: settings.beta1, beta2: settings.beta2,
      epsilon: settings.epsilon, weightDecay: settings.weightDecay)
  }

  /// The positions of a minibatch's cells in a lane: an even share ⌊b n/B⌋ ..< ⌊(b+1) n/B⌋ of the lane's
  /// training cells in this epoch's keyed order.
  private func minibatch(
    _ batch: Int, of epoch: Int, in lane: inout AutoencoderLane
  ) -> ArraySlice<Int> {
    let cells = lane.train
    if lane.order.epoch != epoch {
      var stream = random.stream("minibatch order", step: epoch, index: lane.rows.lowerBound)
      lane.order = (epoch, stream.permutation(count: cells.count).map { cells[$0] })
    }
    let count = cells.count
    return lane.order.positions[batch * count / batchCount..<(batch + 1) * count / batchCount]
  }

  func stage(_ shared: AutoencoderState) -> String {
    "epoch \(min(shared.epoch + 1, epochCount)) of \(epochCount)"
  }

  func progress(_ shared: AutoencoderState) -> Double {
    let epochs = Double(shared.epoch) + Double(shared.batch) / Double(batchCount)
    return min(1, epochs / Double(epochCount))
  }
}

extension AutoencoderSettings {
  /// The rate of the dispersions.
  var usedDispersionRate: Double {
    dispersionRate ?? (start == .estimated ? min(10 * rate, 10) : rate)
  }
}
