import Probability

/// Derivatives along one random direction for each block of parameters, by a model's formulas and by central
/// differences with one Richardson step.
///
///     ⟨∇f, d⟩  against  (4 D(h/2) − D(h)) / 3,  D(h) = (f(x + h d) − f(x − h d)) / 2h,  ‖d‖ = 1,  h = 10⁻³
///
/// Local. Blocks without parameters are left out.
/// - Parameters:
///   - blocks: the point, block by block.
///   - gradients: the gradient there, in the same shape.
///   - tolerance: up to which relative error they agree.
///   - value: the function.
/// - Throws: what the function throws.
public func comparedDerivatives<Failure: Error>(
  of blocks: [(name: String, values: [Double])], gradients: [[Double]], tolerance: Double = 1e-5,
  value: ([[Double]]) throws(Failure) -> Double
) throws(Failure) -> [GradientComparison] {
  var comparisons: [GradientComparison] = []
  for block in blocks.indices where !blocks[block].values.isEmpty {
    let direction = checkedDirection(block: block, count: blocks[block].values.count)
    func quotient(_ h: Double) throws(Failure) -> Double {
      func moved(_ step: Double) throws(Failure) -> Double {
        var point = blocks.map(\.values)
        point[block] = zip(point[block], direction).map { $0 + step * $1 }
        return try value(point)
      }
      return try (moved(h) - moved(-h)) / (2 * h)
    }
    let difference = try (4 * quotient(5e-4) - quotient(1e-3)) / 3
    let derivative = zip(gradients[block], direction).map(*).reduce(0, +)
    comparisons.append(
      GradientComparison(
        blocks[block].name, derivative: derivative, difference: difference, tolerance: tolerance))
  }
  return comparisons
}

/// The random direction of a block of so many parameters, of length one.
public func checkedDirection(block: Int, count: Int) -> [Double] {
  var stream = RandomSource(seed: 8).stream("checked direction", index: block)
  let values = (0..<count).map { _ in stream.normal() }
  let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  return values.map { $0 / max(norm, .leastNormalMagnitude) }
}
