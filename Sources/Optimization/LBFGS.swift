/// Minimisation by the limited-memory BFGS method with a line search for the strong Wolfe conditions.
///
/// The state is a value that every rank holds alike: the caller evaluates the objective (together with the
/// other ranks), the directions are computed everywhere from the same numbers in the same order. One call of
/// ``step(_:_:)`` is one iteration, so that checkpoints can be written between iterations.
///
/// Source: D. C. Liu, J. Nocedal, On the limited memory BFGS method for large scale optimization, Math.
/// Program. 45:503–528, 1989, doi:10.1007/BF01589116.
public struct LBFGS: Codable, Sendable {
  /// Pairs of steps and gradient changes that are remembered.
  public let memory: Int
  /// The step ends the run where ‖g‖ ≤ this · max(1, ‖x‖).
  public let gradientTolerance: Double
  /// The step ends the run where |Δf| ≤ this · max(|f|, 1); 0: never.
  public let objectiveTolerance: Double
  /// Iterations done.
  public private(set) var iterationCount = 0
  /// Evaluations of the objective done.
  public private(set) var evaluationCount = 0
  /// f at the present point; NaN before the first step.
  public private(set) var value = Double.nan
  /// g at the present point.
  public private(set) var gradient: [Double] = []
  private var steps: [[Double]] = []
  private var changes: [[Double]] = []

  /// A run that has not begun.
  ///
  /// - Precondition: memory ≥ 1, tolerances ≥ 0.
  public init(memory: Int = 10, gradientTolerance: Double = 1e-8, objectiveTolerance: Double = 0) {
    precondition(memory >= 1 && gradientTolerance >= 0 && objectiveTolerance >= 0)
    self.memory = memory
    self.gradientTolerance = gradientTolerance
    self.objectiveTolerance = objectiveTolerance
  }

  /// One iteration.
  ///
  /// - Parameters:
  ///   - point: x, moved to the new point; left where it is if the iteration fails.
  ///   - evaluate: returns f(x) and writes its gradient, which has x's length.
  /// - Returns: why the run has ended, or `nil`: go on.
  /// - Complexity: O(memory · n) and usually one evaluation.
  public mutating func step(
    _ point: inout [Double], _ evaluate: ([Double], inout [Double]) throws -> Double
  ) rethrows -> Termination? {
    if gradient.isEmpty {
      gradient = Array(repeating: 0, count: point.count)
      value = try evaluate(point, &gradient)
      evaluationCount += 1
    }
    guard value.isFinite, gradient.allSatisfy({ $0.isFinite }) else { return .objectiveNotFinite }
    if isFlat(point) { return .gradientTolerance }

    let old = (point: point, value: value, gradient: gradient)
    var accepted = try search(&point, old, evaluate)
    if accepted == nil, !steps.isEmpty {
      // the memory may mislead: once more along the gradient alone
      steps = []
      changes = []
      accepted = try search(&point, old, evaluate)
    }
    guard accepted != nil else {
      (point, value, gradient) = (old.point, old.value, old.gradient)
      return .lineSearchFailed
    }
    iterationCount += 1
    remember(subtracted(point, old.point), subtracted(gradient, old.gradient))
    if isFlat(point) { return .gradientTolerance }
    let change = abs(value - old.value)
    return objectiveTolerance > 0 && change <= objectiveTolerance * max(abs(value), 1)
      ? .objectiveTolerance : nil
  }

  /// Iterates until a tolerance is met or `stepLimit` iterations are done.
  public mutating func minimize(
    _ point: inout [Double], stepLimit: Int,
    _ evaluate: ([Double], inout [Double]) throws -> Double
  ) rethrows -> Termination {
    for _ in 0..<stepLimit {
      if let termination = try step(&point, evaluate) { return termination }
    }
    return .stepLimit
  }

  private func isFlat(_ point: [Double]) -> Bool {
    norm(gradient) <= gradientTolerance * max(1, norm(point))
  }

  private mutating func search(
    _ point: inout [Double], _ old: (point: [Double], value: Double, gradient: [Double]),
    _ evaluate: ([Double], inout [Double]) throws -> Double
  ) rethrows -> WolfeLineSearch.Trial? {
    let direction = descentDirection(old.gradient)
    let slope = dot(direction, old.gradient)
    guard slope < 0 else { return nil }
    let start = WolfeLineSearch.Trial(step: 0, value: old.value, slope: slope)
    let firstStep = steps.isEmpty ? min(1, 1 / norm(old.gradient)) : 1
    return try WolfeLineSearch().run(from: start, firstStep: firstStep) { step in
      for index in point.indices { point[index] = old.point[index] + step * direction[index] }
      value = try evaluate(point, &gradient)
      evaluationCount += 1
      return (value, dot(gradient, direction))
    }
  }

  /// −H g by the two-loop recursion, H ≈ the inverse Hessian.
  private func descentDirection(_ gradient: [Double]) -> [Double] {
    var direction = gradient.map { -$0 }
    var weights = [Double](repeating: 0, count: steps.count)
    for index in steps.indices.reversed() {
      let weight = dot(steps[index], direction) / dot(steps[index], changes[index])
      weights[index] = weight
      for k in direction.indices { direction[k] -= weight * changes[index][k] }
    }
    if let step = steps.last, let change = changes.last {
      let scale = dot(step, change) / dot(change, change)
      for k in direction.indices { direction[k] *= scale }
    }
    for index in steps.indices {
      let weight = dot(changes[index], direction) / dot(steps[index], changes[index])
      for k in direction.indices { direction[k] += (weights[index] - weight) * steps[index][k] }
    }
    return direction
  }

  private mutating func remember(_ step: [Double], _ change: [Double]) {
    let curvature = dot(step, change)
    guard curvature > 1e-14 * norm(step) * norm(change) else { return }
    if steps.count == memory {
      steps.removeFirst()
      changes.removeFirst()
    }
    steps.append(step)
    changes.append(change)
  }
}

/// Σ a_i b_i in ascending order.
func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for index in a.indices { sum += a[index] * b[index] }
  return sum
}

/// ‖a‖.
func norm(_ a: [Double]) -> Double { dot(a, a).squareRoot() }

private func subtracted(_ a: [Double], _ b: [Double]) -> [Double] {
  a.indices.map { a[$0] - b[$0] }
}
