// The negative binomial with zeros that are no counts: with probability σ(π) the value is zero whatever the mean.
// With L₀ = r log(1 + m/r), the loss of a zero of the negative binomial:
//
//     of a zero:   loss = ς(−π) − ς(−π − L₀)      of a count: loss = negative binomial's + ς(π)
//     share w = σ(−π − L₀) that a zero is a count: its derivatives are w times the negative binomial's
//     ∂ loss/∂ π = w − σ(−π) of a zero, σ(π) of a count
//
// with ς(x) = log(1 + eˣ) and the logistic function σ. Relative to a zero, what a count's loss and excess have beyond
// those of the negative binomial is ς(π + L₀) and σ(π + L₀) times the excess of a zero: see `InflatedEntries`.

/// The zero-inflated negative binomial with a link.
public enum ZeroInflatedTerms<Link: CountLink>: CountTerms {
  /// Derivatives by both logits, excess and losses of zeros.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiateZeros<D: TileDispersions>(
    _ tile: OutputTile, _ dispersions: D, scale s: Floats, logSum: Floats
  ) -> Floats {
    var loss = Floats(repeating: 0)
    for g in 0..<tile.geneCount {
      let count = Link.mean(of: tile, g, scale: s, logSum: logSum)
      let t = count.mean * dispersions.inverse(g)
      let reciprocal = 1 / (1 + t)
      let (log, excess) = logarithmAndExcess(onePlus: t, reciprocal: reciprocal)
      let logit = -tile.inflation[g]
      let all = softplusAndSigmoid(logit)
      let counted = softplusAndSigmoid(logit - dispersions.value(g) * log)
      loss += all.value - counted.value
      tile.inflation[g] = counted.slope - all.slope
      tile.excess[g] = counted.slope * excess
      tile.derivatives[g] = counted.slope * count.mean * reciprocal * count.relativeSlope
    }
    return loss
  }

  /// Short counts as of the negative binomial; `differentiateInflation` before that says what is added.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiate(_ entries: EntryArrays, _ j: Int) {
    NegativeBinomialTerms<Link>.differentiate(entries, j)
  }

  /// Long counts as of the negative binomial.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiateLong(
    logit a: Doubles, count k: Doubles, scale s: Doubles, dispersion r: Doubles
  ) -> LongCountTerms {
    NegativeBinomialTerms<Link>.differentiateLong(logit: a, count: k, scale: s, dispersion: r)
  }

  /// ∂ loss/∂ π of sixteen entries, and what is added to their loss and excess; the entries themselves stay.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiateInflation(
    _ entries: EntryArrays, _ inflated: InflatedEntries, _ j: Int
  ) {
    let r = entries.dispersions[j]
    let t = Link.mean(entries.logits[j], scale: entries.scales[j]).mean / r
    let (log, excess) = logarithmAndExcess(onePlus: t, reciprocal: 1 / (1 + t))
    let beyond = softplusAndSigmoid(inflated.logits[j] + r * log)
    inflated.losses[j] = beyond.value
    inflated.excess[j] = beyond.slope * excess
    inflated.logits[j] = softplusAndSigmoid(inflated.logits[j]).slope
  }
}

/// log(1 + eˣ) and 1/(1 + e⁻ˣ).
@_alwaysEmitIntoClient @inline(__always)
func softplusAndSigmoid(_ x: Floats) -> Activated {
  let e = exponential(-smaller(magnitude(x), Floats(repeating: 86)))
  let c = 1 / (1 + e)
  let value = larger(x, Floats(repeating: 0)) + logarithmUpToOne(onePlus: e)
  return Activated(value, slope: c.replacing(with: e * c, where: x .< Floats(repeating: 0)))
}
