/// A step length that satisfies the strong Wolfe conditions.
///
///     f(x + t d) ≤ f(x) + c₁ t g·d,   |g(x + t d)·d| ≤ c₂ |g·d|
///
/// Bracketing, then cubic interpolation inside the bracket. Where rounding hides the decrease, the first
/// condition is replaced by that on slopes (Hager and Zhang): f(x + t d) ≤ f(x) + 10⁻¹³ |f(x)| and
/// slope ≤ (1 − 2c₁) |g·d|. Trial points where the objective is not finite count as too far.
/// Source: J. Nocedal, S. J. Wright, Numerical optimization, 2006, algorithms 3.5 and 3.6; W. W. Hager,
/// H. Zhang, SIAM J. Optim. 16:170–192, 2005, doi:10.1137/030601880, equation 4.1.
struct WolfeLineSearch {
  var sufficientDecrease = 1e-4  // c₁
  var curvature = 0.9  // c₂
  var evaluationLimit = 40

  struct Trial {
    var step: Double
    var value: Double
    var slope: Double
  }

  /// The accepted step, or `nil` if none was found within the limit.
  ///
  /// - Parameters:
  ///   - start: step 0, with the slope g·d < 0.
  ///   - evaluate: the objective and its slope at a step; the last call is at the step returned.
  func run(
    from start: Trial, firstStep: Double,
    _ evaluate: (Double) throws -> (value: Double, slope: Double)
  ) rethrows -> Trial? {
    var previous = start
    var step = firstStep
    for evaluation in 0..<evaluationLimit {
      let (value, slope) = try evaluate(step)
      let trial = Trial(step: step, value: value, slope: slope)
      guard value.isFinite, slope.isFinite else {
        // too far: come back towards the last good point
        step = previous.step + 0.1 * (step - previous.step)
        continue
      }
      if accepts(trial, start) { return trial }
      let isHigher = !decreases(trial, start) || (evaluation > 0 && value >= previous.value)
      if isHigher {
        return try zoom(previous, trial, start, evaluationLimit - evaluation, evaluate)
      }
      if slope >= 0 {
        return try zoom(trial, previous, start, evaluationLimit - evaluation, evaluate)
      }
      previous = trial
      step *= 2
    }
    return nil
  }

  private func decreases(_ trial: Trial, _ start: Trial) -> Bool {
    if trial.value <= start.value + sufficientDecrease * trial.step * start.slope { return true }
    return trial.value <= start.value + 1e-13 * abs(start.value)
      && trial.slope <= (2 * sufficientDecrease - 1) * start.slope
  }

  private func accepts(_ trial: Trial, _ start: Trial) -> Bool {
    decreases(trial, start) && abs(trial.slope) <= -curvature * start.slope
  }

  /// `low` is the better end of the bracket: it decreases enough.
  private func zoom(
    _ low: Trial, _ high: Trial, _ start: Trial, _ limit: Int,
    _ evaluate: (Double) throws -> (value: Double, slope: Double)
  ) rethrows -> Trial? {
    var (low, high) = (low, high)
    for _ in 0..<limit {
      let width = high.step - low.step
      if abs(width) <= 1e-16 * max(abs(low.step), 1e-300) { break }
      var step = cubicMinimum(low, high)
      let (nearest, farthest) = (low.step + 0.1 * width, low.step + 0.9 * width)
      let (least, most) = (min(nearest, farthest), max(nearest, farthest))
      if !(step >= least && step <= most) { step = low.step + 0.5 * width }
      let (value, slope) = try evaluate(step)
      let trial = Trial(step: step, value: value, slope: slope)
      guard value.isFinite, slope.isFinite else {
        high = Trial(step: step, value: .infinity, slope: .infinity)
        continue
      }
      if accepts(trial, start) { return trial }
      if !decreases(trial, start) || value > low.value {
        high = trial
      } else {
        if slope * width >= 0 { high = low }
        low = trial
      }
    }
    return nil
  }

  /// The minimum of the cubic through both values and slopes; NaN where there is none.
  private func cubicMinimum(_ a: Trial, _ b: Trial) -> Double {
    let width = b.step - a.step
    let d1 = a.slope + b.slope - 3 * (b.value - a.value) / width
    let square = d1 * d1 - a.slope * b.slope
    guard square >= 0 else { return .nan }
    let d2 = width < 0 ? -square.squareRoot() : square.squareRoot()
    return b.step - width * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2)
  }
}
