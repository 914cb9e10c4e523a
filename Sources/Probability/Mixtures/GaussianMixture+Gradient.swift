import Foundation

/// −log p(z) of rows added up, with its derivatives.
///
///     γ_k = softmax_k log c_k(z),  π = softmax(w)
///     ∂/∂z    =  Σ_k γ_k e^{ν_k} ∘ (z − μ_k)
///     ∂/∂μ_k  = −γ_k e^{ν_k} ∘ (z − μ_k)
///     ∂/∂ν_kl =  γ_k (½ e^{ν_kl} (z_l − μ_kl)² − ½)      summed over l when isotropic
///     ∂/∂w_k  = −(γ_k − π_k)
///
/// For a row of class c everything is multiplied by the factor C, and γ, π run over the components of c.
public struct GaussianMixtureGradient: Sendable {
  /// Σ −log p(z).
  public var loss = 0.0
  /// By μ, ν, w, in the order of `GaussianMixture.parameters`.
  public var parameters: [Double]

  /// Zero.
  public init(of mixture: GaussianMixture) {
    parameters = Array(repeating: 0, count: mixture.parameters.count)
  }

  /// Adds a row.
  ///
  /// - Parameters:
  ///   - label: the row's class; nil without one.
  ///   - factor: C, for rows with a class.
  /// - Returns: ∂/∂z and the loss of this row.
  public mutating func add(
    _ z: [Double], of mixture: GaussianMixture, label: Int? = nil, factor: Double = 1
  ) -> (loss: Double, byRow: [Double]) {
    let (K, L) = (mixture.componentCount, mixture.dimension)
    var members = Array(0..<K)
    var weight = 1.0
    if let label, !mixture.classes.isEmpty {
      members = members.filter { mixture.classes[$0] == label }
      weight = factor
    }
    let logits = members.map { mixture.weightLogits[$0] }
    let logWeights = logSoftmax(logits)
    let shares = softmax(logits)
    let terms = zip(members, logWeights).map { $1 + mixture.logGaussian(z, $0) }
    let gamma = softmax(terms)
    let rowLoss = -weight * logSum(terms)
    loss += rowLoss
    var byRow = [Double](repeating: 0, count: L)
    let precisions = K * L
    let weights = precisions + mixture.logPrecisions.count
    for (position, k) in members.enumerated() {
      for l in 0..<L {
        let nu = mixture.logPrecision(k, l)
        let distance = z[l] - mixture.means[k * L + l]
        let pull = weight * gamma[position] * exp(nu) * distance
        byRow[l] += pull
        parameters[k * L + l] -= pull
        parameters[precisions + (mixture.isIsotropic ? k : k * L + l)] +=
          0.5 * (pull * distance - weight * gamma[position])
      }
      parameters[weights + k] -= weight * (gamma[position] - shares[position])
    }
    return (rowLoss, byRow)
  }
}
