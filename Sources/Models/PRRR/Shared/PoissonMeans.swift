/// μ ← s ∘ exp(min(η, 30)) in place for one gene, with Σ μ and the number of rows that were clipped.
///
/// The exponential is computed eight at a time, to 2 units in the last place:
///
///     n = round(x / ln 2), r = x − n ln 2 (in two parts), exp x = 2ⁿ Σ_{i ≤ 13} rⁱ / i!
///
/// Edge cases: η ≥ 30 is clipped, so that a trial step that is far too long stays finite and is refused by the
/// line search; η < −700 gives 10⁻³⁰⁴; NaN stays NaN.
/// - Parameters:
///   - predictors: η, replaced by μ; its storage holds whole vectors of eight.
///   - exposure: s, with zeros behind its end up to a multiple of eight.
///   - count: rows.
@inline(__always)
package func replacePredictorsByMeans(
  _ predictors: UnsafeMutablePointer<Double>, exposure: UnsafePointer<Double>, count: Int
) -> (sum: Double, clipped: Int) {
  typealias Vector = SIMD8<Double>
  let magic = Vector(repeating: 0x1.8p52)
  var sums = Vector(repeating: 0)
  var clipped = 0
  let limit = Vector(repeating: PoissonLimits.largestPredictor)
  var row = 0
  while row < count {
    let raw = UnsafeRawPointer(predictors + row).loadUnaligned(as: Vector.self)
    var x = raw
    let over = raw .> limit
    if any(over) {
      for lane in 0..<min(8, count - row) where over[lane] { clipped += 1 }
      x.replace(with: limit, where: over)
    }
    x.replace(with: Vector(repeating: -700), where: x .< Vector(repeating: -700))
    let shifted = x * Vector(repeating: 1.4426950408889634) + magic
    let n = shifted - magic
    var r = x - n * Vector(repeating: 0x1.62e42fefa0000p-1)
    r = r - n * Vector(repeating: 0x1.cf79abc9e3b39p-40)
    var p = Vector(repeating: 1 / 6_227_020_800)
    p = p * r + Vector(repeating: 1 / 479_001_600)
    p = p * r + Vector(repeating: 1 / 39_916_800)
    p = p * r + Vector(repeating: 1 / 3_628_800)
    p = p * r + Vector(repeating: 1 / 362_880)
    p = p * r + Vector(repeating: 1 / 40320)
    p = p * r + Vector(repeating: 1 / 5040)
    p = p * r + Vector(repeating: 1 / 720)
    p = p * r + Vector(repeating: 1 / 120)
    p = p * r + Vector(repeating: 1 / 24)
    p = p * r + Vector(repeating: 1 / 6)
    p = p * r + Vector(repeating: 0.5)
    p = p * r + Vector(repeating: 1)
    p = p * r + Vector(repeating: 1)
    let bits = unsafeBitCast(shifted, to: SIMD8<Int64>.self) &<< 52
    let power = unsafeBitCast(
      bits &+ SIMD8<Int64>(repeating: 1023 << 52), to: Vector.self)
    let s = UnsafeRawPointer(exposure + row).loadUnaligned(as: Vector.self)
    let mean = p * power * s
    UnsafeMutableRawPointer(predictors + row).storeBytes(of: mean, as: Vector.self)
    sums += mean
    row += 8
  }
  return (sums.sum(), clipped)
}

/// Bounds of the Poisson models with a log link.
package enum PoissonLimits {
  /// Linear predictors above are clipped: e³⁰ ≈ 10¹³ times the exposure.
  package static let largestPredictor = 30.0
}
