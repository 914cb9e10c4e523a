import Kernels

// d poles ascending, z weights, rho > 0, tau a root's distance from the pole it is measured from

/// The eigenvalues of diag(d) + ρ z zᵀ: the roots of
///
///     f(x) = 1/ρ + Σ_i z_i² / (d_i − x),
///
/// one between any two neighbouring poles and one above the last. Each is found as its distance from the nearer pole,
/// so that the differences d_i − x have all their digits however close they are.
///
/// Source: R.-C. Li, Solving secular equations stably and efficiently, LAPACK working note 89, 1993 (the "middle way"),
/// kept between bounds by halving.
struct SecularEquation {
  let poles: UnsafePointer<Double>
  let squares: UnsafePointer<Double>
  let count: Int
  let rho: Double
  /// Σ z².
  let total: Double
  let kernels: any SecularKernels

  private static let stepLimit = 100
  private static let epsilon = Double.ulpOfOne / 2

  private struct Sums {
    var below: (value: Double, slope: Double)
    var above: (value: Double, slope: Double)
    var f: Double
    var slope: Double { below.slope + above.slope }
  }

  /// The j-th root, ascending; `differences` becomes d_i − root.
  ///
  /// - Precondition: at least two poles.
  func root(_ j: Int, into differences: UnsafeMutablePointer<Double>) -> Double {
    let isLast = j == count - 1
    let split = isLast ? count - 1 : j + 1
    var origin = j
    setDifferences(differences, from: poles[origin])
    var (low, high) = (0.0, rho * total)
    var tau = high / 2
    if !isLast {
      let gap = differences[j + 1]
      let (own, next) = (squares[j], squares[j + 1])
      tau = gap / 2
      let middle = sums(differences, split, tau)
      let others = middle.f + own / tau - next / (gap - tau)
      if middle.f >= 0 {
        (low, high) = (0, tau)
        tau = Self.startAbove(others, others * gap + own + next, own * gap)
      } else {
        origin = j + 1
        setDifferences(differences, from: poles[origin])
        (low, high) = (-tau, 0)
        tau = -Self.startAbove(-others, -(others * gap) + own + next, next * gap)
      }
      if !(tau > low && tau < high) { tau = (low + high) / 2 }
    }
    for _ in 0..<Self.stepLimit {
      let sums = sums(differences, split, tau)
      let size = 8 * (abs(sums.below.value) + abs(sums.above.value)) + 2 / rho
      if abs(sums.f) <= Self.epsilon * (size + abs(tau) * sums.slope) { break }
      if sums.f < 0 { low = tau } else { high = tau }
      var step = self.step(sums, differences[split - 1] - tau, differences[split] - tau, isLast)
      if !(sums.f * step < 0) { step = -sums.f / sums.slope }
      var next = tau + step
      if !(next > low && next < high) { next = (low + high) / 2 }
      if next == tau || next == low || next == high { break }
      tau = next
    }
    for index in 0..<count { differences[index] -= tau }
    return poles[origin] + tau
  }

  private func setDifferences(_ differences: UnsafeMutablePointer<Double>, from pole: Double) {
    for index in 0..<count { differences[index] = poles[index] - pole }
  }

  private func sums(_ differences: UnsafePointer<Double>, _ split: Int, _ tau: Double) -> Sums {
    let below = kernels.poleSums(differences, squares, count: split, at: tau)
    let above = kernels.poleSums(
      differences + split, squares + split, count: count - split, at: tau)
    return Sums(below: below, above: above, f: (1 / rho + below.value) + above.value)
  }

  /// The root near its pole of c τ² − a τ + b = 0, b ≥ 0.
  private static func startAbove(_ c: Double, _ a: Double, _ b: Double) -> Double {
    let root = max(a * a - 4 * b * c, 0).squareRoot()
    return a > 0 ? 2 * b / (a + root) : (a - root) / (2 * c)
  }

  /// From where two neighbouring poles, fitted to the sums on either side, would put the root.
  private func step(_ sums: Sums, _ first: Double, _ second: Double, _ isLast: Bool) -> Double {
    var c = sums.f - first * sums.below.slope - second * sums.above.slope
    let a = (first + second) * sums.f - first * second * sums.slope
    let b = first * second * sums.f
    if isLast { c = abs(c) }
    if c == 0 { return b / a }
    let root = abs(a * a - 4 * b * c).squareRoot()
    if isLast { return a >= 0 ? (a + root) / (2 * c) : 2 * b / (a - root) }
    return a <= 0 ? (a - root) / (2 * c) : 2 * b / (a + root)
  }
}
