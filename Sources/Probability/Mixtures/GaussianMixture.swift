import Foundation

/// A mixture of K Gaussians in L dimensions, as DGD parameterises it:
///
///     log c_k(z) = −½ Σ_l e^{ν_kl} (z_l − μ_kl)² + f Σ_l ν_kl − (L/2) log 2π + log softmax(w)_k
///     log p(z)   = log Σ_k c_k(z)
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | μ | means | K × L | `means` |
/// | ν | −log σ² | K × L diagonal (f = ½), K isotropic (f = L/2) | `logPrecisions` |
/// | w | logits of the weights | K | `weightLogits` |
///
/// Classes may own components (`classes`): a row of class c then has
/// log p(z) = C · log Σ_{k of c} c_k(z) with the weights normalised within the class, C the factor that the
/// caller gives (the number of classes in the reference code); a row without a class has the density above.
///
/// Source: Schuster and Krogh 2023, doi:10.1093/bioinformatics/btad497; supervised density corrected as in
/// distfit's guide.
public struct GaussianMixture: Codable, Sendable, Equatable {
  /// L, the dimension of the representations.
  public let dimension: Int
  /// Whether a component has one variance for all dimensions.
  public let isIsotropic: Bool
  /// μ, the means of the components, K × L, row-major.
  public var means: [Double]
  /// ν = −log σ²: K × L numbers, row-major, or K of isotropic components.
  public var logPrecisions: [Double]
  /// w, the logits of the K components' weights.
  public var weightLogits: [Double]
  /// The class that owns each component; empty: components belong to nobody.
  public var classes: [Int]

  /// A mixture of these components.
  ///
  /// - Precondition: arrays of the shapes above; `classes` is empty or has K members.
  public init(
    dimension: Int, isIsotropic: Bool, means: [Double], logPrecisions: [Double],
    weightLogits: [Double], classes: [Int] = []
  ) {
    let K = weightLogits.count
    precondition(means.count == K * dimension)
    precondition(logPrecisions.count == (isIsotropic ? K : K * dimension))
    precondition(classes.isEmpty || classes.count == K)
    self.dimension = dimension
    self.isIsotropic = isIsotropic
    self.means = means
    self.logPrecisions = logPrecisions
    self.weightLogits = weightLogits
    self.classes = classes
  }

  /// K, the number of components.
  public var componentCount: Int { weightLogits.count }
  /// μ, ν and w in one array: the order of gradients.
  public var parameters: [Double] {
    get { means + logPrecisions + weightLogits }
    set {
      let (m, v) = (means.count, logPrecisions.count)
      means = Array(newValue[..<m])
      logPrecisions = Array(newValue[m..<m + v])
      weightLogits = Array(newValue[(m + v)...])
    }
  }

  /// softmax(w), the components' weights, which sum to 1.
  public var weights: [Double] { softmax(weightLogits) }

  /// ν_kl of a component and a dimension; an isotropic component has one for all dimensions.
  @inline(__always)
  public func logPrecision(_ component: Int, _ dimension: Int) -> Double {
    logPrecisions[isIsotropic ? component : component * self.dimension + dimension]
  }

  /// Multiplies each dimension of the means.
  public mutating func scaleMeans(by factors: [Double]) {
    precondition(factors.count == dimension)
    for index in means.indices { means[index] *= factors[index % dimension] }
  }

  /// log c_k(z) for all k.
  public func logComponents(_ z: [Double]) -> [Double] {
    let logWeights = logSoftmax(weightLogits)
    return (0..<componentCount).map { logWeights[$0] + logGaussian(z, $0) }
  }

  /// log c_k(z) without the weight.
  func logGaussian(_ z: [Double], _ k: Int) -> Double {
    var sum = -0.5 * Double(dimension) * log(2 * Double.pi)
    for l in 0..<dimension {
      let nu = logPrecision(k, l)
      let distance = z[l] - means[k * dimension + l]
      sum += 0.5 * (nu - exp(nu) * distance * distance)
    }
    return sum
  }

  /// γ_k = c_k(z) / Σ c(z).
  public func responsibilities(_ z: [Double]) -> [Double] { softmax(logComponents(z)) }
}

/// eˣ / Σ eˣ.
public func softmax(_ logits: [Double]) -> [Double] {
  let largest = logits.max() ?? 0
  let exponentials = logits.map { exp($0 - largest) }
  let sum = exponentials.reduce(0, +)
  return exponentials.map { $0 / sum }
}

/// x − log Σ eˣ.
func logSoftmax(_ logits: [Double]) -> [Double] {
  let total = logSum(logits)
  return logits.map { $0 - total }
}

/// log Σ eˣ.
func logSum(_ logits: [Double]) -> Double {
  let largest = logits.max() ?? -.infinity
  guard largest.isFinite else { return largest }
  return largest + log(logits.reduce(0) { $0 + exp($1 - largest) })
}
