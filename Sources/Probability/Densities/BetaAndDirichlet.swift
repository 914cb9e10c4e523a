import RealModule

/// The Beta distribution: log p(x) = (a − 1) log x + (b − 1) log(1 − x) − log B(a, b).
public struct BetaDistribution: Sendable {
  /// a.
  public let a: Double
  /// b.
  public let b: Double

  /// The distribution with a > 0 and b > 0.
  public init(_ a: Double, _ b: Double) {
    self.a = a
    self.b = b
  }

  /// log p(x).
  public func logDensity(_ x: Double) -> Double {
    let right = b == 1 ? 0 : (b - 1) * Double.log(onePlus: -x)
    return xLogY(a - 1, x) + right - logBeta(a, b)
  }

  /// ∂ log p(x) / ∂x.
  public func derivative(_ x: Double) -> Double {
    (a == 1 ? 0 : (a - 1) / x) - (b == 1 ? 0 : (b - 1) / (1 - x))
  }

  /// E X = a/(a + b).
  public var mean: Double { a / (a + b) }

  /// E log X and E log(1 − X).
  public var expectedLogarithms: (x: Double, complement: Double) {
    let total = digamma(a + b)
    return (digamma(a) - total, digamma(b) - total)
  }

  /// KL(this ‖ other).
  public func divergence(from other: BetaDistribution) -> Double {
    Dirichlet([a, b]).divergence(from: Dirichlet([other.a, other.b]))
  }
}

/// The Dirichlet distribution: log p(x) = log Γ(Σ α) − Σ log Γ(α_k) + Σ (α_k − 1) log x_k.
public struct Dirichlet: Sendable {
  /// α.
  public let concentration: [Double]

  /// The distribution with these concentrations, all positive.
  public init(_ concentration: [Double]) { self.concentration = concentration }

  private var total: Double { concentration.reduce(0, +) }

  /// log p(x) at a point of the simplex.
  public func logDensity(_ x: [Double]) -> Double {
    precondition(x.count == concentration.count, "a point of \(x.count) coordinates")
    var sum = logGamma(total)
    for (alpha, x) in zip(concentration, x) { sum += xLogY(alpha - 1, x) - logGamma(alpha) }
    return sum
  }

  /// E log X_k = ψ(α_k) − ψ(Σ α).
  public var expectedLogarithms: [Double] {
    let ofTotal = digamma(total)
    return concentration.map { digamma($0) - ofTotal }
  }

  /// KL(this ‖ other) = log Γ(Σα) − Σ log Γ(α_k) − log Γ(Σα') + Σ log Γ(α'_k) + Σ (α_k − α'_k) E log X_k.
  public func divergence(from other: Dirichlet) -> Double {
    precondition(other.concentration.count == concentration.count, "Dirichlets of other sizes")
    let ofTotal = digamma(total)
    var sum = logGamma(total) - logGamma(other.total)
    for (alpha, beta) in zip(concentration, other.concentration) where alpha != beta {
      sum += logGamma(beta) - logGamma(alpha) + (alpha - beta) * (digamma(alpha) - ofTotal)
    }
    return sum
  }
}
