// The negative binomial with mean m = s y(a) and dispersion r:
//
//     loss = −log Γ(k + r) + log Γ(r) + log k! − k log(m/(r + m)) − r log(r/(r + m))
//     of a zero: r log(1 + m/r)      ∂ loss/∂ a of a zero: r m/(r + m) · y′/y

/// A link whose derivative for a zero has a form with one division for all quotients.
public protocol ZeroStageLink: CountLink {
  /// Replaces logits u by derivatives, E with the sign of a (in t) by m/r, and writes r/(r + m), for some genes.
  static func negativeBinomialStage<D: TileDispersions>(
    _ u: UnsafeMutablePointer<Floats>, _ t: UnsafeMutablePointer<Floats>,
    _ reciprocal: UnsafeMutablePointer<Floats>, count: Int, _ dispersions: D, _ s: Floats)
}

/// The negative binomial with a link.
public enum NegativeBinomialTerms<Link: CountLink>: EntryTerms {
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
    let a = entries.logits[j]
    let k = entries.values[j]
    let r = entries.dispersions[j]
    let count = Link.mean(a, scale: entries.scales[j])
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

  /// Long counts, in double precision. With ρ = r + 8, A = r + k:
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

extension NegativeBinomialTerms: SeparateTerms where Link: ZeroStageLink {
  /// Derivatives and losses of zeros, stage by stage.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiateZeros<D: TileDispersions>(
    _ tile: OutputTile, _ dispersions: D, scale s: Floats
  ) -> Floats {
    var loss = Floats(repeating: 0)
    let stage = tile.stage
    let reciprocal = stage + stageGenes
    var g = 0
    while g < tile.geneCount {
      let count = min(stageGenes, tile.geneCount &- g)
      signedExponentials(tile.logits + g, stage, count: count)
      Link.negativeBinomialStage(
        tile.logits + g, stage, reciprocal, count: count, dispersions.from(g), s)
      logarithmStage(
        stage, reciprocal, tile.excess + g, count: count, dispersions.from(g), &loss)
      g &+= count
    }
    return loss
  }
}

/// E = e^(−|a|), with the sign of a.
@_alwaysEmitIntoClient @inline(__always)
func signedExponentials(
  _ a: UnsafePointer<Floats>, _ e: UnsafeMutablePointer<Floats>, count: Int
) {
  let sign = FloatBits(repeating: Int32.min)
  for g in 0..<count {
    let logit = a[g]
    let power = exponential(-smaller(magnitude(logit), Floats(repeating: 30)))
    e[g] = unsafeBitCast(
      unsafeBitCast(power, to: FloatBits.self) | (unsafeBitCast(logit, to: FloatBits.self) & sign),
      to: Floats.self)
  }
}

/// loss ← loss + r log(1 + t), and the excess.
@_alwaysEmitIntoClient @inline(__always)
func logarithmStage<D: TileDispersions>(
  _ t: UnsafePointer<Floats>, _ reciprocal: UnsafePointer<Floats>,
  _ excess: UnsafeMutablePointer<Floats>, count: Int, _ dispersions: D, _ loss: inout Floats
) {
  for g in 0..<count {
    let (log, rest) = logarithmAndExcess(onePlus: t[g], reciprocal: reciprocal[g])
    excess[g] = rest
    loss = loss.addingProduct(dispersions.value(g), log)
  }
}

extension SigmoidLink {
  /// y = 1/(1+E) or E/(1+E)   1 − y = the other   m = s y   ∂loss/∂a = r m/(r + m) (1 − y)
  @_alwaysEmitIntoClient @inline(__always)
  public static func negativeBinomialStage<D: TileDispersions>(
    _ u: UnsafeMutablePointer<Floats>, _ t: UnsafeMutablePointer<Floats>,
    _ reciprocal: UnsafeMutablePointer<Floats>, count: Int, _ dispersions: D, _ s: Floats
  ) {
    for g in 0..<count {
      let signed = t[g]
      let e = magnitude(signed)
      let isNegative = signed .< Floats(repeating: 0)
      let top = Floats(repeating: 1).replacing(with: e, where: isNegative)
      let rest = e.replacing(with: 1, where: isNegative)
      let dispersion = dispersions.value(g)
      // y = top/c and r + m = (r c + s top)/c
      let c = 1 + e
      let d = dispersion * c
      let w = d.addingProduct(s, top)
      let quotient = 1 / (c * w)
      let inverseOfSum = quotient * c  // c/(c w)
      let overC = quotient * w
      let mean = s * top * overC
      u[g] = dispersion * (s * top) * inverseOfSum * (rest * overC)
      t[g] = mean * dispersions.inverse(g)
      reciprocal[g] = d * inverseOfSum
    }
  }
}

extension SoftplusLink {
  /// ∂loss/∂a = r s y′/(r + m).
  @_alwaysEmitIntoClient @inline(__always)
  public static func negativeBinomialStage<D: TileDispersions>(
    _ u: UnsafeMutablePointer<Floats>, _ t: UnsafeMutablePointer<Floats>,
    _ reciprocal: UnsafeMutablePointer<Floats>, count: Int, _ dispersions: D, _ s: Floats
  ) {
    for g in 0..<count {
      let logit = u[g]
      let e = magnitude(t[g])
      let y = larger(logit, Floats(repeating: 0)) + logarithmUpToOne(onePlus: e)
      let c = 1 + e
      let dispersion = dispersions.value(g)
      let m = s * y
      let w = dispersion + m
      let quotient = 1 / (c * w)
      let share = dispersion * (quotient * c)  // r/(r + m)
      let top = Floats(repeating: 1).replacing(with: e, where: logit .< Floats(repeating: 0))
      u[g] = s * share * (top * (quotient * w))
      t[g] = m * dispersions.inverse(g)
      reciprocal[g] = share
    }
  }
}

extension NegativeBinomialTerms: NormalisedTerms where Link == SoftmaxLink {
  /// Logits become p; v = m/(1 + m/r) and the excess are written; the losses of zeros.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiateZeros<D: TileDispersions>(
    _ tile: OutputTile, _ dispersions: D, scale s: Floats, logSum: Floats
  ) -> Floats {
    let (u, v, excess, stage) = (tile.logits, tile.derivatives, tile.excess, tile.stage)
    var loss = Floats(repeating: 0)
    let least = Floats(repeating: -60)
    let reciprocal = stage + stageGenes
    var start = 0
    while start < tile.geneCount {
      let count = min(stageGenes, tile.geneCount &- start)
      for g in 0..<count {
        let p = exponential(larger(u[start &+ g] - logSum, least))
        let m = s * p
        let t = m * dispersions.inverse(start &+ g)
        u[start &+ g] = p
        v[start &+ g] = m
        stage[g] = t
        reciprocal[g] = 1 / (1 + t)
      }
      for g in 0..<count {
        let (log, rest) = logarithmAndExcess(onePlus: stage[g], reciprocal: reciprocal[g])
        v[start &+ g] *= reciprocal[g]
        excess[start &+ g] = rest
        loss = loss.addingProduct(dispersions.value(start &+ g), log)
      }
      start &+= count
    }
    return loss
  }
}
