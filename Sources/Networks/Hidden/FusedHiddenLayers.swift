public import LinearAlgebra
import RealModule
package import TileKernels

/// Hidden layers in single precision, by the output layer's kernels.
///
/// `PlainHiddenLayers` states the formulas. Each layer's parameters lie as those of `FusedOutputLayer`:
/// I weights of an output, its bias, zeros up to a multiple of eight; a lane's gradient is one integer a
/// number, in units that follow the gradients of each output.
public struct FusedHiddenLayers: HiddenLayers {
  /// L: inputs.
  public let inputCount: Int
  var dense: [FusedDenseLayer]
  let kernels: any TileArithmetic
  let pool = BufferPool()

  private enum CodingKeys: String, CodingKey {
    case inputCount, dense
  }

  /// Layers with these parameters and zero moments.
  public init(inputCount: Int, layers: [HiddenLayer<Float>]) {
    self.init(inputCount: inputCount, layers: layers, kernels: Processor().kernels)
  }

  /// The same with chosen kernels, for tests.
  package init(inputCount: Int, layers: [HiddenLayer<Float>], kernels: any TileArithmetic) {
    var width = inputCount
    for layer in layers {
      precondition(layer.inputCount == width, "a layer's inputs are the outputs of the one before")
      width = layer.biases.count
    }
    self.inputCount = inputCount
    self.kernels = kernels
    dense = layers.map { FusedDenseLayer($0) }
  }

  /// Layers as they were saved.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    inputCount = try container.decode(Int.self, forKey: .inputCount)
    dense = try container.decode([FusedDenseLayer].self, forKey: .dense)
    kernels = Processor().kernels
  }

  /// The parameters, from the representation outwards.
  public var layers: [HiddenLayer<Float>] { dense.map { $0.unpacked(\.parameters) } }

  /// Integers that hold the gradient of all parameters.
  public var limbCount: Int { dense.reduce(0) { $0 + $1.parameters.count } }

  /// The gradient that limbs hold.
  public func gradient(of limbs: UnsafeBufferPointer<Int64>) -> [HiddenLayer<Float>] {
    precondition(limbs.count == limbCount)
    var start = 0
    return dense.map { layer in
      defer { start += layer.parameters.count }
      return layer.unpacked { layer in
        layer.parameters.indices.map { index in
          Float(
            Double(limbs[start + index])
              * Double.exp2(-Double(layer.unitExponents[index / layer.stride])))
        }
      }
    }
  }

  /// One step of Adam along the gradient that limbs hold.
  ///
  /// Local; the same on every rank.
  public mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, on workers: Workers
  ) {
    precondition(limbs.count == limbCount)
    guard var sums = limbs.baseAddress else { return }
    for index in dense.indices {
      dense[index].move(AdamNumbers(step), along: sums, kernels)
      sums += dense[index].parameters.count
    }
  }
}

/// One layer of `FusedHiddenLayers`, with its moments.
struct FusedDenseLayer: Codable, Sendable {
  let inputCount: Int
  let outputCount: Int
  var parameters: [Float]
  var firstMoments: [Float]
  var secondMoments: [Float]
  var unitExponents: [Int32]
  var largestGradients: [Float]

  /// Numbers of one output.
  var stride: Int { Self.stride(inputCount) }

  private static func stride(_ inputCount: Int) -> Int { (inputCount + 1 + 7) & ~7 }

  init(_ layer: HiddenLayer<Float>) {
    inputCount = layer.inputCount
    outputCount = layer.biases.count
    let stride = Self.stride(inputCount)
    var parameters = [Float](repeating: 0, count: outputCount * stride)
    for o in 0..<outputCount {
      for i in 0..<inputCount { parameters[o * stride + i] = layer.weights[o * inputCount + i] }
      parameters[o * stride + inputCount] = layer.biases[o]
    }
    self.parameters = parameters
    firstMoments = Array(repeating: 0, count: parameters.count)
    secondMoments = firstMoments
    unitExponents = Array(repeating: UnitExponent.initial, count: outputCount)
    largestGradients = Array(repeating: 0, count: outputCount)
  }

  /// Numbers in this layout as weights and biases.
  func unpacked(_ numbers: (FusedDenseLayer) -> [Float]) -> HiddenLayer<Float> {
    let numbers = numbers(self)
    return HiddenLayer(
      weights: (0..<outputCount).flatMap { numbers[$0 * stride..<$0 * stride + inputCount] },
      biases: (0..<outputCount).map { numbers[$0 * stride + inputCount] })
  }

  /// One step of Adam.
  mutating func move(
    _ step: AdamNumbers, along sums: UnsafePointer<Int64>, _ kernels: any TileArithmetic
  ) {
    let stride = stride
    parameters.withUnsafeMutableBufferPointer { theta in
      firstMoments.withUnsafeMutableBufferPointer { m in
        secondMoments.withUnsafeMutableBufferPointer { v in
          guard let theta = theta.baseAddress, let m = m.baseAddress, let v = v.baseAddress
          else { return }
          for o in 0..<outputCount {
            let largest = kernels.move(
              step, theta + o * stride, m + o * stride, v + o * stride, along: sums + o * stride,
              unit: UnitExponent.unit(unitExponents[o]), count: stride)
            UnitExponent.follow(largest, &largestGradients[o], &unitExponents[o])
          }
        }
      }
    }
  }
}
