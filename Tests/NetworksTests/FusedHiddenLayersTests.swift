import Concurrency
import Networks
import Optimization
import Probability
import Testing

struct FusedHiddenLayersTests {
  private let groups = LaneGroups(sizes: [16, 5, 0, 30, 2])
  private let inputCount = 7
  private let widths = [33, 16, 21]

  private func layers() -> [DenseWeights<Float>] {
    var stream = RandomSource(seed: 4).stream("hidden layers")
    var width = inputCount
    return widths.map { next in
      defer { width = next }
      return DenseWeights(
        weights: (0..<next * width).map { _ in Float(0.4 * stream.normal()) },
        biases: (0..<next).map { _ in Float(0.2 * stream.normal()) })
    }
  }

  private func numbers(_ count: Int, _ purpose: RandomPurpose) -> [Float] {
    var stream = RandomSource(seed: 5).stream(purpose)
    return (0..<count).map { _ in Float(stream.normal()) }
  }

  private func doubles(_ layers: [DenseWeights<Float>]) -> [DenseWeights<Double>] {
    layers.map {
      DenseWeights(weights: $0.weights.map(Double.init), biases: $0.biases.map(Double.init))
    }
  }

  @Test(arguments: [1, 3])
  func layersAndGradientsAgreeWithTheFormulas(threads: Int) {
    let workers = Workers(threadCount: threads)
    let inputs = numbers(groups.rowCount * inputCount, "inputs")
    let ahead = numbers(groups.rowCount * 21, "gradient")
    let plain = Network(inputCount: inputCount, layers: doubles(layers()), activation: .relu)
    let fused = Network(inputCount: inputCount, layers: layers(), activation: .relu)
    let exact = plain.forward(
      inputs.map(Double.init), rowCount: groups.rowCount, on: workers)
    let activations = fused.forward(inputs, rowCount: groups.rowCount, on: workers)
    #expect(relativeDifference(activations.output, exact.output) < 1e-6)
    var exactLimbs = [Int64](repeating: 0, count: plain.limbCount)
    let exactBack = exactLimbs.withUnsafeMutableBufferPointer {
      plain.backward(exact, ahead.map(Double.init), groups: groups, into: $0, on: workers)
    }
    var limbs = [Int64](repeating: 0, count: fused.limbCount)
    let back = limbs.withUnsafeMutableBufferPointer {
      fused.backward(activations, ahead, groups: groups, into: $0, on: workers)
    }
    #expect(back.faultCount == 0)
    #expect(relativeDifference(back.inputGradient, exactBack.inputGradient) < 2e-6)
    let gradient = limbs.withUnsafeBufferPointer { fused.gradient(of: $0) }
    let exactGradient = exactLimbs.withUnsafeBufferPointer { plain.gradient(of: $0) }
    for (layer, exact) in zip(gradient, exactGradient) {
      #expect(relativeDifference(layer.weights, exact.weights) < 2e-6)
      #expect(relativeDifference(layer.biases, exact.biases) < 2e-6)
    }
    let only = fused.backward(activations, ahead, groups: groups, into: nil, on: workers)
    #expect(only.inputGradient == back.inputGradient)
  }

  @Test func adamMovesAsInDoublePrecision() {
    let workers = Workers(threadCount: 1)
    let inputs = numbers(groups.rowCount * inputCount, "inputs")
    let ahead = numbers(groups.rowCount * 21, "gradient")
    var plain = Network(inputCount: inputCount, layers: doubles(layers()), activation: .relu)
    var fused = Network(inputCount: inputCount, layers: layers(), activation: .relu)
    for number in 1...5 {
      let step = AdamStep(number, learningRate: 1e-3, weightDecay: 1e-4)
      var exactLimbs = [Int64](repeating: 0, count: plain.limbCount)
      let exact = plain.forward(inputs.map(Double.init), rowCount: groups.rowCount, on: workers)
      _ = exactLimbs.withUnsafeMutableBufferPointer {
        plain.backward(exact, ahead.map(Double.init), groups: groups, into: $0, on: workers)
      }
      exactLimbs.withUnsafeBufferPointer { plain.move(step, along: $0, on: workers) }
      var limbs = [Int64](repeating: 0, count: fused.limbCount)
      let activations = fused.forward(inputs, rowCount: groups.rowCount, on: workers)
      _ = limbs.withUnsafeMutableBufferPointer {
        fused.backward(activations, ahead, groups: groups, into: $0, on: workers)
      }
      limbs.withUnsafeBufferPointer { fused.move(step, along: $0, on: workers) }
    }
    for (layer, exact) in zip(fused.dense, plain.dense) {
      #expect(relativeDifference(layer.weights, exact.weights) < 1e-4)
      #expect(relativeDifference(layer.biases, exact.biases) < 1e-4)
    }
  }

  @Test func theBitsOfARowDoNotDependOnTheOthers() {
    let fused = Network(inputCount: inputCount, layers: layers(), activation: .relu)
    let inputs = numbers(40 * inputCount, "inputs")
    let workers = Workers(threadCount: 2)
    let all = fused.forward(inputs, rowCount: 40, on: workers).output
    for row in [0, 7, 15, 16, 39] {
      let one = fused.forward(
        Array(inputs[row * inputCount..<(row + 1) * inputCount]), rowCount: 1, on: workers)
      #expect(one.output == Array(all[row * 21..<(row + 1) * 21]))
    }
  }
}
