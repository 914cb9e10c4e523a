package import LinearAlgebra
package import Networks
package import Probability
package import Sums

/// What a step of an autoencoder minimises, beside what the cells say.
package struct AutoencoderObjective: Sendable {
  /// The weight of KL(q(z) ‖ N(0, I)).
  package var divergenceWeight: Double
  /// The prior of the log library of each batch.
  package var libraryPriors: [NormalPrior]
  /// The epoch, by which dropout is keyed.
  package var epoch: Int
  /// The source of dropout's masks.
  package var random: RandomSource

  /// An objective with these weights and priors, for an epoch.
  package init(
    divergenceWeight: Double, libraryPriors: [NormalPrior], epoch: Int, random: RandomSource
  ) {
    self.divergenceWeight = divergenceWeight
    self.libraryPriors = libraryPriors
    self.epoch = epoch
    self.random = random
  }
}

/// Memory that is used again from minibatch to minibatch.
package struct AutoencoderPools: Sendable {
  let output = SumsPool()
  let layers = SumsPool()

  /// Pools that hold no memory yet.
  package init() {}
}

/// Losses summed over cells, with their number.
package struct AutoencoderLosses: Codable, Sendable, Equatable {
  /// Σ −log p(x | z, ℓ).
  package var reconstruction = 0.0
  /// Σ KL(q(z) ‖ p(z)).
  package var divergence = 0.0
  /// Σ KL(q(ℓ) ‖ p(ℓ)).
  package var libraryDivergence = 0.0
  /// How many cells.
  package var count = 0.0

  /// The losses of no cells, all 0.
  package init() {}

  /// The sums of a block.
  init(_ values: [Double]) {
    (reconstruction, divergence, libraryDivergence, count) = (
      values[0], values[1], values[2], values[3]
    )
  }

  static var block: SumBlock { .wide("loss", count: 4) }
  var values: [Double] { [reconstruction, divergence, libraryDivergence, count] }
  /// −ELBO a cell.
  package var bound: Double {
    (reconstruction + divergence + libraryDivergence) / max(count, 1)
  }

  static func += (sums: inout AutoencoderLosses, other: AutoencoderLosses) {
    sums.reconstruction += other.reconstruction
    sums.divergence += other.divergence
    sums.libraryDivergence += other.libraryDivergence
    sums.count += other.count
  }
}

/// The gradient of the mean loss of a minibatch, with what the running statistics follow.
package struct AutoencoderGradient<Scalar: NetworkScalar>: Sendable {
  /// The minibatch's losses.
  package let losses: AutoencoderLosses
  /// By the output layer.
  let output: FoldedOutputGradient<Scalar>
  let point: FoldedPoint<Scalar>
  /// Sums of the gradients of encoders and hidden layers.
  var layers: Sums
  let activations: LayerActivations<Scalar>
}

/// What layers computed on the way forward.
struct LayerActivations<Scalar: NetworkScalar>: Sendable {
  let encoder: Activations<Scalar>
  let library: Activations<Scalar>?
  let hidden: Activations<Scalar>
}

/// What a minibatch becomes on the way forward.
private struct ForwardCells<Scalar: NetworkScalar> {
  let activations: LayerActivations<Scalar>
  let posterior: NormalPosterior<Scalar>
  let library: NormalPosterior<Scalar>?
  /// z: rows × L.
  let latents: [Scalar]
  /// s of each row.
  let scales: [Scalar]
  /// The prior of each row's log library; none where it is observed.
  let libraryPriors: [NormalPrior]

  /// Losses of some rows.
  func losses(_ rows: Range<Int>, _ reconstruction: [Double]) -> AutoencoderLosses {
    var sums = AutoencoderLosses()
    for row in rows {
      sums.reconstruction += reconstruction[row]
      sums.divergence += posterior.divergence(ofRow: row)
      sums.libraryDivergence += library?.divergence(ofRow: row, from: libraryPriors[row]) ?? 0
      sums.count += 1
    }
    return sums
  }
}

extension AutoencoderNetwork {
  /// What the gradients of encoders and hidden layers are summed in.
  private var layerBlocks: [SumBlock] {
    var blocks = [
      SumBlock.scaled("gradient of the encoder's first layer", count: encoder.first.limbCount),
      .scaled("gradient of the encoder", count: encoder.rest.limbCount),
    ]
    if let libraryEncoder {
      blocks += [
        .scaled(
          "gradient of the library encoder's first layer", count: libraryEncoder.first.limbCount),
        .scaled("gradient of the library's encoder", count: libraryEncoder.rest.limbCount),
      ]
    }
    return blocks + [.scaled("gradient of the decoder", count: hidden.limbCount)]
  }

  /// The way of a minibatch up to the inputs of the output layer.
  ///
  /// Collective, once for each batch normalisation.
  private func forward<Everyone: Team & ~Copyable>(
    _ batch: CellBatch<Scalar>, _ noise: CellNoise<Scalar>, _ objective: AutoencoderObjective,
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> ForwardCells<Scalar> {
    let pass = TrainingPass(
      groups: batch.groups, rows: batch.rows, epoch: objective.epoch, random: objective.random)
    let encoded = try encoder.rest.forward(
      encoder.first.forward(batch.counts, on: workers), pass, with: everyone, on: workers)
    let posterior = NormalPosterior(encoded.output, dimension: latentCount)
    var libraryEncoded: Activations<Scalar>?
    if let libraryEncoder {
      libraryEncoded = try libraryEncoder.rest.forward(
        libraryEncoder.first.forward(batch.counts, on: workers), pass, with: everyone, on: workers)
    }
    let library = libraryEncoded.map { NormalPosterior<Scalar>($0.output, dimension: 1) }
    let latents = latents(of: posterior.draw(noise.latents))
    let decoded = try hidden.forward(
      decoderInputs(latents, batches: batch.batches), pass, with: everyone, on: workers)
    return ForwardCells(
      activations: LayerActivations(encoder: encoded, library: libraryEncoded, hidden: decoded),
      posterior: posterior, library: library, latents: latents,
      scales: scales(batch.totals, library?.draw(noise.library)),
      libraryPriors: libraryPriors(batch, objective))
  }

  /// Loss and gradient of a minibatch of everyone with given noise.
  ///
  ///     loss = 1/n Σ_i [ −log p(x_i | z_i, ℓ_i) + w KL(q(z_i) ‖ N(0, I)) + KL(q(ℓ_i) ‖ N(m_b, v_b)) ]
  ///
  /// Collective: two sums, and those of the normalisations.
  package func gradient<Everyone: Team & ~Copyable>(
    _ batch: CellBatch<Scalar>, _ noise: CellNoise<Scalar>, _ objective: AutoencoderObjective,
    _ pools: AutoencoderPools, with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> AutoencoderGradient<Scalar> {
    let cells = try forward(batch, noise, objective, with: everyone, on: workers)
    let inputs = cells.activations.hidden.output
    let point = output.fold(try output.moments(of: inputs, batch.groups, with: everyone))
    var partials = pools.output.take([
      .scaled("gradient of the output layer", count: output.limbCount), AutoencoderLosses.block,
    ])
    let result = partials.withLimbs(of: 0) {
      output.train(
        outputBatch(batch, hidden: inputs, scales: cells.scales), at: point, into: $0, on: workers)
    }
    if result.faultCount > 0 { partials.countFaults(.notFinite, result.faultCount, in: 0) }
    for group in 0..<batch.groups.count where !batch.groups[group].isEmpty {
      partials.add(cells.losses(batch.groups[group], result.losses).values, to: 1)
    }
    var sums = try everyone.sum(consume partials)
    let losses = AutoencoderLosses(sums.values(of: 1))
    let share = 1 / max(losses.count, 1)
    let ofOutput = sums.withLimbs(of: 0) {
      output.gradient(of: UnsafeBufferPointer($0), at: point, times: Scalar(share))
    }
    pools.output.giveBack(consume sums)
    var byHidden = result.hiddenGradient.map { $0 * Scalar(share) }
    ofOutput.propagate(to: &byHidden, inputs: inputs, from: point)
    var backward = LayerBackward(
      groups: batch.groups, counts: batch.counts, partials: pools.layers.take(layerBlocks),
      workers: workers)
    let byInputs = try backward.layers(
      hidden, cells.activations.hidden, byHidden, block: libraryEncoder == nil ? 2 : 4,
      with: everyone)
    try backward.encoder(
      encoder, cells.activations.encoder,
      cells.posterior.gradient(
        byDraw: normalGradient(latentPart(of: byInputs), latents: cells.latents),
        noise: noise.latents, priors: [.standard], times: objective.divergenceWeight * share),
      block: 0, with: everyone)
    if let libraryEncoder, let activations = cells.activations.library, let library = cells.library
    {
      try backward.encoder(
        libraryEncoder, activations,
        library.gradient(
          byDraw: result.scaleGradient.map { $0 * Scalar(share) }, noise: noise.library,
          priors: cells.libraryPriors, times: share),
        block: 2, with: everyone)
    }
    return AutoencoderGradient(
      losses: losses, output: ofOutput, point: point,
      layers: try everyone.sum(backward.partials), activations: cells.activations)
  }

  /// The latents' part of a gradient by the decoder's inputs.
  private func latentPart(of byInputs: [Scalar]) -> [Scalar] {
    guard batchCount > 0 else { return byInputs }
    return stride(from: 0, to: byInputs.count, by: latentCount + batchCount).flatMap {
      byInputs[$0..<$0 + latentCount]
    }
  }

  /// The prior of each row's log library.
  private func libraryPriors(
    _ batch: CellBatch<Scalar>, _ objective: AutoencoderObjective
  ) -> [NormalPrior] {
    guard libraryEncoder != nil else { return [] }
    return batch.batches.map { objective.libraryPriors[max(Int($0), 0)] }
  }
}
