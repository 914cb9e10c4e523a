import Foundation
import Probability

/// The 2-Wasserstein distance of two Beta distributions.
///
///     W₂² = ∫₀¹ (F₁⁻¹(u) − F₂⁻¹(u))² du
///
/// Double-exponential quadrature on the pieces between 0, F₁(½), F₂(½) and 1: with both parameters far below
/// 1 a quantile function is nearly a step there. Nothing cancels, so that close distributions keep their
/// distance's digits. Better than 10⁻⁶ (tested against adaptive quadrature).
/// - Precondition: all parameters are positive.
public func betaWassersteinDistance(
  _ first: (a: Double, b: Double), _ second: (a: Double, b: Double)
) -> Double {
  let middles = [first, second].map { IncompleteBeta($0.a, $0.b, 0.5) }
  // each cut as (u, 1 − u), both accurate
  var cuts = [(0.0, 1.0), (1.0, 0.0)]
  for middle in middles { cuts.append((exp(middle.logLower), exp(middle.logUpper))) }
  cuts.sort { $0.0 < $1.0 || ($0.0 == $1.0 && $0.1 > $1.1) }
  var sum = 0.0
  for (lower, upper) in zip(cuts, cuts.dropFirst()) {
    let width = upper.0 < 0.5 ? upper.0 - lower.0 : lower.1 - upper.1
    guard width > 1e-13 else { continue }
    for node in doubleExponentialNodes {
      let inside = width * node.tail
      let u = node.isUpper ? upper.0 - inside : lower.0 + inside
      let complement = node.isUpper ? upper.1 + inside : lower.1 - inside
      let difference =
        quantile(u, complement, first) - quantile(u, complement, second)
      sum += width * node.weight * difference * difference
    }
  }
  return sum.squareRoot()
}

private func quantile(
  _ u: Double, _ complement: Double, _ parameters: (a: Double, b: Double)
) -> Double {
  u < complement
    ? betaQuantile(u, parameters.a, parameters.b).x
    : betaQuantile(complement, parameters.b, parameters.a).complement
}

/// A node of the quadrature on (0, 1): its distance from the nearer end, which end, and its weight.
private struct DoubleExponentialNode {
  let tail: Double
  let isUpper: Bool
  let weight: Double
}

/// u = ½ (1 + tanh(½π sinh t)), t on 65 equal steps in −3…3.
///
/// Source: H. Takahasi, M. Mori, Double exponential formulas for numerical integration, Publ. RIMS 9:721–741,
/// 1974, doi:10.2977/prims/1195192451.
private let doubleExponentialNodes: [DoubleExponentialNode] = (-32...32).map { index in
  let step = 3.0 / 32
  let t = step * Double(index)
  let s = 0.5 * Double.pi * sinh(t)
  let slope = 0.5 * Double.pi * cosh(t) / (cosh(s) * cosh(s)) / 2
  return DoubleExponentialNode(
    tail: 1 / (1 + exp(2 * abs(s))), isUpper: index >= 0, weight: step * slope)
}
