import Foundation
import LinearAlgebra
import Optimization

/// A problem whose minimum is known.
struct Problem: Sendable, CustomStringConvertible {
  let description: String
  let start: [Double]
  let minimum: [Double]
  let evaluate: @Sendable ([Double]) -> SecondOrder

  static let all = [quadratic, rosenbrock, logistic, quartic, poisson]

  /// Axes of lengths 1 … 10⁴.
  static let quadratic = Problem(
    description: "quadratic", start: [5, -3, 2], minimum: [1, 2, 3]
  ) { x in
    let scales = [1.0, 100, 10_000]
    let d = [x[0] - 1, x[1] - 2, x[2] - 3]
    return SecondOrder(
      value: 0.5 * (0..<3).reduce(0) { $0 + scales[$1] * d[$1] * d[$1] },
      gradient: (0..<3).map { scales[$0] * d[$0] }, hessian: Matrix(diagonal: scales))
  }

  /// The curved valley; its Hessian is indefinite off the valley's floor.
  static let rosenbrock = Problem(
    description: "Rosenbrock", start: [-1.2, 1], minimum: [1, 1]
  ) { x in
    let (a, b) = (1 - x[0], x[1] - x[0] * x[0])
    let corner = -400 * x[0]
    return SecondOrder(
      value: a * a + 100 * b * b, gradient: [-2 * a - 400 * x[0] * b, 200 * b],
      hessian: Matrix(rows: [[2 - 400 * b + 800 * x[0] * x[0], corner], [corner, 200]]))
  }

  /// log(1 + e^x) − x/4 has its minimum at x = −log 3.
  static let logistic = Problem(
    description: "logistic", start: [30], minimum: [-1.09861228866810969140]
  ) { x in
    let e = exp(-abs(x[0]))
    let p = x[0] >= 0 ? 1 / (1 + e) : e / (1 + e)
    let value = max(x[0], 0) + log1p(e) - 0.25 * x[0]
    return SecondOrder(
      value: value, gradient: [p - 0.25], hessian: Matrix(diagonal: [p * (1 - p)]))
  }

  /// Flat at its minimum in one direction: Σ (x − c)⁴ + (y − c)².
  static let quartic = Problem(
    description: "quartic", start: [3, 3], minimum: [0.5, -0.5]
  ) { x in
    let (a, b) = (x[0] - 0.5, x[1] + 0.5)
    return SecondOrder(
      value: a * a * a * a + b * b, gradient: [4 * a * a * a, 2 * b],
      hessian: Matrix(diagonal: [12 * a * a, 2]))
  }

  /// A Poisson regression with one covariate, from far away: e^x overflows on a full first step.
  static let poisson = Problem(
    description: "Poisson", start: [-8], minimum: [0.69314718055994530942]
  ) { x in
    let mean = exp(x[0])
    return SecondOrder(
      value: mean - 2 * x[0], gradient: [mean - 2], hessian: Matrix(diagonal: [mean]))
  }
}
