import RealModule

extension RandomStream {
  /// A standard normal number, Φ⁻¹(u): one uniform number each, monotone in it, no rejection.
  ///
  /// The largest size that can occur is 8.1.
  public mutating func normal() -> Double {
    normalQuantile(uniformOpen())
  }

  /// A normal number with this mean and standard deviation.
  public mutating func normal(mean: Double, standardDeviation: Double) -> Double {
    mean + standardDeviation * normal()
  }

  /// A number from the gamma distribution with this shape and scale; its mean is shape · scale.
  ///
  /// Small shapes can underflow to 0; ``logGamma(shape:)`` cannot.
  /// - Precondition: shape > 0, scale > 0.
  public mutating func gamma(shape: Double, scale: Double = 1) -> Double {
    precondition(scale > 0, "scale \(scale) of a gamma distribution, expected positive")
    if shape >= 1 { return scale * gammaAboveOne(shape: shape) }
    return scale * Double.exp(logGamma(shape: shape))
  }

  /// The logarithm of a number from the gamma distribution with this shape and scale 1.
  ///
  /// For shapes below 1 it uses Γ(a) = Γ(a + 1) U^{1/a} in logarithms, exact down to the smallest shapes.
  /// - Precondition: shape > 0.
  public mutating func logGamma(shape: Double) -> Double {
    precondition(shape > 0 && shape.isFinite, "shape \(shape), expected positive and finite")
    if shape >= 1 { return .log(gammaAboveOne(shape: shape)) }
    let raised = Double.log(gammaAboveOne(shape: shape + 1))
    return raised + .log(uniformOpen()) / shape
  }

  /// Source: G. Marsaglia, W. W. Tsang, A simple method for generating gamma variables, ACM Trans. Math.
  /// Softw. 26(3):363–372, 2000, doi:10.1145/358407.358414.
  private mutating func gammaAboveOne(shape: Double) -> Double {
    let d = shape - 1 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      let u = uniformOpen()
      if u < 1 - 0.0331 * (x * x) * (x * x) { return d * v }
      if .log(u) < 0.5 * x * x + d * (1 - v + .log(v)) { return d * v }
    }
  }

  /// A number from the χ² distribution.
  ///
  /// - Precondition: degreesOfFreedom > 0.
  public mutating func chiSquare(degreesOfFreedom: Double) -> Double {
    2 * gamma(shape: degreesOfFreedom / 2)
  }

  /// A number from the Beta(a, b) distribution.
  ///
  /// - Precondition: a > 0, b > 0.
  public mutating func beta(_ a: Double, _ b: Double) -> Double {
    let logX = logGamma(shape: a)
    let logY = logGamma(shape: b)
    return 1 / (1 + .exp(logY - logX))
  }

  /// A point of the simplex from the Dirichlet distribution.
  ///
  /// Computed in logarithms, so that concentrations far below 1 give a vertex and never 0/0.
  /// - Precondition: every concentration > 0, at least one.
  public mutating func dirichlet(_ concentration: [Double]) -> [Double] {
    precondition(!concentration.isEmpty, "a Dirichlet distribution needs one concentration or more")
    var point = concentration.map { logGamma(shape: $0) }
    let largest = point.reduce(-Double.infinity, max)
    var sum = 0.0
    for index in point.indices {
      point[index] = .exp(point[index] - largest)
      sum += point[index]
    }
    for index in point.indices { point[index] /= sum }
    return point
  }
}
