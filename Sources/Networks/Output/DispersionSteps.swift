import Optimization

/// Estimates dispersions r = e^ρ by steps of their own, along the gradient that every minibatch sums:
///
///     minimise  Σ_i Σ_g −log p(x_ig | μ_ig, r_g)  +  Σ_g (ρ_g − ρ̄)² / (2 τ²)      ρ̄ = Σ_g w_g ρ_g / Σ_g w_g
///
/// by Adam with a rate of its own: maximum-likelihood values lie anywhere between 10⁻² and 10⁴, far from any common
/// start by the steps of a decoder. The normal prior about the genes' centre decides for genes too rare to have a
/// dispersion of their own: τ = 2 weighs as much as one count whose log dispersion were known up to a factor of e².
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | ρ | log r | G | `OutputHead.logDispersions` |
/// | w | how much a gene says about the centre | G | `weights` |
/// | τ | spread of the prior | | `spread` |
public struct DispersionSteps: Codable, Sendable {
  /// τ, the standard deviation of log r about the genes' centre.
  public static let spread = 2.0
  /// Adam's rate. Within 200 minibatches ρ can go from one end of its range to the other; the noise that the steps
  /// leave costs less than a hundredth of a nat a cell, for genes of r = 0.01 too.
  static let learningRate = 0.03

  private let weights: [Double]
  private var firstMoments: [Double]
  private var secondMoments: [Double]
  private var stepCount = 0

  /// Steps for genes of these weights, before the first.
  public init(weights: [Double]) {
    self.weights = weights
    firstMoments = Array(repeating: 0, count: weights.count)
    secondMoments = firstMoments
  }

  /// The prior's part of a gradient, in the place of the genes' own: (ρ_g − ρ̄)/τ².
  public static func priorGradient(_ rho: [Double], weights: [Double]) -> [Double] {
    let centre = centre(of: rho, weights: weights)
    return rho.map { ($0 - centre) / (spread * spread) }
  }

  /// ρ̄, the genes' centre; 0 where no gene says anything.
  public static func centre(of rho: [Double], weights: [Double]) -> Double {
    var (sum, total) = (0.0, 0.0)
    for (value, weight) in zip(rho, weights) {
      sum += value * weight
      total += weight
    }
    return total > 0 ? sum / total : 0
  }

  /// One step along the gradient of a minibatch.
  ///
  /// Local; the same on every rank.
  /// - Parameters:
  ///   - gradient: ∂ loss/∂ ρ of each gene, summed over the rows of the minibatch.
  ///   - share: the minibatch's share of the rows of an epoch: of the prior it takes as much.
  public mutating func move(_ rho: inout [Float], along gradient: [Double], share: Double) {
    precondition(rho.count == weights.count && gradient.count == weights.count)
    stepCount += 1
    var values = rho.map { Double($0) }
    let prior = Self.priorGradient(values, weights: weights)
    let total = zip(gradient, prior).map { $0 + share * $1 }
    AdamStep(stepCount, learningRate: Self.learningRate, beta1: 0.9, beta2: 0.99).move(
      &values, &firstMoments, &secondMoments, along: total)
    rho = values.map {
      min(max(Float($0), Dispersion.range.lowerBound), Dispersion.range.upperBound)
    }
  }
}
