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
/// The exponentials of ν and the logarithms of the weights are computed once, when it is made: a row costs
/// K exponentials and O(K L) products.
public struct GaussianMixtureGradient: Sendable {
  /// Σ −log p(z).
  public var loss = 0.0
  /// By μ, ν, w, in the order of `GaussianMixture.parameters`.
  public var parameters: [Double]

  private let precisions: [Double]  // e^ν, as ν
  private let constants: [Double]  // ½ Σ_l ν_kl − (L/2) log 2π
  private let all: Weights
  private let ofClass: Weights
  private var gamma: [Double]

  private struct Weights: Sendable {
    var logarithms: [Double]
    var shares: [Double]
  }

  /// Zero, ready for rows of `mixture`.
  public init(of mixture: GaussianMixture) {
    let (K, L) = (mixture.componentCount, mixture.dimension)
    parameters = Array(repeating: 0, count: mixture.parameters.count)
    gamma = Array(repeating: 0, count: K)
    precisions = mixture.logPrecisions.map { exp($0) }
    constants = (0..<K).map { k in
      var sum = -Double(L) * halfLogTwoPi
      for l in 0..<L { sum += 0.5 * mixture.logPrecision(k, l) }
      return sum
    }
    all = Weights(
      logarithms: logSoftmax(mixture.weightLogits), shares: softmax(mixture.weightLogits))
    var ofClass = all
    if !mixture.classes.isEmpty {
      for k in 0..<K {
        let mates = (0..<K).filter { mixture.classes[$0] == mixture.classes[k] }
        let total = logSum(mates.map { mixture.weightLogits[$0] })
        ofClass.logarithms[k] = mixture.weightLogits[k] - total
        ofClass.shares[k] = exp(ofClass.logarithms[k])
      }
    }
    self.ofClass = ofClass
  }

  /// Adds a row.
  ///
  /// - Parameters:
  ///   - mixture: the one this was made for, unchanged.
  ///   - label: the row's class; nil without one.
  ///   - factor: C, for rows with a class.
  /// - Returns: ∂/∂z and the loss of this row.
  public mutating func add(
    _ z: [Double], of mixture: GaussianMixture, label: Int? = nil, factor: Double = 1
  ) -> (loss: Double, byRow: [Double]) {
    let (K, L) = (mixture.componentCount, mixture.dimension)
    precondition(
      gamma.count == K && z.count == L, "a row of \(z.count) for a mixture of \(K) × \(L)")
    let owner = mixture.classes.isEmpty ? nil : label
    let weight = owner == nil ? 1 : factor
    let isIsotropic = mixture.isIsotropic
    let (logarithms, shares) =
      owner == nil ? (all.logarithms, all.shares) : (ofClass.logarithms, ofClass.shares)
    func isMember(_ k: Int) -> Bool { owner == nil || mixture.classes[k] == owner }

    var byRow = [Double](repeating: 0, count: L)
    var logDensity = -Double.infinity
    mixture.means.withUnsafeBufferPointer { mu in
      precisions.withUnsafeBufferPointer { precisions in
        // log c_k(z)
        for k in 0..<K where isMember(k) {
          var distance = 0.0
          for l in 0..<L {
            let d = z[l] - mu[k * L + l]
            distance += isIsotropic ? d * d : precisions[k * L + l] * d * d
          }
          if isIsotropic { distance *= precisions[k] }
          gamma[k] = constants[k] + logarithms[k] - 0.5 * distance
          logDensity = max(logDensity, gamma[k])
        }
        // log p(z)
        var sum = 0.0
        for k in 0..<K where isMember(k) { sum += exp(gamma[k] - logDensity) }
        logDensity += log(sum)

        let offset = K * L
        let weightOffset = offset + precisions.count
        parameters.withUnsafeMutableBufferPointer { parameters in
          for k in 0..<K where isMember(k) {
            let responsibility = exp(gamma[k] - logDensity)
            parameters[weightOffset + k] -= weight * (responsibility - shares[k])
            let share = weight * responsibility
            guard share != 0 else { continue }
            var byPrecision = 0.0
            for l in 0..<L {
              let d = z[l] - mu[k * L + l]
              let pull = share * precisions[isIsotropic ? k : k * L + l] * d
              byRow[l] += pull
              parameters[k * L + l] -= pull
              let term = 0.5 * (pull * d - share)
              if isIsotropic { byPrecision += term } else { parameters[offset + k * L + l] += term }
            }
            if isIsotropic { parameters[offset + k] += byPrecision }
          }
        }
      }
    }
    let rowLoss = -weight * logDensity
    loss += rowLoss
    return (rowLoss, byRow)
  }
}
