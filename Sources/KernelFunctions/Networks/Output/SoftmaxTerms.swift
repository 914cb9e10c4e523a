// Softmax over all genes: p_g = eᵃ / Σ eᵃ, m = s p. Three rounds over the tiles, because the derivative
//
//     ∂loss/∂a_g = v_g − p_g Σ_h v_h,    v = m/(1 + m/r) for a zero
//
// needs Σ eᵃ first and Σ v after that.

/// y = eᵃ / Σ eᵃ over all genes.
public enum SoftmaxLink: CountLink {
  /// y(a), the share of a gene.
  @_alwaysEmitIntoClient @inline(__always)
  public static func value(_ a: Floats, logSum: Floats) -> Floats {
    exponential(larger(a - logSum, Floats(repeating: -86)))
  }

  /// The mean of sixteen entries.
  @_alwaysEmitIntoClient @inline(__always)
  public static func mean(_ a: Floats, scale s: Floats) -> CountMean<Floats> {
    let shift = smaller(a + 60, Floats(repeating: 0))
    return CountMean(
      s * exponential(larger(a, Floats(repeating: -60))), relativeSlope: Floats(repeating: 1),
      logShift: shift)
  }

  /// The mean of four entries.
  @_alwaysEmitIntoClient @inline(__always)
  public static func mean(_ a: Doubles, scale s: Doubles) -> CountMean<Doubles> {
    let least = Doubles(repeating: -600)
    let low = a .< least
    return CountMean(
      s * exponential(a.replacing(with: least, where: low)), relativeSlope: Doubles(repeating: 1),
      logShift: Doubles(repeating: 0).replacing(with: a + 600, where: low))
  }

  /// The mean of a gene; its share replaces the logit.
  @_alwaysEmitIntoClient @inline(__always)
  public static func mean(
    of tile: OutputTile, _ g: Int, scale s: Floats, logSum: Floats
  ) -> CountMean<Floats> {
    let p = exponential(larger(tile.logits[g] - logSum, Floats(repeating: -60)))
    tile.logits[g] = p
    return CountMean(
      s * p, relativeSlope: Floats(repeating: 1), logShift: Floats(repeating: 0))
  }

  /// v = m/(1 + m/r).
  @_alwaysEmitIntoClient @inline(__always)
  public static func negativeBinomialStage<D: TileDispersions>(
    _ tile: OutputTile, first: Int, count: Int, _ dispersions: D, scale s: Floats, logSum: Floats
  ) {
    let least = Floats(repeating: -60)
    for g in 0..<count {
      let p = exponential(larger(tile.logits[first &+ g] - logSum, least))
      let m = s * p
      let t = m * dispersions.inverse(first &+ g)
      let share = 1 / (1 + t)
      tile.logits[first &+ g] = p
      tile.derivatives[first &+ g] = m * share
      tile.stage[g] = t
      tile.stage[stageGenes &+ g] = share
    }
  }
}

/// The largest logit of each row, and Σ e^(a − largest).
@_alwaysEmitIntoClient @inline(always)
public func maximumAndSum(
  _ u: UnsafePointer<Floats>, geneCount: Int
) -> (maximum: Floats, sum: Floats) {
  var maximum = u[0]
  for g in 1..<max(geneCount, 1) { maximum = larger(maximum, u[g]) }
  let least = Floats(repeating: -86)
  var sum = Floats(repeating: 0)
  for g in 0..<geneCount { sum += exponential(larger(u[g] - maximum, least)) }
  return (maximum, sum)
}

/// Σ_g v_g of each row.
@_alwaysEmitIntoClient @inline(always)
public func sumOverGenes(_ v: UnsafePointer<Floats>, geneCount: Int) -> Floats {
  var sum = Floats(repeating: 0)
  for g in 0..<geneCount { sum += v[g] }
  return sum
}

/// v becomes v − p Σ v.
@_alwaysEmitIntoClient @inline(always)
public func subtractMean(
  _ v: UnsafeMutablePointer<Floats>, _ p: UnsafePointer<Floats>, geneCount: Int, total: Floats
) {
  for g in 0..<geneCount { v[g] = v[g].addingProduct(-total, p[g]) }
}
