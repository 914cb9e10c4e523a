import Kernels
import Probability
import RealModule

/// The distribution of a value x given its mean μ and, where there is one, its dispersion r.
///
/// Another likelihood is a case here with its formulas (`logProbability`) and its kernel (`OutputKind`).
public enum Likelihood: String, Codable, Sendable, CaseIterable {
  /// log Γ(x + r) − log Γ(r) − log x! + x log(μ/(r + μ)) + r log(r/(r + μ)).
  case negativeBinomial
  /// The negative binomial, or zero with probability σ(π) whatever the mean; π is a second logit of every gene.
  case zeroInflatedNegativeBinomial
  /// x log μ − μ − log x!.
  case poisson
  /// −(x − μ)²: the squared error, without constants (Paper I of DGD).
  case gaussian
  /// x log μ + (1 − x) log(1 − μ).
  case bernoulli

  /// Whether it has a dispersion.
  public var hasDispersion: Bool { self == .negativeBinomial || isInflated }

  /// Whether every gene has a second logit.
  public var isInflated: Bool { self == .zeroInflatedNegativeBinomial }

  /// How the kernels call it.
  var kernel: OutputKind.Likelihood {
    switch self {
    case .negativeBinomial: .negativeBinomial
    case .zeroInflatedNegativeBinomial: .zeroInflatedNegativeBinomial
    case .poisson: .poisson
    case .gaussian: .gaussian
    case .bernoulli: .bernoulli
    }
  }
}

/// From the logits a of a row to the mean per unit of scale: μ_g = s · y_g.
public enum Link: String, Codable, Sendable, CaseIterable {
  /// eᵃ / Σ eᵃ over all genes.
  case softmax
  /// log(1 + eᵃ).
  case softplus
  /// 1 / (1 + e⁻ᵃ).
  case sigmoid
  /// max(a, 0), which is 0 for every negative logit.
  case relu
  /// a, the logit itself.
  case identity

  /// How the kernels call it.
  var kernel: OutputKind.Link {
    switch self {
    case .softmax: .softmax
    case .softplus: .softplus
    case .sigmoid: .sigmoid
    case .relu: .relu
    case .identity: .identity
    }
  }

  /// y of the logits of one row.
  func values<Scalar: NetworkScalar>(of logits: [Scalar]) -> [Scalar] {
    switch self {
    case .softplus: return Activation.softplus.values(of: logits)
    case .sigmoid: return logits.map { 1 / (1 + Scalar.exp(-$0)) }
    case .relu: return Activation.relu.values(of: logits)
    case .identity: return logits
    case .softmax:
      return Probability.softmax(logits.map { Double($0) }).map { Scalar($0) }
    }
  }

  /// ∂ by the logits of one row from ∂ by y.
  func gradient<Scalar: NetworkScalar>(
    _ byValue: [Scalar], logits: [Scalar], values y: [Scalar]
  ) -> [Scalar] {
    switch self {
    case .softplus: return zip(byValue, logits).map { $0 / (1 + Scalar.exp(-$1)) }
    case .sigmoid: return zip(byValue, y).map { $0 * $1 * (1 - $1) }
    case .relu: return zip(byValue, logits).map { $1 > 0 ? $0 : 0 }
    case .identity: return byValue
    case .softmax:
      let mean = zip(byValue, y).reduce(Scalar.zero) { $0 + $1.0 * $1.1 }
      return zip(byValue, y).map { $1 * ($0 - mean) }
    }
  }
}

/// How dispersions r follow from the parameters ρ, and what they belong to.
public struct Dispersion: Codable, Sendable, Equatable {
  /// From ρ to r.
  public enum Form: String, Codable, Sendable, CaseIterable {
    /// r = 1 + e^ρ: variances of at most μ + μ² (scDGD).
    case onePlusExponential
    /// r = e^ρ (scVI).
    case exponential
  }

  /// From ρ to r.
  public let form: Form
  /// Dispersions of a gene: 1, or one for each group of rows (`OutputBatch.dispersionGroups`).
  public let groupCount: Int

  /// Dispersions by gene, or by gene and group.
  public init(_ form: Form = .onePlusExponential, groupCount: Int = 1) {
    precondition(groupCount >= 1, "dispersions of \(groupCount) groups")
    self.form = form
    self.groupCount = groupCount
  }

  /// Where r = e^ρ is followed: beyond, a gene is as good as Poisson, or its likelihood flat, and products of eight
  /// factors r + i stay finite in single precision.
  public static let range: ClosedRange<Float> = -9...11.5

  /// r for ρ.
  public func value(_ rho: Double) -> Double { Double(smallest) + Double.exp(rho) }

  /// What no dispersion falls below: r = smallest + e^ρ.
  var smallest: Float { form == .onePlusExponential ? 1 : 0 }
}
