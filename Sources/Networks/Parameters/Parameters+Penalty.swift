extension Parameters<Float> {
  /// Adds the gradient λ sign(w) of a penalty λ Σ |w| to a summed gradient, in its units.
  ///
  /// Local; the same on every rank.
  /// - Parameter count: how many numbers of each output are weights: the first.
  func addAbsolutePenalty(
    _ weight: Double, ofPlaces count: Int, to limbs: UnsafeMutableBufferPointer<Int64>
  ) {
    precondition(limbs.count == limbCount && count <= width)
    for output in 0..<outputCount {
      let scaled = weight * Double(UnitExponent.scale(units.exponents[output]))
      let step = Int64(min(scaled, 0x1p50).rounded(.toNearestOrEven))
      for place in output * stride..<output * stride + count where values[place] != 0 {
        limbs[place] &+= values[place] < 0 ? -step : step
      }
    }
  }
}

extension Network<Float> {
  /// Adds the gradient of a penalty λ Σ |w| of the weights of the dense layers; biases have none.
  ///
  /// Local; the same on every rank.
  public func addAbsolutePenalty(_ weight: Double, to limbs: UnsafeMutableBufferPointer<Int64>) {
    precondition(limbs.count == limbCount)
    var start = 0
    for layer in layers {
      guard let parameters = layer.parameters else { continue }
      let end = start + parameters.limbCount
      if case .dense = layer {
        parameters.addAbsolutePenalty(
          weight, ofPlaces: parameters.width - 1, to: .init(rebasing: limbs[start..<end]))
      }
      start = end
    }
  }
}
