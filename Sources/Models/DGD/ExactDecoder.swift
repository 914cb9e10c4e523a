import Concurrency
import Modeling
package import Networks

/// The function of `DecoderNetwork` in double precision with layers written as their formulas are: what `distfit check`
/// differentiates, and what tests compare the published programs with.
package struct ExactDecoder {
  /// One kind of data.
  package struct Head {
    /// From the trunk's output to the output layer's inputs.
    package var hidden: Networks.Network<Double>
    /// Weights, biases, dispersions, likelihood.
    package var output: PlainOutput<Double>

    /// A head with its hidden layers and its output.
    package init(hidden: Networks.Network<Double>, output: PlainOutput<Double>) {
      self.hidden = hidden
      self.output = output
    }
  }

  /// What all kinds of data have in common.
  package var trunk: Networks.Network<Double>
  /// One for each kind of data.
  package var heads: [Head]

  /// A decoder of a trunk and the heads on it.
  package init(trunk: Networks.Network<Double>, heads: [Head]) {
    self.trunk = trunk
    self.heads = heads
  }

  /// Gradients by the parameters of every layer.
  package struct Gradient {
    /// By the inputs, rows × ΣL.
    package var inputs: [Double] = []
    /// By the trunk's layers.
    package var trunk: [DenseWeights<Double>] = []
    /// By the hidden layers of each head.
    package var hidden: [[DenseWeights<Double>]] = []
    /// By weights, biases and log dispersions of each head's output layer.
    package var outputs: [OutputParameters<Double>] = []
  }

  /// −log p(x | z) of each row, every head's added up; a head that a row lacks adds nothing.
  func losses(_ batch: DecoderBatch<Double>, on workers: Workers) -> [Double] {
    var batch = batch
    let rowCount = batch.groups.rowCount
    let trunk = trunk.forward(batch.inputs, rowCount: rowCount, on: workers)
    var result = [Double](repeating: 0, count: rowCount)
    for (index, head) in heads.enumerated() {
      let rows = batch.heads[index]
      let hidden = head.hidden.forward(
        rows.present(in: trunk.output, width: self.trunk.outputCount),
        rowCount: rows.groups.rowCount, on: workers)
      let losses = head.output.losses(
        batch.heads[index].takeBatch(hidden.output, on: workers), on: workers)
      for (row, place) in rows.places(rowCount: rowCount).enumerated() {
        result[row] += place.map { losses[$0] } ?? 0
      }
    }
    return result
  }

  /// The gradient of the sum of the losses.
  func gradient(_ batch: DecoderBatch<Double>, on workers: Workers) -> Gradient {
    var batch = batch
    let rowCount = batch.groups.rowCount
    let activations = trunk.forward(batch.inputs, rowCount: rowCount, on: workers)
    var result = Gradient()
    var sum: [Double] = []
    for (index, head) in heads.enumerated() {
      let rows = batch.heads[index]
      let hidden = head.hidden.forward(
        rows.present(in: activations.output, width: trunk.outputCount),
        rowCount: rows.groups.rowCount, on: workers)
      let values = batch.heads[index].takeBatch(hidden.output, on: workers)
      var outer = [Int64](repeating: 0, count: head.output.limbCount)
      let output = outer.withUnsafeMutableBufferPointer {
        head.output.train(values, into: $0, on: workers)
      }
      var inner = [Int64](repeating: 0, count: head.hidden.limbCount)
      let back = inner.withUnsafeMutableBufferPointer {
        head.hidden.backward(
          hidden, output.hiddenGradient, groups: values.groups, into: $0, on: workers)
      }
      rows.add(back.inputGradient, to: &sum, rowCount: rowCount, width: trunk.outputCount)
      result.hidden.append(inner.withUnsafeBufferPointer { head.hidden.gradient(of: $0) })
      result.outputs.append(outer.withUnsafeBufferPointer { head.output.gradient(of: $0) })
    }
    var limbs = [Int64](repeating: 0, count: trunk.limbCount)
    result.inputs = limbs.withUnsafeMutableBufferPointer {
      trunk.backward(activations, sum, groups: batch.groups, into: $0, on: workers).inputGradient
    }
    result.trunk = limbs.withUnsafeBufferPointer { trunk.gradient(of: $0) }
    return result
  }
}
