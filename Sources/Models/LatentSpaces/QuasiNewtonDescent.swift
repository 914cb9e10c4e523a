/// The way of one point downhill by the limited-memory quasi-Newton method, one evaluation at a time, so that many points
/// can be evaluated together:
///
///     d = −H g,   H from the last m pairs s = Δz, y = Δg      z ← z + t d,   t = 1, halved until f falls enough
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | z, f, g | the best point so far, its value, its gradient | `point`, `value`, `gradient` |
/// | m | pairs that are kept, 8 | `memory` |
///
/// It ends where the last five steps have not lowered f by 10⁻⁵ of it (at least by 10⁻⁵), where no step along the
/// gradient lowers it, or at a limit of evaluations.
///
/// Source: J. Nocedal, Mathematics of Computation 35:773–782, 1980, doi:10.1090/S0025-5718-1980-0572855-7, with Armijo's
/// condition.
package struct QuasiNewtonDescent: Sendable {
  private static let memory = 8
  /// Steps over which the fall of f is looked at, and how much it must be.
  private static let window = 5
  private static let tolerance = 1e-5
  /// Armijo's constant: the part of the fall that the slope promises.
  private static let sufficient = 1e-4
  /// The length of a first step, in units of the representations' scale.
  private static let firstLength = 0.1

  /// The best point so far.
  package private(set) var point: [Double]
  /// f there; infinite before the first evaluation.
  package private(set) var value = Double.infinity
  /// Whether there is nothing more to be done.
  package private(set) var isDone = false
  /// Whether it ended because f falls no more.
  package private(set) var isConverged = false
  /// The point to be evaluated next.
  package private(set) var trial: [Double]
  /// Evaluations so far.
  package private(set) var evaluationCount = 0

  private var gradient: [Double] = []
  private var direction: [Double] = []
  private var slope = 0.0
  private var step = 1.0
  private var pairs: [(s: [Double], y: [Double])] = []
  /// f after the last steps, the newest last.
  private var recent: [Double] = []

  /// A descent from a point.
  package init(from point: [Double]) {
    self.point = point
    trial = point
  }

  /// Takes notice of f and its gradient at `trial`.
  ///
  /// - Parameter limit: evaluations after which it ends in any case.
  package mutating func evaluated(_ f: Double, gradient g: [Double], limit: Int) {
    evaluationCount += 1
    let isGood = f.isFinite && g.allSatisfy(\.isFinite)
    if gradient.isEmpty {
      guard isGood else {
        isDone = true
        return
      }
      (value, gradient) = (f, g)
      recent = [f]
      restart()
    } else if isGood, f <= value + Self.sufficient * step * slope {
      accept(f, g)
    } else {
      shorten(f)
    }
    if evaluationCount >= limit { isDone = true }
  }

  /// The trial point is the new best one.
  private mutating func accept(_ f: Double, _ g: [Double]) {
    let s = zip(trial, point).map { $0 - $1 }
    let y = zip(g, gradient).map { $0 - $1 }
    let curvature = Self.product(s, y)
    if curvature > 1e-10 * Self.product(y, y) {
      if pairs.count == Self.memory { pairs.removeFirst() }
      pairs.append((s, y))
    }
    (point, value, gradient) = (trial, f, g)
    recent.append(f)
    if recent.count > Self.window + 1 { recent.removeFirst() }
    if recent.count == Self.window + 1,
      recent[0] - f < Self.tolerance * max(1, f.magnitude)
    {
      (isDone, isConverged) = (true, true)
      return
    }
    aim()
  }

  /// A shorter step along the same direction; after ten, along the gradient; after ten more there is none.
  private mutating func shorten(_ f: Double) {
    step *= f.isFinite ? 0.4 : 0.1
    if step < 1e-4 {
      guard !pairs.isEmpty else {
        (isDone, isConverged) = (true, true)
        return
      }
      restart()
      return
    }
    place()
  }

  /// Along the gradient, without a memory.
  private mutating func restart() {
    pairs = []
    aim()
  }

  private mutating func aim() {
    direction = quasiNewtonDirection()
    slope = Self.product(direction, gradient)
    if !(slope < 0) {
      guard !pairs.isEmpty else {
        (isDone, isConverged) = (true, true)
        return
      }
      restart()
      return
    }
    step = 1
    place()
  }

  private mutating func place() {
    trial = zip(point, direction).map { $0 + step * $1 }
  }

  /// −H g by the two loops.
  private func quasiNewtonDirection() -> [Double] {
    var q = gradient.map { -$0 }
    guard let last = pairs.last else {
      let length = Self.product(gradient, gradient).squareRoot()
      return length > 0 ? q.map { $0 * Self.firstLength / length } : q
    }
    var weights: [Double] = []
    for pair in pairs.reversed() {
      let weight = Self.product(pair.s, q) / Self.product(pair.s, pair.y)
      weights.append(weight)
      for index in q.indices { q[index] -= weight * pair.y[index] }
    }
    let scale = Self.product(last.s, last.y) / Self.product(last.y, last.y)
    for index in q.indices { q[index] *= scale }
    for (pair, weight) in zip(pairs, weights.reversed()) {
      let rest = weight - Self.product(pair.y, q) / Self.product(pair.s, pair.y)
      for index in q.indices { q[index] += rest * pair.s[index] }
    }
    return q
  }

  private static func product(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
  }
}
