/// The root of an increasing function: Newton's steps, bisection where one would leave the bracket.
///
/// - Parameters:
///   - start: the first point, inside the bracket.
///   - evaluate: the function and its derivative.
func safeguardedNewton(
  start: Double, in bracket: ClosedRange<Double>,
  _ evaluate: (Double) -> (value: Double, slope: Double)
) -> Double {
  var (lower, upper) = (bracket.lowerBound, bracket.upperBound)
  var point = start
  for _ in 0..<200 {
    let (value, slope) = evaluate(point)
    if value == 0 { return point }
    if value < 0 { lower = point } else { upper = point }
    var next = point - value / slope
    if !(next > lower && next < upper) { next = 0.5 * (lower + upper) }
    let step = abs(next - point)
    point = next
    if step <= 0x1p-51 * max(abs(point), 0x1p-20) { return point }
  }
  return point
}
