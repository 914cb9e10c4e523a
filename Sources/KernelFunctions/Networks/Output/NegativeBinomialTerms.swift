// The negative binomial with mean m = s y(a) and dispersion r:
//
//     loss = −log Γ(k + r) + log Γ(r) + log k! − k log(m/(r + m)) − r log(r/(r + m))
//     of a zero: r log(1 + m/r)      ∂ loss/∂ a of a zero: r m/(r + m) · y′/y

/// The negative binomial with a link.
public enum NegativeBinomialTerms<Link: CountLink>: CountTerms {
  /// Derivatives, excess and losses of zeros, stage by stage.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiateZeros<D: TileDispersions>(
    _ tile: OutputTile, _ dispersions: D, scale s: Floats, logSum: Floats
  ) -> Floats {
    var loss = Floats(repeating: 0)
    var first = 0
    while first < tile.geneCount {
      let count = min(stageGenes, tile.geneCount &- first)
      Link.negativeBinomialStage(
        tile, first: first, count: count, dispersions, scale: s, logSum: logSum)
      for g in 0..<count {
        let (log, rest) = logarithmAndExcess(
          onePlus: tile.stage[g], reciprocal: tile.stage[stageGenes &+ g])
        tile.excess[first &+ g] = rest
        loss = loss.addingProduct(dispersions.value(first &+ g), log)
      }
      first &+= count
    }
    return loss
  }

  /// Short counts:
  ///
  ///     loss − loss(0) = −log Π_{i<k} (r + i)/(i + 1) + k log(1 + r/m)
  ///     ∂loss/∂a = −r (k − m)/(r + m) · y′/y
  ///     added to the excess: k/(r + m) − Σ_{i<k} 1/(r + i) = −Σ_{i<k} (m − i)/(r + i) / (r + m)
  ///
  /// With P = Π (r + i)/(i + 1) and N = Σ (m − i) P/(r + i), built factor by factor, one division and one
  /// logarithm are enough.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiate(_ entries: EntryArrays, _ j: Int) {
    let k = entries.values[j]
    let r = entries.dispersions[j]
    let count = Link.mean(entries.logits[j], scale: entries.scales[j])
    let m = count.mean
    var product = r
    var sum = m
    extend(&product, &sum, by: 1, k, r, m)
    extend(&product, &sum, by: 2, k, r, m)
    extend(&product, &sum, by: 3, k, r, m)
    var logarithms = logarithm(product)
    var quotient = sum / product
    if any(Floats(repeating: 4) .< k) {
      let isLong = Floats(repeating: 4) .< k
      var upper = Floats(repeating: 1).replacing(with: (r + 4) * 0.2, where: isLong)
      var upperSum = Floats(repeating: 0).replacing(with: (m - 4) * 0.2, where: isLong)
      extend(&upper, &upperSum, by: 5, k, r, m)
      extend(&upper, &upperSum, by: 6, k, r, m)
      extend(&upper, &upperSum, by: 7, k, r, m)
      logarithms += logarithm(upper)
      quotient += upperSum / upper
    }
    let share = 1 / (r + m)
    let odds = logarithm(onePlus: r / m) - count.logShift
    entries.logits[j] = r * (m - k) * share * count.relativeSlope
    entries.scales[j] = k * odds - logarithms
    entries.dispersions[j] = -(quotient * share)
  }

  /// Long counts. With ρ = r + 8, A = r + k:
  ///
  ///     log Γ(A) − log Γ(r)  = log Π_{i<8} (r + i) + log Γ(A) − log Γ(ρ)          by Stirling's series
  ///     ψ(A) − ψ(r)          = Σ_{i<8} 1/(r + i)   + ψ(A) − ψ(ρ)
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiateLong(
    logit a: Doubles, count k: Doubles, scale s: Doubles, dispersion r: Doubles
  ) -> LongCountTerms {
    let count = Link.mean(a, scale: s)
    let m = count.mean
    var product = r
    var sum = 1 / r
    for i in 1..<8 {
      let factor = r + Double(i)
      product *= factor
      sum += 1 / factor
    }
    let total = r + k
    let start = r + 8
    let logTotal = logarithm(total)
    let logStart = logarithm(start)
    let rising =
      logarithm(product) + logGamma(total, logarithm: logTotal)
      - logGamma(start, logarithm: logStart)
    let share = 1 / (r + m)
    let digammas =
      sum + digamma(total, logarithm: logTotal) - digamma(start, logarithm: logStart)
    return LongCountTerms(
      derivative: r * (m - k) * share * count.relativeSlope,
      loss: k * (logarithm(onePlus: r / m) - count.logShift) - rising + logFactorial(k),
      excess: k * share - digammas)
  }
}

/// One more factor (r + i)/(i + 1), where i < k.
@_alwaysEmitIntoClient @inline(__always)
func extend(
  _ product: inout Floats, _ sum: inout Floats, by i: Float, _ k: Floats, _ r: Floats, _ m: Floats
) {
  let isInside = Floats(repeating: i) .< k
  let divisor = 1 / (i + 1)
  let factor = (r + i) * divisor
  let longer = (sum * factor).addingProduct((m - i) * divisor, product)
  sum.replace(with: longer, where: isInside)
  product.replace(with: product * factor, where: isInside)
}
