import Foundation
import Probability

/// Quantiles of a Beta distribution at 20 fixed normal scores z_i, from which the 2-Wasserstein distance of any two
/// follows by one weighted sum (Gauss–Hermite):
///
///     W₂² = ∫ (F₁⁻¹(Φ(z)) − F₂⁻¹(Φ(z)))² φ(z) dz ≈ Σ_i w_i (q₁ᵢ − q₂ᵢ)²
///
/// For tables of many distributions. As a function of z a quantile is smooth, so 20 points give ten digits where
/// a ≥ 1. Each quantile comes from a table of the gamma distribution's, without an iteration:
///
///     x = 1 − e^{−y}:  the density of y is ∝ y^{a−1} e^{−N y} (sinh(y/2)/(y/2))^{a−1},  N = b + (a − 1)/2
///     g(y) = log (sinh(y/2)/(y/2)),  y₀ = a/N:   N' = N − (a − 1) g'(y₀),   Y the quantile of Gamma(a)
///     y ≈ (Y + c Y (Y − a + 1))/N',   c = (a − 1) g''(y₀)/(2 N'²)
///
/// What is left out is of relative order (a/N)⁴. Where a/(a + b) > 0.05 or a < 0.04 the quantiles are found by
/// Newton's method, some hundred times slower.
///
/// Accuracy of W₂: relative 10⁻⁶ where both a ≥ 0.3, 10⁻³ below (tested against adaptive quadrature).
public struct BetaScores: Sendable {
  /// How many nodes z_i the quadrature has.
  public static let count = 20

  /// F⁻¹(Φ(z_i)) · √w_i, so that W₂² is a plain sum of squares.
  public let values: [Double]

  /// The quantiles of Beta(a, b).
  ///
  /// - Precondition: a > 0, b > 0.
  public init(_ a: Double, _ b: Double) {
    values = [Double](unsafeUninitializedCapacity: Self.count) { buffer, count in
      Self.fill(buffer, a, b)
      count = Self.count
    }
  }

  /// Writes ``values`` to a buffer.
  ///
  /// - Precondition: room for ``count`` numbers.
  public static func fill(_ buffer: UnsafeMutableBufferPointer<Double>, _ a: Double, _ b: Double) {
    precondition(a > 0 && b > 0, "Beta(\(a), \(b))")
    precondition(buffer.count >= count)
    let nodes = HermiteNodes.shared
    guard a <= 0.05 * (a + b), a >= GammaScores.least else {
      for index in 0..<count { buffer[index] = nodes.roots[index] * quantile(nodes, index, a, b) }
      return
    }
    let centre = b + (a - 1) / 2
    let y0 = a / centre
    // g'(y) = ½ coth(y/2) − 1/y and g''(y) by their series; y ≤ 0.06
    let first = y0 / 12 * (1 - y0 * y0 / 60)
    let second = (1 - y0 * y0 / 20) / 12
    let rate = centre - (a - 1) * first
    let bend = (a - 1) * second / (2 * rate * rate)
    GammaScores.shared.fill(buffer, a)
    for index in 0..<count {
      let y = buffer[index]
      buffer[index] = -expm1(-(y + bend * y * (y - a + 1)) / rate) * nodes.roots[index]
    }
  }

  private static func quantile(
    _ nodes: HermiteNodes, _ index: Int, _ a: Double, _ b: Double
  ) -> Double {
    nodes.scores[index] < 0
      ? betaQuantile(nodes.tails[index], a, b).x
      : betaQuantile(nodes.tails[index], b, a).complement
  }

  /// W₂², the squared 2-Wasserstein distance from another Beta distribution.
  public func squaredDistance(to other: BetaScores) -> Double {
    var sum = 0.0
    for index in 0..<Self.count {
      let difference = values[index] - other.values[index]
      sum += difference * difference
    }
    return sum
  }
}

/// Nodes and weights of Gauss–Hermite quadrature for the standard normal distribution.
///
///     He_{n+1}(z) = z He_n(z) − n He_{n−1}(z),     w_i = (n − 1)!·… by normalised polynomials
struct HermiteNodes: Sendable {
  static let shared = HermiteNodes(count: BetaScores.count)

  /// The nodes z_i in increasing order.
  let scores: [Double]
  /// √w_i; the w_i sum to 1.
  let roots: [Double]
  /// Φ(−|z_i|), the smaller tail of the normal distribution at each node.
  let tails: [Double]

  init(count: Int) {
    // Polynomials normalised to ∫ h² φ = 1: h_{n+1} = (z h_n − √n h_{n−1})/√(n+1), h_n' = √n h_{n−1}.
    func values(_ z: Double) -> (last: Double, before: Double, squares: Double) {
      var (before, last, squares) = (0.0, 1.0, 0.0)
      for n in 0..<count {
        squares += last * last
        let next = (z * last - Double(n).squareRoot() * before) / Double(n + 1).squareRoot()
        (before, last) = (last, next)
      }
      return (last, before, squares)
    }
    // The roots lie between −2√n and 2√n; signs change once between neighbours.
    var roots: [Double] = []
    let limit = 2 * Double(count).squareRoot()
    let cells = 4000
    for cell in 0..<cells {
      var lower = -limit + 2 * limit * Double(cell) / Double(cells)
      var upper = -limit + 2 * limit * Double(cell + 1) / Double(cells)
      let sign = values(lower).last
      guard (sign < 0) != (values(upper).last < 0) else { continue }
      for _ in 0..<60 {
        let middle = 0.5 * (lower + upper)
        if (values(middle).last < 0) == (sign < 0) { lower = middle } else { upper = middle }
      }
      roots.append(0.5 * (lower + upper))
    }
    precondition(roots.count == count)
    scores = roots
    // Christoffel: w = 1/Σ_{j<n} h_j².
    self.roots = roots.map { (1 / values($0).squares).squareRoot() }
    tails = roots.map { normalCDF(-abs($0)) }
  }
}

/// Quantiles of Gamma(a) at the normal scores of ``HermiteNodes``, by Chebyshev series in t = 1/√a.
///
///     t ≤ 1:  (Y/a)^{1/3}      t > 1:  a log Y
///
/// The first is nearly linear in z t (Wilson and Hilferty), the second tends to log Φ(z).
struct GammaScores: Sendable {
  static let shared = GammaScores()
  /// The smallest shape of the tables.
  static let least = 0.04

  private static let segments: [(lower: Double, upper: Double, isLogarithmic: Bool)] = [
    (0, 0.25, false), (0.25, 1, false), (1, 2, true), (2, 5, true),
  ]
  private static let degree = 16

  /// For each segment, degree and node.
  private let coefficients: [Double]

  init() {
    let nodes = HermiteNodes.shared
    let points = Self.degree + 1
    var coefficients: [Double] = []
    for segment in Self.segments {
      var values: [[Double]] = []
      for point in 0..<points {
        let x = cos(Double.pi * (Double(point) + 0.5) / Double(points))
        let t = segment.lower + (segment.upper - segment.lower) * (x + 1) / 2
        let a = 1 / (t * t)
        values.append(
          nodes.scores.map { z in
            let y = gammaQuantile(normalScore: z, shape: a)
            return segment.isLogarithmic ? a * log(y) : cbrt(y / a)
          })
      }
      for degree in 0..<points {
        for node in 0..<BetaScores.count {
          var sum = 0.0
          for point in 0..<points {
            sum +=
              values[point][node]
              * cos(Double.pi * Double(degree) * (Double(point) + 0.5) / Double(points))
          }
          coefficients.append((degree == 0 ? 1 : 2) * sum / Double(points))
        }
      }
    }
    self.coefficients = coefficients
  }

  /// Writes the quantiles of Gamma(a).
  ///
  /// - Precondition: a ≥ `least`.
  func fill(_ buffer: UnsafeMutableBufferPointer<Double>, _ a: Double) {
    let t = 1 / a.squareRoot()
    let index = t <= 0.25 ? 0 : t <= 1 ? 1 : t <= 2 ? 2 : 3
    let segment = Self.segments[index]
    let x = 2 * (t - segment.lower) / (segment.upper - segment.lower) - 1
    let width = BetaScores.count
    coefficients.withUnsafeBufferPointer { all in
      let own = UnsafeBufferPointer(
        rebasing: all[index * (Self.degree + 1) * width..<(index + 1) * (Self.degree + 1) * width])
      // Polynomials T_d(x), then one sum for every node.
      for node in 0..<width { buffer[node] = own[node] + x * own[width + node] }
      var (before, last) = (1.0, x)
      for degree in 2...Self.degree {
        let next = 2 * x * last - before
        (before, last) = (last, next)
        let start = degree * width
        for node in 0..<width { buffer[node] += next * own[start + node] }
      }
    }
    for node in 0..<width {
      let value = buffer[node]
      buffer[node] = segment.isLogarithmic ? exp(value / a) : a * value * value * value
    }
  }
}
