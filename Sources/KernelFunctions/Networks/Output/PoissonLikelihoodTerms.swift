// The Poisson distribution with mean m = s y(a): loss = m − k log m + log k!, of a zero m; ∂ loss/∂ a = (m − k) y′/y.

/// The Poisson distribution with a link.
public enum PoissonTerms<Link: CountLink>: CountTerms {
  /// Derivatives m y′/y and losses m of zeros.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiateZeros<D: TileDispersions>(
    _ tile: OutputTile, _ dispersions: D, scale s: Floats, logSum: Floats
  ) -> Floats {
    var loss = Floats(repeating: 0)
    for g in 0..<tile.geneCount {
      let count = Link.mean(of: tile, g, scale: s, logSum: logSum)
      tile.derivatives[g] = count.mean * count.relativeSlope
      loss += count.mean
    }
    return loss
  }

  /// Counts of at most eight.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiate(_ entries: EntryArrays, _ j: Int) {
    let k = entries.values[j]
    let count = Link.mean(entries.logits[j], scale: entries.scales[j])
    var factorial = Floats(repeating: 1)
    for i in 1..<8 {
      let isInside = Floats(repeating: Float(i)) .< k
      factorial.replace(with: factorial * Float(i &+ 1), where: isInside)
    }
    entries.logits[j] = (count.mean - k) * count.relativeSlope
    entries.scales[j] = logarithm(factorial) - k * (logarithm(count.mean) + count.logShift)
  }

  /// Counts above eight, in double precision.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiateLong(
    logit a: Doubles, count k: Doubles, scale s: Doubles, dispersion r: Doubles
  ) -> LongCountTerms {
    let count = Link.mean(a, scale: s)
    return LongCountTerms(
      derivative: (count.mean - k) * count.relativeSlope,
      loss: logFactorial(k) - k * (logarithm(count.mean) + count.logShift),
      excess: Doubles(repeating: 0))
  }
}
