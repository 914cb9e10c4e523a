import Concurrency
import LinearAlgebra
import Modeling
import Probability
import RealModule

/// Derivatives of what the eigenvalues of both precision matrices minimise, by the sums over pairs that every method
/// of networks is made of, against central differences; and with a penalty the slopes at the optimum, which are 0.
///
///     f(λ, μ) = e₁·λ + e₂·μ − Σ_ij log(λ_i + μ_j) + ρ (‖λ‖² + ‖μ‖²)
///
/// Paths that stop early have no optimum to be checked: their derivatives are compared at a random point.
///
/// Local.
/// - Parameters:
///   - statistics: e₁ and e₂.
///   - penalty: ρ.
/// - Throws: `LinearAlgebraError` where a statistic is not finite.
func comparedSlopes(
  of statistics: (rows: [Double], columns: [Double]), penalty: Double
) throws(LinearAlgebraError) -> [GradientComparison] {
  let workers = Workers(threadCount: 1)
  func objective(_ point: [[Double]]) -> Double {
    var value = dot(statistics.rows, point[0]) + dot(statistics.columns, point[1])
    for left in point[0] { for right in point[1] { value -= .log(left + right) } }
    return value + penalty * (dot(point[0], point[0]) + dot(point[1], point[1]))
  }
  var stream = RandomSource(seed: 9).stream("checked eigenvalues")
  let lambda = statistics.rows.map { _ in stream.uniform(in: 0.5..<2) }
  let mu = statistics.columns.map { _ in stream.uniform(in: 0.5..<2) }
  var sums = PairSums(rowCount: lambda.count, columnCount: mu.count, usesNodes: true)
  sums.compute(lambda, mu, on: workers)
  func gradient(_ statistic: [Double], _ sums: [Double], _ point: [Double]) -> [Double] {
    point.indices.map { statistic[$0] - sums[$0] + 2 * penalty * point[$0] }
  }
  let random = comparedDerivatives(
    of: [("eigenvalues of cells", lambda), ("eigenvalues of genes", mu)],
    gradients: [
      gradient(statistics.rows, sums.rowSums, lambda),
      gradient(statistics.columns, sums.columnSums, mu),
    ], value: objective)
  guard penalty > 0 else { return random }
  let optimum = try PenalizedEigenvalues(penalty: penalty)
    .solve(statistics.rows, statistics.columns, on: workers)
  return random
    + comparedDerivatives(
      of: [("cells at the optimum", optimum.lambda), ("genes at the optimum", optimum.mu)],
      gradients: [lambda.map { _ in 0 }, mu.map { _ in 0 }], value: objective)
}
