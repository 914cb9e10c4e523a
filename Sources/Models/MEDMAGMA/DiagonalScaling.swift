public import Concurrency
public import LinearAlgebra
import RealModule

// Q symmetric positive semidefinite with positive diagonal, s positive scaling, n order, r what is left, y step

/// The positive s with Π s = 1 that minimises sᵀ Q s.
///
/// Stationary points satisfy s ∘ (Q s) = constant, and up to scale they are those of
///
///     φ(s) = ½ sᵀ Q s − Σ log s_i,
///
/// which is strictly convex and self-concordant, so there is one and damped Newton finds it from anywhere:
///
///     r = 1 − s ∘ (Q s);   (I + diag(s) Q diag(s)) y = r;   δ² = yᵀ r;   s ← s ∘ (1 + t y)
///     t = 1 if δ < ¼ else 1/(1 + δ)
///
/// then s is divided by its geometric mean. y is found by conjugate gradients, scaled by the diagonal, to ‖r‖ times
/// its own size or a tenth: the diagonal outweighs the rest (condition 1.03 to 2.5 where it was looked at), so that a
/// few products with Q do what a factorisation would. y minimises the quadratic model over the directions tried,
/// wherefore yᵀ H y = yᵀ r and |t y_i| < 1 hold for every early end, too. Warm starts change the bits, never the
/// solution.
///
/// | Deviation | Reference code | distfit | Why |
/// |---|---|---|---|
/// | solver | trust-constr in log s from 0, tolerance 1e-5 | damped Newton, ‖r‖ < 1e-11 | same minimiser, more digits |
///
/// Source: for the problem, MED-MAGMA paper, equation 3; for self-concordance, Y. Nesterov, A. Nemirovskii,
/// Interior-point polynomial algorithms in convex programming, SIAM 1994; for steps of limited accuracy, R. S. Dembo,
/// S. C. Eisenstat, T. Steihaug, Inexact Newton methods, SIAM J. Numer. Anal. 19, 1982.
public struct DiagonalScaling: Sendable {
  /// The minimiser, Π s = 1.
  public let scaling: [Double]
  /// Newton steps taken.
  public let stepCount: Int
  /// Products with Q made.
  public let productCount: Int

  private static let stepLimit = 200
  private static let tolerance = 1e-11

  /// Minimises from a start (any positive numbers; its scale does not matter).
  ///
  /// Local. The bits do not depend on the number of threads.
  /// - Throws: `LinearAlgebraError` where Q holds NaN, or has a zero row, for which no minimum exists, or is not
  ///   positive semidefinite.
  public init(
    of matrix: Matrix<Double>, startingAt start: [Double], on workers: Workers
  ) throws(LinearAlgebraError) {
    let diagonal = matrix.diagonal
    if let index = diagonal.firstIndex(where: { !($0 > 0) }) {
      throw .notPositiveDefinite(order: index + 1)
    }
    // Of the start and of what would be right without the other entries, whichever has the lower φ
    let candidates = [start, diagonal.map { 1 / $0.squareRoot() }]
      .map { Self.balanced($0, matrix, on: workers) }
    var (s, image) =
      candidates[0].potential <= candidates[1].potential
      ? (candidates[0].s, candidates[0].image) : (candidates[1].s, candidates[1].image)
    var (steps, products) = (0, 2)
    var previous = Double.infinity
    while steps < Self.stepLimit {
      let residual = zip(s, image).map { 1 - $0 * $1 }
      let size = dot(residual, residual).squareRoot()
      guard size.isFinite else { throw .notFinite(row: 0, column: 0) }
      // Near the end rounding may leave more than the tolerance: then nothing is gained any more.
      if size < Self.tolerance || (previous < 1e-6 && size > previous / 2) { break }
      previous = size
      let found = try Self.newtonStep(
        matrix, s, residual, weights: zip(s, diagonal).map { 1 + $0 * $0 * $1 },
        tolerance: max(min(size, 0.1) * size, Self.tolerance / 4), on: workers)
      let decrement = max(dot(found.step, residual), 0).squareRoot()
      let length = decrement < 0.25 ? 1 : 1 / (1 + decrement)
      for index in s.indices { s[index] *= 1 + length * found.step[index] }
      image = matrix.product(s, on: workers)
      steps += 1
      products += found.productCount + 1
    }
    let logMean = s.reduce(0) { $0 + .log($1) } / Double(max(s.count, 1))
    scaling = s.map { .exp(.log($0) - logMean) }
    stepCount = steps
    productCount = products
  }

  /// The best multiple of a start, for which s ∘ Qs sums to n as at the solution, Q s and φ there.
  private static func balanced(
    _ start: [Double], _ matrix: Matrix<Double>, on workers: Workers
  ) -> (s: [Double], image: [Double], potential: Double) {
    let image = matrix.product(start, on: workers)
    let form = dot(start, image)
    guard form > 0, form.isFinite else { return (start, image, .infinity) }
    let factor = (Double(start.count) / form).squareRoot()
    let s = start.map { $0 * factor }
    let potential = s.reduce(0) { $0 - .log($1) }
    return (s, image.map { $0 * factor }, potential.isNaN ? .infinity : potential)
  }

  /// y of (I + diag(s) Q diag(s)) y = r, as far as ‖r − …‖ ≤ tolerance, by conjugate gradients with these weights as
  /// preconditioner.
  private static func newtonStep(
    _ matrix: Matrix<Double>, _ s: [Double], _ right: [Double], weights: [Double],
    tolerance: Double, on workers: Workers
  ) throws(LinearAlgebraError) -> (step: [Double], productCount: Int) {
    var step = [Double](repeating: 0, count: s.count)
    var residual = right
    var scaled = zip(residual, weights).map { $0 / $1 }
    var direction = scaled
    var size = dot(residual, scaled)
    var products = 0
    // In exact arithmetic as many as the order are enough
    while products < 2 * s.count, dot(residual, residual).squareRoot() > tolerance {
      var image = matrix.product(zip(s, direction).map { $0 * $1 }, on: workers)
      for index in s.indices { image[index] = direction[index] + s[index] * image[index] }
      products += 1
      let curvature = dot(direction, image)
      guard curvature > 0 else { throw .notPositiveDefinite(order: s.count) }
      let length = size / curvature
      for index in s.indices {
        step[index] += length * direction[index]
        residual[index] -= length * image[index]
        scaled[index] = residual[index] / weights[index]
      }
      let next = dot(residual, scaled)
      for index in s.indices { direction[index] = scaled[index] + next / size * direction[index] }
      size = next
    }
    return (step, products)
  }
}
