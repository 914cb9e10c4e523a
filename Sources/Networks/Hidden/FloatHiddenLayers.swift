public import LinearAlgebra

/// Hidden layers in single precision, with inner loops over adjacent outputs.
///
/// Weights are kept transposed, inputs × outputs, so that every output entry is a chain over the inputs in
/// their order and neighbouring chains are computed side by side:
///
///     a_o = b_o + Σ_i y_i W_oi      (i in order)
///
/// Rows are shared out among threads; weight gradients by lane group. Same formulas as
/// `PlainHiddenLayers`, its oracle in the tests.
public struct FloatHiddenLayers: HiddenLayers {
  public let inputCount: Int
  private var plain: PlainHiddenLayers<Float>
  /// Wᵀ of each layer.
  private var transposed: [[Float]]

  public init(inputCount: Int, layers: [HiddenLayer<Float>]) {
    self.inputCount = inputCount
    plain = PlainHiddenLayers(inputCount: inputCount, layers: layers)
    transposed = layers.map(Self.transposed)
  }

  public init(from decoder: any Decoder) throws {
    plain = try PlainHiddenLayers(from: decoder)
    inputCount = plain.inputCount
    transposed = plain.layers.map(Self.transposed)
  }

  public func encode(to encoder: any Encoder) throws { try plain.encode(to: encoder) }

  public var layers: [HiddenLayer<Float>] { plain.layers }
  public var limbCount: Int { plain.limbCount }

  private static func transposed(_ layer: HiddenLayer<Float>) -> [Float] {
    let (I, O) = (layer.inputCount, layer.biases.count)
    var result = [Float](repeating: 0, count: I * O)
    for o in 0..<O {
      for i in 0..<I { result[i * O + o] = layer.weights[o * I + i] }
    }
    return result
  }

  public func forward(
    _ inputs: [Float], rowCount: Int, on workers: Workers
  ) -> HiddenActivations<Float> {
    precondition(inputs.count == rowCount * inputCount)
    var values = [inputs]
    for (layer, weights) in zip(plain.layers, transposed) {
      let input = values[values.count - 1]
      let (I, O) = (layer.inputCount, layer.biases.count)
      var output = [Float](repeating: 0, count: rowCount * O)
      output.withUnsafeMutableBufferPointer { output in
        nonisolated(unsafe) let output = output
        forEachShare(of: rowCount, on: workers) { rows in
          for row in rows {
            for o in 0..<O { output[row * O + o] = layer.biases[o] }
            accumulate(input, row * I, weights, I, O, into: output, row * O)
            for o in 0..<O { output[row * O + o] = max(output[row * O + o], 0) }
          }
        }
      }
      values.append(output)
    }
    return HiddenActivations(rowCount: rowCount, values: values)
  }

  public func backward(
    _ activations: HiddenActivations<Float>, _ outputGradient: [Float], groups: LaneGroups,
    into limbs: UnsafeMutableBufferPointer<Int64>?, on workers: Workers
  ) -> (inputGradient: [Float], faultCount: Int) {
    var gradient = outputGradient
    var faults = 0
    var end = limbCount
    for index in plain.layers.indices.reversed() {
      let layer = plain.layers[index]
      let (I, O) = (layer.inputCount, layer.biases.count)
      let (input, output) = (activations.values[index], activations.values[index + 1])
      for position in gradient.indices where output[position] <= 0 { gradient[position] = 0 }
      let limbSize = FixedPoint.limbsPerValue * (layer.weights.count + O)
      if let limbs {
        let target = UnsafeMutableBufferPointer(rebasing: limbs[end - limbSize..<end])
        faults += addWeightGradient(gradient, input, I, O, groups, to: target, on: workers)
      }
      end -= limbSize
      var inputGradient = [Float](repeating: 0, count: activations.rowCount * I)
      inputGradient.withUnsafeMutableBufferPointer { result in
        nonisolated(unsafe) let result = result
        forEachShare(of: activations.rowCount, on: workers) { rows in
          for row in rows {
            accumulate(gradient, row * O, layer.weights, O, I, into: result, row * I)
          }
        }
      }
      gradient = inputGradient
    }
    return (gradient, faults)
  }

  /// Σ over the rows of each group, in order, of δ_o y_i and δ_o: each group's sum is added to the limbs.
  private func addWeightGradient(
    _ gradient: [Float], _ input: [Float], _ I: Int, _ O: Int, _ groups: LaneGroups,
    to limbs: UnsafeMutableBufferPointer<Int64>, on workers: Workers
  ) -> Int {
    var sums = [[Float]](repeating: [], count: groups.count)
    sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = sums
      workers.perform(groups.count) { group in
        var sum = [Float](repeating: 0, count: I * O + O)
        sum.withUnsafeMutableBufferPointer { sum in
          for row in groups[group] {
            for o in 0..<O {
              let delta = gradient[row * O + o]
              guard delta != 0 else { continue }
              for i in 0..<I { sum[o * I + i] += delta * input[row * I + i] }
              sum[I * O + o] += delta
            }
          }
        }
        sums[group] = sum
      }
    }
    return sums.reduce(0) { faults, sum in
      faults + sum.withUnsafeBufferPointer { FixedPoint.add($0, to: limbs) }
    }
  }

  public mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, on workers: Workers
  ) {
    plain.move(step, along: limbs, on: workers)
    transposed = plain.layers.map(Self.transposed)
  }

  public func gradient(of limbs: UnsafeBufferPointer<Int64>) -> [HiddenLayer<Float>] {
    plain.gradient(of: limbs)
  }
}

/// result_o += Σ_i x_i M_io for a row-major M of inputCount × outputCount, i in order.
private func accumulate(
  _ x: [Float], _ first: Int, _ matrix: [Float], _ inputCount: Int, _ outputCount: Int,
  into result: UnsafeMutableBufferPointer<Float>, _ start: Int
) {
  guard let base = result.baseAddress else { return }
  let row = base + start
  matrix.withUnsafeBufferPointer { matrix in
    guard var weights = matrix.baseAddress else { return }
    for i in 0..<inputCount {
      let value = x[first + i]
      if value != 0 {
        for o in 0..<outputCount { row[o] += value * weights[o] }
      }
      weights += outputCount
    }
  }
}

/// Calls `body` with contiguous shares of the rows, one for each thread.
private func forEachShare(
  of rowCount: Int, on workers: Workers, _ body: (Range<Int>) -> Void
) {
  let parts = min(workers.threadCount, max(1, rowCount / 16))
  workers.perform(parts) { part in
    body(part * rowCount / parts..<(part + 1) * rowCount / parts)
  }
}
