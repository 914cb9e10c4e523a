/// A gradient against central differences with one Richardson step.
///
///     g_i ≈ (4 D(h/2) − D(h)) / 3,  D(h) = (f(x + h e_i) − f(x − h e_i)) / 2h,  h = 1e-3 max(1, |x_i|)
///
/// The error of order h² cancels, h⁴ remains, so that a large step can be used and rounding stays small.
public struct GradientCheck: Sendable, CustomStringConvertible {
  /// ‖g − g_fd‖ / max(1, ‖g‖), Euclidean.
  public let error: Double
  /// The entry that differs most.
  public let worst: Int
  /// The given derivative at that entry.
  public let given: Double
  /// The difference quotient at that entry.
  public let difference: Double

  /// Compares `gradient` with the differences of `function` at `point`.
  public init(
    at point: [Double], gradient: [Double], step: Double = 1e-3, of function: ([Double]) -> Double
  ) {
    precondition(point.count == gradient.count, "a gradient of another length than its point")
    var x = point
    func quotient(_ index: Int, _ h: Double) -> Double {
      let centre = x[index]
      defer { x[index] = centre }
      x[index] = centre + h
      let above = function(x)
      x[index] = centre - h
      return (above - function(x)) / (2 * h)
    }
    var squares = 0.0
    var norm = 0.0
    var (worst, largest, differenceThere) = (0, -1.0, 0.0)
    for index in point.indices {
      let h = step * max(1, abs(point[index]))
      let difference = (4 * quotient(index, h / 2) - quotient(index, h)) / 3
      let size = abs(gradient[index] - difference)
      squares += size * size
      norm += gradient[index] * gradient[index]
      if !(size <= largest) { (worst, largest, differenceThere) = (index, size, difference) }
    }
    error = squares.squareRoot() / max(1, norm.squareRoot())
    self.worst = worst
    given = gradient.isEmpty ? 0 : gradient[worst]
    difference = differenceThere
  }

  /// Whether the error is at most `limit`; NaN never is.
  public func passes(_ limit: Double = 1e-7) -> Bool { error <= limit }

  /// The figures, for a failed expectation.
  public var description: String {
    "gradient differs by \(error); at entry \(worst) it is \(given), differences give \(difference)"
  }
}
