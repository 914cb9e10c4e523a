import Networks

extension AutoencoderNetwork<Float> {
  /// Loadings: genes × L, the normalisation folded in.
  var loadings: [Float] { columns(0..<latentCount) }

  /// What each batch adds to the logits: genes × B.
  var batchLoadings: [Float] { columns(latentCount..<latentCount + batchCount) }

  /// Columns of the linear decoder's map from its inputs to logits; of a decoder with hidden layers none.
  private func columns(_ columns: Range<Int>) -> [Float] {
    guard hidden.layers.isEmpty else { return [] }
    let stride = output.specification.inputCount + 1
    var effective = [Float](repeating: 0, count: output.specification.outputCount * stride)
    output.mean.fold(by: nil, into: &effective, stride: stride)
    return (0..<output.specification.outputCount).flatMap { g in
      effective[g * stride + columns.lowerBound..<g * stride + columns.upperBound]
    }
  }

  /// Puts latent `order[k]` into the place of latent k. With normal latents and a linear decoder the sign of each is the
  /// one that makes the sum of its loadings' cubes positive.
  mutating func reorder(_ order: [Int]) {
    let loadings = loadings
    let L = latentCount
    let signs = order.map { factor -> Float in
      guard !isLogisticNormal, !loadings.isEmpty else { return 1 }
      var cubes = 0.0
      for place in stride(from: factor, to: loadings.count, by: L) {
        let w = Double(loadings[place])
        cubes += w * w * w
      }
      return cubes < 0 ? -1 : 1
    }
    encoder.rest.withLastParameters { parameters in
      parameters = Parameters(outputCount: 2 * L, width: parameters.width) {
        [old = parameters] o, i in
        let (half, place) = (o / L, o % L)
        return old[half * L + order[place], i] * (half == 0 ? signs[place] : 1)
      }
    }
    func reordered(_ parameters: Parameters<Float>) -> Parameters<Float> {
      Parameters(outputCount: parameters.outputCount, width: parameters.width) { g, k in
        k < L ? parameters[g, order[k]] * signs[k] : parameters[g, k]
      }
    }
    if hidden.layers.isEmpty {
      output.mean.reorder(reordered)
      output.inflation?.reorder(reordered)
    } else {
      var isFirst = true
      hidden.withEachParameters { parameters in
        if isFirst { parameters = reordered(parameters) }
        isFirst = false
      }
    }
  }
}

extension FoldedLinear<Float> {
  fileprivate mutating func reorder(_ body: (Parameters<Float>) -> Parameters<Float>) {
    parameters = body(parameters)
  }
}

extension Networks.Network {
  /// Lends the parameters of the last layer that has some.
  mutating func withLastParameters(_ body: (inout Parameters<Scalar>) -> Void) {
    var count = 0
    withEachParameters { _ in count += 1 }
    var number = 0
    withEachParameters { parameters in
      number += 1
      if number == count { body(&parameters) }
    }
  }
}
