// Moments of gamma distributions, and how far they are from their prior.

extension PoissonKernels {
  /// E θ, exp E log θ and Σ KL(Gamma(α, β) ‖ Gamma(a, b)) of many gamma distributions.
  ///
  ///     E θ = α / β,   exp E log θ = exp(ψ(α)) / β
  ///     KL = (α − a) ψ(α) − log Γ(α) + a log(β / b) + α (b − β) / β + log Γ(a)       (log Γ(a) is the caller's)
  ///
  /// ψ and log Γ by their asymptotic series at α + 8 and the recurrence: error below 10⁻¹⁴ (1 + |value|).
  /// - Parameters:
  ///   - shapes, rates: α > 0 and β > 0, eight times `vectorCount` numbers, aligned as doubles.
  ///   - means, geometricMeans: results.
  /// - Returns: Σ KL without log Γ(a) and a log b.
  @_alwaysEmitIntoClient @inline(never)
  public func gammas(
    _ shapes: UnsafePointer<Double>, _ rates: UnsafePointer<Double>, vectorCount: Int,
    priorShape: Double,
    priorRate: Double, means: UnsafeMutablePointer<Double>,
    geometricMeans: UnsafeMutablePointer<Double>
  ) -> Double {
    let a = WideDoubles(repeating: priorShape)
    let b = WideDoubles(repeating: priorRate)
    let least = WideDoubles(repeating: -700)
    var divergence = WideDoubles(repeating: 0)
    for j in 0..<vectorCount {
      let alpha = UnsafeRawPointer(shapes + 8 * j).loadUnaligned(as: WideDoubles.self)
      let beta = UnsafeRawPointer(rates + 8 * j).loadUnaligned(as: WideDoubles.self)
      // Π_{i < 8} (α + i) and Σ_{i < 8} 1 / (α + i) as one fraction.
      var product = alpha
      var numerator = WideDoubles(repeating: 1)
      for i in 1..<8 {
        let factor = alpha + Double(i)
        numerator = product.addingProduct(numerator, factor)
        product *= factor
      }
      let x = alpha + 8
      let logX = logarithm(x)
      let inverse = 1 / x
      let square = inverse * inverse
      var p = WideDoubles(repeating: 1.0 / 12)
      p = WideDoubles(repeating: -691.0 / 32_760).addingProduct(p, square)
      p = WideDoubles(repeating: 1.0 / 132).addingProduct(p, square)
      p = WideDoubles(repeating: -1.0 / 240).addingProduct(p, square)
      p = WideDoubles(repeating: 1.0 / 252).addingProduct(p, square)
      p = WideDoubles(repeating: -1.0 / 120).addingProduct(p, square)
      p = WideDoubles(repeating: 1.0 / 12).addingProduct(p, square)
      let psi = logX - inverse * 0.5 - square * p - numerator / product
      var g = WideDoubles(repeating: 1.0 / 156)
      g = WideDoubles(repeating: -691.0 / 360_360).addingProduct(g, square)
      g = WideDoubles(repeating: 1.0 / 1188).addingProduct(g, square)
      g = WideDoubles(repeating: -1.0 / 1680).addingProduct(g, square)
      g = WideDoubles(repeating: 1.0 / 1260).addingProduct(g, square)
      g = WideDoubles(repeating: -1.0 / 360).addingProduct(g, square)
      g = WideDoubles(repeating: 1.0 / 12).addingProduct(g, square)
      let logGamma =
        (x - 0.5) * logX - x + 0.918_938_533_204_672_7 + inverse * g - logarithm(product)
      let mean = alpha / beta
      let logBeta = logarithm(beta)
      let exponent = psi.replacing(with: least, where: psi .< least)
      let geometric = exponential(exponent) / beta
      UnsafeMutableRawPointer(means + 8 * j).storeBytes(of: mean, as: WideDoubles.self)
      UnsafeMutableRawPointer(geometricMeans + 8 * j).storeBytes(
        of: geometric, as: WideDoubles.self)
      divergence += (alpha - a) * psi - logGamma + a * logBeta + mean * b - alpha
    }
    return sumOf(divergence)
  }
}
