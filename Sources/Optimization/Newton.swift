public import LinearAlgebra

/// A function with its derivatives up to the second at one point.
public struct SecondOrder: Sendable {
  /// f.
  public let value: Double
  /// ∇f.
  public let gradient: [Double]
  /// ∇²f; only the lower triangle is read.
  public let hessian: Matrix<Double>

  /// The derivatives.
  public init(value: Double, gradient: [Double], hessian: Matrix<Double>) {
    self.value = value
    self.gradient = gradient
    self.hessian = hessian
  }
}

/// Minimisation of a smooth function of few variables by damped Newton steps.
///
///     (∇²f + κ I) d = −∇f,   x ← x + t d,   t = t₀, t₀/2, … until f(x + t d) ≤ f(x) + 10⁻⁴ t ∇f·d
///
/// κ = 0 where the Hessian is positive definite, otherwise the first of 10⁻³, 10⁻², … times its largest
/// diagonal element that makes it so. t₀ = min(1, 10 max(1, ‖x‖) / ‖d‖).
/// Trial points where f is not finite are shortened.
/// Source: J. Nocedal, S. J. Wright, Numerical optimization, 2006, sections 3.4 and 3.5.
public struct Newton: Sendable {
  /// Ends where ‖g‖ ≤ this · max(1, ‖x‖).
  public var gradientTolerance: Double
  /// Steps at most.
  public var stepLimit: Int

  /// A method with these limits.
  public init(gradientTolerance: Double = 1e-10, stepLimit: Int = 100) {
    self.gradientTolerance = gradientTolerance
    self.stepLimit = stepLimit
  }

  /// Moves `point` to a minimum; on failure it stays at the best point reached.
  public func minimize(
    _ point: inout [Double], _ evaluate: ([Double]) throws -> SecondOrder
  ) rethrows -> Termination {
    var current = try evaluate(point)
    for _ in 0..<stepLimit {
      guard current.value.isFinite, current.gradient.allSatisfy({ $0.isFinite }) else {
        return .objectiveNotFinite
      }
      if norm(current.gradient) <= gradientTolerance * max(1, norm(point)) {
        return .gradientTolerance
      }
      guard let direction = direction(current) else { return .lineSearchFailed }
      let slope = dot(direction, current.gradient)
      let size = norm(direction)
      let scale = max(1, norm(point))
      // where the function is nearly straight the full step leads nowhere
      var step = min(1, 10 * scale / size)
      var accepted: SecondOrder?
      var trial = point
      while step * size > 1e-15 * scale {  // below that, no step can be told from none
        for index in point.indices { trial[index] = point[index] + step * direction[index] }
        let next = try evaluate(trial)
        let rounding = 1e-14 * abs(current.value)
        if next.value <= current.value + 1e-4 * step * slope + rounding {
          accepted = next
          break
        }
        step /= 2
      }
      guard let accepted else { return .lineSearchFailed }
      point = trial
      current = accepted
    }
    return norm(current.gradient) <= gradientTolerance * max(1, norm(point))
      ? .gradientTolerance : .stepLimit
  }

  private func direction(_ at: SecondOrder) -> [Double]? {
    let scale = at.hessian.diagonal.reduce(1e-300) { max($0, abs($1)) }
    var ridge = 0.0
    for _ in 0..<12 {
      var matrix = at.hessian
      if ridge > 0 { for k in at.gradient.indices { matrix[k, k] += ridge } }
      if let factor = try? Cholesky(matrix) {
        let direction = factor.solve(at.gradient.map { -$0 })
        if direction.allSatisfy({ $0.isFinite }) { return direction }
      }
      ridge = ridge == 0 ? 1e-3 * scale : 10 * ridge
    }
    return nil
  }
}
