import Foundation

/// The prior of a Gaussian mixture's parameters:
///
///     log p(μ) = Σ_k log Γ(1 + L/2) − L (log ϱ + ½ log π) − log(1 + e^{a(‖μ_k‖/ϱ − 1)})       softball
///     log p(ν) = Σ −½ ((ν − m₀)/τ)² − log τ − ½ log 2π,   m₀ = −2 log σ₀
///     log p(w) = log Γ(Kα) − K log Γ(α) + (α − 1) Σ_k log softmax(w)_k                         Dirichlet
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | ϱ, a | radius and hardness of the softball | `radius`, `hardness` |
/// | σ₀, τ | centre (one, or one a dimension) and spread of the components' width | `sigmas`, `spread` |
/// | α | concentration | `concentration` |
public struct GaussianMixturePrior: Codable, Sendable, Equatable {
  /// ϱ, the radius of the ball in which the means lie.
  public var radius: Double
  /// a, how sharply the density of the means falls at the ball's edge.
  public var hardness: Double
  /// σ₀: one for all, or one for each dimension of a diagonal mixture.
  public var sigmas: [Double]
  /// τ, the standard deviation of the log precisions ν.
  public var spread: Double
  /// α, the concentration of the Dirichlet distribution of the weights.
  public var concentration: Double

  /// A prior with one centre σ₀ of the components' widths for all dimensions.
  public init(
    radius: Double, hardness: Double, sigma: Double, spread: Double, concentration: Double
  ) {
    self.radius = radius
    self.hardness = hardness
    self.sigmas = [sigma]
    self.spread = spread
    self.concentration = concentration
  }

  /// m₀ = −2 log σ₀ of an entry of ν: its prior mean and where it starts.
  public func logPrecision(_ entry: Int) -> Double { -2 * log(sigmas[entry % sigmas.count]) }

  /// log p(μ, ν, w).
  public func logDensity(_ mixture: GaussianMixture) -> Double {
    let (K, L) = (mixture.componentCount, mixture.dimension)
    var sum = 0.0
    for k in 0..<K { sum += logSoftball(mixture.means[k * L..<(k + 1) * L]) }
    for (entry, nu) in mixture.logPrecisions.enumerated() {
      let score = (nu - logPrecision(entry)) / spread
      sum -= 0.5 * score * score + log(spread) + 0.5 * log(2 * Double.pi)
    }
    sum += lgamma(Double(K) * concentration) - Double(K) * lgamma(concentration)
    if concentration != 1 {
      sum += (concentration - 1) * logSoftmax(mixture.weightLogits).reduce(0, +)
    }
    return sum
  }

  /// log of the softball density of one mean.
  public func logSoftball(_ mean: some Sequence<Double>) -> Double {
    let values = Array(mean)
    let L = Double(values.count)
    let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let edge = hardness * (norm / radius - 1)
    let softplus = max(edge, 0) + log1p(exp(-edge.magnitude))
    return lgamma(1 + L / 2) - L * (log(radius) + 0.5 * log(Double.pi)) - softplus
  }

  /// −∂ log p / ∂(μ, ν, w), in the order of `GaussianMixture.parameters`.
  ///
  ///     μ_k: (a/ϱ) σ(a(‖μ_k‖/ϱ − 1)) μ_k/‖μ_k‖     ν: (ν − m₀)/τ²     w_k: −(α − 1)(1 − K π_k)
  public func negativeGradient(_ mixture: GaussianMixture) -> [Double] {
    let (K, L) = (mixture.componentCount, mixture.dimension)
    var gradient: [Double] = []
    for k in 0..<K {
      let mean = mixture.means[k * L..<(k + 1) * L]
      let norm = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let slope = hardness / radius / (1 + exp(-hardness * (norm / radius - 1)))
      gradient += mean.map { norm > 0 ? slope * $0 / norm : 0 }
    }
    gradient += mixture.logPrecisions.enumerated().map { entry, nu in
      (nu - logPrecision(entry)) / (spread * spread)
    }
    gradient += mixture.weights.map { -(concentration - 1) * (1 - Double(K) * $0) }
    return gradient
  }

  /// Means drawn from the softball without its soft edge: direction uniform, distance ϱ U^{1/L}.
  public func drawMeans(
    _ count: Int, dimension: Int, from stream: inout RandomStream
  ) -> [Double] {
    (0..<count).flatMap { _ in
      let direction = (0..<dimension).map { _ in stream.normal() }
      let norm = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let distance = radius * pow(stream.uniform(), 1 / Double(dimension))
      return direction.map { distance * $0 / norm }
    }
  }
}
