// The negative binomial with zeros that are no counts: with probability σ(π) the value is zero whatever the mean.
// With L₀ = r log(1 + m/r), the loss of a zero of the negative binomial:
//
//     of a zero:   loss = ς(−π) − ς(−π − L₀)      of a count: loss = negative binomial's + ς(π)
//     share w = σ(−π − L₀) that a zero is a count: its derivatives are w times the negative binomial's
//     ∂ loss/∂ π = w − σ(−π) of a zero, σ(π) of a count
//
// with ς(x) = log(1 + eˣ) and the logistic function σ. Relative to a zero, what a count's loss and excess have beyond
// those of the negative binomial is ς(π + L₀) and σ(π + L₀) times the excess of a zero: see `InflatedEntries`.

/// log(1 + eˣ) and 1/(1 + e⁻ˣ).
@_alwaysEmitIntoClient @inline(__always)
func softplusAndSigmoid(_ x: Floats) -> Activated {
  let e = exponential(-smaller(magnitude(x), Floats(repeating: 86)))
  let c = 1 / (1 + e)
  let value = larger(x, Floats(repeating: 0)) + logarithmUpToOne(onePlus: e)
  return Activated(value, slope: c.replacing(with: e * c, where: x .< Floats(repeating: 0)))
}

/// What the gathered entries of a zero-inflated likelihood change beyond those of the negative binomial.
@frozen public struct InflatedEntries: @unchecked Sendable {
  /// π of each entry, replaced by ∂ loss/∂ π.
  public let logits: UnsafeMutablePointer<Floats>
  /// Written: what is added to the loss.
  public let losses: UnsafeMutablePointer<Floats>
  /// Written: what is added to the excess.
  public let excess: UnsafeMutablePointer<Floats>

  /// Arrays of one length, a multiple of sixteen.
  @_alwaysEmitIntoClient @inline(__always)
  public init(
    logits: UnsafeMutablePointer<Floats>, losses: UnsafeMutablePointer<Floats>,
    excess: UnsafeMutablePointer<Floats>
  ) {
    self.logits = logits
    self.losses = losses
    self.excess = excess
  }
}

/// The zero-inflated negative binomial with a link.
public enum ZeroInflatedTerms<Link: CountLink>: EntryTerms {
  /// Counts as of the negative binomial; `differentiateInflation` before that says what is added.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiate(_ entries: EntryArrays, _ j: Int) {
    NegativeBinomialTerms<Link>.differentiate(entries, j)
  }

  /// ∂ loss/∂ π of sixteen entries, and what is added to their loss and excess; the entries themselves stay.
  @_alwaysEmitIntoClient @inline(__always)
  static func differentiateInflation(
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

  /// One gene of a tile of zeros: the loss; replaces π by the derivative, writes the excess, returns the share too.
  @_alwaysEmitIntoClient @inline(__always)
  static func differentiateZero<D: TileDispersions>(
    _ tile: OutputTile, _ dispersions: D, _ g: Int, mean m: Floats, _ loss: inout Floats
  ) -> Floats {
    let t = m * dispersions.inverse(g)
    let reciprocal = 1 / (1 + t)
    let (log, excess) = logarithmAndExcess(onePlus: t, reciprocal: reciprocal)
    let logit = -tile.inflation[g]
    let all = softplusAndSigmoid(logit)
    let counted = softplusAndSigmoid(logit - dispersions.value(g) * log)
    loss += all.value - counted.value
    tile.inflation[g] = counted.slope - all.slope
    tile.excess[g] = counted.slope * excess
    return counted.slope * m * reciprocal
  }
}

extension ZeroInflatedTerms: SeparateTerms where Link: OutputLink {
  /// Derivatives by both logits, excess and losses of zeros.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiateZeros<D: TileDispersions>(
    _ tile: OutputTile, _ dispersions: D, scale s: Floats
  ) -> Floats {
    var loss = Floats(repeating: 0)
    for g in 0..<tile.geneCount {
      let count = Link.mean(tile.logits[g], scale: s)
      let v = differentiateZero(tile, dispersions, g, mean: count.mean, &loss)
      tile.logits[g] = v * count.relativeSlope
    }
    return loss
  }
}

extension ZeroInflatedTerms: NormalisedTerms where Link == SoftmaxLink {
  /// Logits become p; v, derivatives by π, excess and losses of zeros.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiateZeros<D: TileDispersions>(
    _ tile: OutputTile, _ dispersions: D, scale s: Floats, logSum: Floats
  ) -> Floats {
    var loss = Floats(repeating: 0)
    let least = Floats(repeating: -60)
    for g in 0..<tile.geneCount {
      let p = exponential(larger(tile.logits[g] - logSum, least))
      tile.logits[g] = p
      tile.derivatives[g] = differentiateZero(tile, dispersions, g, mean: s * p, &loss)
    }
    return loss
  }
}

@usableFromInline @frozen struct InflationOfEntries: CountLinkVisitor {
  @usableFromInline let entries: EntryArrays
  @usableFromInline let inflated: InflatedEntries
  @usableFromInline let vectorCount: Int

  @_alwaysEmitIntoClient @inline(__always)
  init(_ entries: EntryArrays, _ inflated: InflatedEntries, vectorCount: Int) {
    self.entries = entries
    self.inflated = inflated
    self.vectorCount = vectorCount
  }

  @_alwaysEmitIntoClient @inline(__always)
  @usableFromInline func visit<L: CountLink>(_ link: L.Type) {
    for j in 0..<vectorCount {
      ZeroInflatedTerms<L>.differentiateInflation(entries, inflated, j)
    }
  }
}

/// What zero inflation changes for gathered entries, before `differentiateEntries` replaces them.
@_alwaysEmitIntoClient @inline(__always)
public func differentiateInflatedEntries(
  _ kind: OutputKind, _ entries: EntryArrays, _ inflated: InflatedEntries, vectorCount: Int
) {
  kind.acceptCountLink(InflationOfEntries(entries, inflated, vectorCount: vectorCount))
}
