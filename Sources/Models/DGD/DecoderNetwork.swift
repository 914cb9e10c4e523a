import Concurrency
import Modeling
public import Networks
import Optimization
import Sums

/// A decoder: a trunk, possibly without layers, whose output feeds one head for each kind of data. A head is a
/// hidden network and an output layer with its likelihood.
///
///     t = trunk(z)      h_m = hidden_m(t)      x_m ~ p_m(x | s_m · link(W_m h_m + b_m))      for every kind m
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | z | representations, all latent spaces side by side | rows × ΣL | `DecoderBatch.inputs` |
/// | t | output of the trunk; z without one | rows × T | |
/// | h_m | inputs of an output layer | rows of m × H_m | |
/// | x_m, s_m | values and scale of a row; rows may lack a kind of data | | `DecoderBatch.heads` |
///
/// Layers in single precision; `ExactDecoder` states the same in double precision.
public struct DecoderNetwork: Codable, Sendable {
  /// One kind of data.
  public struct Head: Codable, Sendable {
    /// From the trunk's output to the output layer's inputs.
    public var hidden: Networks.Network<Float>
    /// Weights, biases, dispersions, likelihood.
    public var output: OutputHead
    /// What estimates the dispersions; nil: they move with the weights, or there are none.
    public var dispersions: DispersionSteps?

    /// A head with its hidden layers and its output.
    public init(hidden: Networks.Network<Float>, output: OutputHead) {
      self.hidden = hidden
      self.output = output
    }
  }

  /// What all kinds of data have in common.
  public var trunk: Networks.Network<Float>
  /// One for each kind of data.
  public var heads: [Head]
  /// Steps of Adam.
  public var stepCount = 0

  /// A decoder before its first step.
  public init(trunk: Networks.Network<Float>, heads: [Head]) {
    self.trunk = trunk
    self.heads = heads
  }
}

/// What a pass says about a batch.
struct DecoderResult {
  /// −log p(x | z) for every head, one a row that has its kind of data.
  var losses: [[Double]] = []
  /// ∂ loss / ∂ z, rows × ΣL.
  var inputGradient: [Float] = []
}

// MARK: - Passes

extension DecoderNetwork {
  /// Hidden activations of all layers.
  private struct Forward {
    let trunk: Networks.Activations<Float>
    let heads: [Networks.Activations<Float>]
  }

  private func forward(_ batch: DecoderBatch<Float>, on workers: Workers) -> Forward {
    let trunk = trunk.forward(batch.inputs, rowCount: batch.groups.rowCount, on: workers)
    return Forward(
      trunk: trunk,
      heads: zip(heads, batch.heads).map { head, rows in
        head.hidden.forward(
          rows.present(in: trunk.output, width: self.trunk.outputCount),
          rowCount: rows.groups.rowCount, on: workers)
      })
  }

  /// Losses, their gradient by the inputs, and by all parameters, which replaces what the decoder's blocks of the
  /// sums held.
  ///
  /// Local.
  /// - Parameter first: the first of the blocks that `sumBlocks` lists.
  func train(
    _ batch: inout DecoderBatch<Float>, into sums: inout PartialSums, from first: Int = 0,
    on workers: Workers
  ) -> DecoderResult {
    let activations = forward(batch, on: workers)
    var result = DecoderResult()
    var gradient: [Float] = []
    for (index, head) in heads.enumerated() {
      let values = batch.heads[index].takeBatch(activations.heads[index].output, on: workers)
      let output = sums.withLimbs(of: first + 2 * index) {
        head.output.train(values, into: $0, on: workers)
      }
      let back = sums.withLimbs(of: first + 2 * index + 1) {
        head.hidden.backward(
          activations.heads[index], output.hiddenGradient, groups: values.groups, into: $0,
          on: workers)
      }
      sums.count(output.faultCount, in: first + 2 * index)
      sums.count(back.faultCount, in: first + 2 * index + 1)
      result.losses.append(output.losses)
      batch.heads[index].add(
        back.inputGradient, to: &gradient, rowCount: batch.groups.rowCount,
        width: trunk.outputCount)
    }
    guard !trunk.layers.isEmpty else {
      result.inputGradient = gradient
      return result
    }
    let back = sums.withLimbs(of: first + 2 * heads.count) {
      trunk.backward(activations.trunk, gradient, groups: batch.groups, into: $0, on: workers)
    }
    sums.count(back.faultCount, in: first + 2 * heads.count)
    result.inputGradient = back.inputGradient
    return result
  }

  /// Losses and their gradient by the inputs: for representations whose decoder stands still.
  ///
  /// Local.
  func backpropagate(
    _ batch: inout DecoderBatch<Float>, on workers: Workers
  ) -> DecoderResult {
    let activations = forward(batch, on: workers)
    var result = DecoderResult()
    var gradient: [Float] = []
    for (index, head) in heads.enumerated() {
      let values = batch.heads[index].takeBatch(activations.heads[index].output, on: workers)
      let output = head.output.backpropagate(values, on: workers)
      let back = head.hidden.backward(
        activations.heads[index], output.hiddenGradient, groups: values.groups, into: nil,
        on: workers)
      result.losses.append(output.losses)
      batch.heads[index].add(
        back.inputGradient, to: &gradient, rowCount: batch.groups.rowCount,
        width: trunk.outputCount)
    }
    result.inputGradient =
      trunk.backward(
        activations.trunk, gradient, groups: batch.groups, into: nil, on: workers
      ).inputGradient
    return result
  }

  /// The inputs of a head's output layer, for rows that all have its kind of data.
  ///
  /// Local.
  func hidden(
    _ inputs: [Float], rowCount: Int, head: Int, on workers: Workers
  ) -> [Float] {
    heads[head].hidden.forward(
      trunk.forward(inputs, rowCount: rowCount, on: workers).output, rowCount: rowCount,
      on: workers
    ).output
  }

  /// The batch of every head with the inputs of its output layer; the values move into them.
  ///
  /// Local.
  func outputBatches(
    _ batch: inout DecoderBatch<Float>, on workers: Workers
  ) -> [OutputBatch<Float>] {
    let activations = forward(batch, on: workers)
    return heads.indices.map {
      batch.heads[$0].takeBatch(activations.heads[$0].output, on: workers)
    }
  }
}

// MARK: - Sums and steps

extension DecoderNetwork {
  /// What a minibatch sums: output layer and hidden layers of every head, then the trunk if it has layers.
  var sumBlocks: [SumBlock] {
    let ofHeads = heads.flatMap { head in
      [
        SumBlock.scaled("gradient of the output layer", count: head.output.limbCount),
        .scaled("gradient of the hidden layers", count: head.hidden.limbCount),
      ]
    }
    return trunk.layers.isEmpty
      ? ofHeads : ofHeads + [.scaled("gradient of the trunk", count: trunk.limbCount)]
  }

  /// One step of Adam along summed gradients.
  ///
  /// Local; the same on every rank.
  /// - Parameters:
  ///   - absentWeights: for every head, output weights that do not exist.
  ///   - share: the minibatch's share of the rows of an epoch.
  mutating func move(
    _ step: AdamStep, along sums: inout Sums, absentWeights: [[Int]], share: Double,
    on workers: Workers
  ) {
    for index in heads.indices {
      sums.withLimbs(of: 2 * index) { limbs in
        heads[index].output.clearGradient(ofWeights: absentWeights[index], in: limbs)
        heads[index].move(step, along: UnsafeBufferPointer(limbs), share: share, on: workers)
      }
      sums.withLimbs(of: 2 * index + 1) { limbs in
        heads[index].hidden.move(step, along: UnsafeBufferPointer(limbs), on: workers)
      }
    }
    guard !trunk.layers.isEmpty else { return }
    sums.withLimbs(of: 2 * heads.count) { limbs in
      trunk.move(step, along: UnsafeBufferPointer(limbs), on: workers)
    }
  }
}

extension DecoderNetwork.Head {
  /// Weights, biases and dispersions of the output layer, the latter by steps of their own where they have such.
  fileprivate mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, share: Double, on workers: Workers
  ) {
    guard dispersions != nil else {
      output.move(step, along: limbs, on: workers)
      return
    }
    var rho = output.logDispersions
    let gradient = output.dispersionGradient(of: limbs)
    output.move(step, along: limbs, on: workers)
    dispersions?.move(&rho, along: gradient, share: share)
    output.logDispersions = rho
  }
}

extension DecoderNetwork {
  /// Multiplies the weights of each input of the decoder: of the trunk's first layer, or of every head's.
  mutating func scaleWeights(ofInputs factors: [Float]) {
    guard trunk.layers.isEmpty else {
      trunk.scaleWeights(ofInputs: factors)
      return
    }
    for index in heads.indices {
      if heads[index].hidden.layers.isEmpty {
        heads[index].output.scaleWeights(ofInputs: factors)
      } else {
        heads[index].hidden.scaleWeights(ofInputs: factors)
      }
    }
  }
}

extension PartialSums {
  /// Counts numbers that a kernel could not hold, if there are any.
  fileprivate mutating func count(_ faults: Int, in block: Int) {
    if faults > 0 { countFaults(.notFinite, faults, in: block) }
  }
}
