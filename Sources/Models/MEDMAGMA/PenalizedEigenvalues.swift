public import Concurrency
public import LinearAlgebra
import RealModule

/// The eigenvalues of Ω₁ and Ω₂ where a penalty gives the problem an optimum, found to convergence.
///
///     minimise  e₁·λ + e₂·μ − Σ_ij log(λ_i + μ_j) + ρ (‖λ‖² + ‖μ‖²)      over λ_i + μ_j > 0
///
/// Strictly convex and self-concordant: damped Newton with exact elimination of the smaller axis,
///
///     H = [[D₁, W], [Wᵀ, D₂]],  W_ij = (λ_i + μ_j)⁻²,  D₁ = diag(W 1) + 2ρ,  D₂ = diag(Wᵀ1) + 2ρ
///
/// Only sums λ_i + μ_j matter to the model, and the penalty chooses the split; an eigenvalue of one axis alone
/// may be negative.
///
/// Unlike `EigenvalueKernel` the result is a continuous function of the data, so that a small change of the
/// input moves the graphs by little.
/// - Complexity: O(d₁ d₂ min(d₁, d₂)) a step, 10 to 40 steps.
public struct PenalizedEigenvalues: Sendable {
  /// ρ > 0.
  public let penalty: Double

  private static let stepLimit = 500

  /// A problem with this penalty.
  ///
  /// - Precondition: penalty > 0.
  public init(penalty: Double) {
    precondition(penalty > 0)
    self.penalty = penalty
  }

  /// The optimum.
  ///
  /// Local.
  /// - Throws: `LinearAlgebraError` where the input holds NaN.
  public func solve(
    _ rowEigenvalues: [Double], _ columnEigenvalues: [Double], on workers: Workers
  ) throws(LinearAlgebraError) -> EigenvalueKernel.Solution {
    if rowEigenvalues.count > columnEigenvalues.count {
      let swapped = try solve(columnEigenvalues, rowEigenvalues, on: workers)
      return EigenvalueKernel.Solution(
        lambda: swapped.mu, mu: swapped.lambda, objective: swapped.objective,
        iterationCount: swapped.iterationCount)
    }
    // Start where the penalty alone is balanced by the logarithms of equal eigenvalues.
    let start = Double(columnEigenvalues.count) / (4 * penalty)
    var lambda = [Double](repeating: max(start, 1e-12).squareRoot(), count: rowEigenvalues.count)
    var mu = [Double](repeating: lambda[0], count: columnEigenvalues.count)
    var steps = 0
    while steps < Self.stepLimit {
      steps += 1
      let step = try newtonStep(rowEigenvalues, columnEigenvalues, lambda, mu, on: workers)
      let factor = step.decrement < 0.25 ? 1 : 1 / (1 + step.decrement)
      for index in lambda.indices { lambda[index] -= factor * step.lambda[index] }
      for index in mu.indices { mu[index] -= factor * step.mu[index] }
      if step.decrement < 1e-10 { break }
    }
    var objective = dot(rowEigenvalues, lambda) + dot(columnEigenvalues, mu)
    objective += penalty * (dot(lambda, lambda) + dot(mu, mu))
    for left in lambda { for right in mu { objective -= .log(left + right) } }
    return EigenvalueKernel.Solution(
      lambda: lambda, mu: mu, objective: objective, iterationCount: steps)
  }

  private struct Step {
    var lambda: [Double]
    var mu: [Double]
    var decrement: Double
  }

  /// H⁻¹ g and its decrement √(gᵀ H⁻¹ g), by the Schur complement D₁ − W D₂⁻¹ Wᵀ of the smaller axis.
  private func newtonStep(
    _ e1: [Double], _ e2: [Double], _ lambda: [Double], _ mu: [Double], on workers: Workers
  ) throws(LinearAlgebraError) -> Step {
    let (d1, d2) = (lambda.count, mu.count)
    var w = Matrix<Double>(rowCount: d1, columnCount: d2)
    var gradient1 = zip(e1, lambda).map { $0 + 2 * penalty * $1 }
    var gradient2 = zip(e2, mu).map { $0 + 2 * penalty * $1 }
    var diagonal1 = [Double](repeating: 2 * penalty, count: d1)
    var diagonal2 = [Double](repeating: 2 * penalty, count: d2)
    w.withUnsafeMutableElements { w in
      for i in 0..<d1 {
        for j in 0..<d2 {
          let reciprocal = 1 / (lambda[i] + mu[j])
          gradient1[i] -= reciprocal
          gradient2[j] -= reciprocal
          let square = reciprocal * reciprocal
          w[i * d2 + j] = square
          diagonal1[i] += square
          diagonal2[j] += square
        }
      }
    }
    var scaled = w
    scaled.withUnsafeMutableElements { scaled in
      for i in 0..<d1 {
        for j in 0..<d2 { scaled[i * d2 + j] /= diagonal2[j].squareRoot() }
      }
    }
    var schur = parallelGram(scaled, on: workers)
    schur.scale(by: -1)
    for i in 0..<d1 { schur[i, i] += diagonal1[i] }
    let solved2 = zip(gradient2, diagonal2).map { $0 / $1 }
    let right = zip(gradient1, w.product(solved2)).map { $0 - $1 }
    let step1 = try Cholesky(schur).solve(right)
    let back = w.product(step1, .transposed)
    let step2 = diagonal2.indices.map { (gradient2[$0] - back[$0]) / diagonal2[$0] }
    let square = dot(gradient1, step1) + dot(gradient2, step2)
    return Step(lambda: step1, mu: step2, decrement: max(square, 0).squareRoot())
  }
}
