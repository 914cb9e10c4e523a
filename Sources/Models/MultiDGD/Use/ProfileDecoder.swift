import Foundation
import Networks

/// A fitted decoder in double precision, one cell at a time: profiles, and their derivatives.
///
///     h ← relu(W h + b), layer by layer      a = W h + b      y = softmax(a)
package struct ProfileDecoder: Sendable {
  /// The part of the decoder that one modality has for itself.
  struct Head: Sendable {
    let hidden: [DenseWeights<Double>]
    let output: DenseWeights<Double>
    /// r of each feature.
    let dispersions: [Double]
  }

  let trunk: [DenseWeights<Double>]
  let heads: [Head]

  /// The decoder of a fit.
  package init(_ decoder: DecoderNetwork) {
    func exact(_ layers: [DenseWeights<Float>]) -> [DenseWeights<Double>] {
      layers.map { layer in
        DenseWeights(weights: layer.weights.map(Double.init), biases: layer.biases.map(Double.init))
      }
    }
    trunk = exact(decoder.trunk.dense)
    heads = decoder.heads.map { head in
      Head(
        hidden: exact(head.hidden.dense),
        output: exact([DenseWeights(weights: head.output.weights, biases: head.output.biases)])[0],
        dispersions: DGDDecoderFile(head).dispersions)
    }
  }

  /// y of every modality.
  package func profiles(at input: [Double]) -> [[Double]] {
    heads.indices.map { profile(ofHead: $0, at: input) }
  }

  /// y of one modality.
  func profile(ofHead head: Int, at input: [Double]) -> [Double] {
    let hidden = (trunk + heads[head].hidden).reduce(input) { $1.values($0).map { max($0, 0) } }
    return Self.softmax(heads[head].output.values(hidden))
  }

  /// dy of every modality along a direction of the inputs: dy = y ∘ (da − Σ y da).
  package func slopes(at input: [Double], along direction: [Double]) -> [[Double]] {
    heads.map { head in
      var (value, slope) = (input, direction)
      for layer in trunk + head.hidden {
        let sums = layer.values(value)
        slope = zip(sums, layer.products(slope)).map { $0 > 0 ? $1 : 0 }
        value = sums.map { max($0, 0) }
      }
      let profile = Self.softmax(head.output.values(value))
      let logits = head.output.products(slope)
      let mean = zip(profile, logits).map(*).reduce(0, +)
      return zip(profile, logits).map { $0 * ($1 - mean) }
    }
  }

  /// ∂ log y_g/∂ input of one feature of a modality.
  func logGradient(ofHead index: Int, column: Int, at input: [Double]) -> [Double] {
    let head = heads[index]
    let layers = trunk + head.hidden
    var values = [input]
    for layer in layers { values.append(layer.values(values[values.count - 1]).map { max($0, 0) }) }
    let last = values[values.count - 1]
    let profile = Self.softmax(head.output.values(last))
    // ∂/∂h = W_g − Σ y W
    var gradient = head.output.transposedProducts(profile).map { -$0 }
    for h in gradient.indices { gradient[h] += head.output.weights[column * last.count + h] }
    for (place, layer) in layers.enumerated().reversed() {
      let active = zip(gradient, values[place + 1]).map { $1 > 0 ? $0 : 0 }
      gradient = layer.transposedProducts(active)
    }
    return gradient
  }

  private static func softmax(_ logits: [Double]) -> [Double] {
    let largest = logits.max() ?? 0
    let exponentials = logits.map { exp($0 - largest) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }
}

extension DenseWeights<Double> {
  /// W x + b.
  fileprivate func values(_ inputs: [Double]) -> [Double] {
    zip(products(inputs), biases).map { $0 + $1 }
  }

  /// The products W x, one for each output, without the biases.
  fileprivate func products(_ inputs: [Double]) -> [Double] {
    weights.withUnsafeBufferPointer { weights in
      biases.indices.map { row in
        var sum = 0.0
        for column in inputs.indices {
          sum += weights[row * inputs.count + column] * inputs[column]
        }
        return sum
      }
    }
  }

  /// The products Wᵀ y, one for each input.
  fileprivate func transposedProducts(_ outputs: [Double]) -> [Double] {
    let width = inputCount
    var sums = [Double](repeating: 0, count: width)
    weights.withUnsafeBufferPointer { weights in
      for row in outputs.indices where outputs[row] != 0 {
        for column in 0..<width { sums[column] += weights[row * width + column] * outputs[row] }
      }
    }
    return sums
  }
}
