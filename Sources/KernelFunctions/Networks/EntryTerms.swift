// What the non-zero entries change. Their logits, values … are gathered into arrays, worked on sixteen at
// a time, and scattered back. Legend:
//
//   a logit (minus the row's log sum for softmax)   k value   s scale of the row   r dispersion
//   m mean, y its value per scale, y′ the slope by a

/// The gathered entries of one block of rows on one tile.
@frozen public struct EntryArrays: @unchecked Sendable {
  /// Logits, replaced by ∂loss/∂logit.
  public let logits: UnsafeMutablePointer<Floats>
  /// Values.
  public let values: UnsafeMutablePointer<Floats>
  /// Scales of their rows, replaced by loss minus that of a zero.
  public let scales: UnsafeMutablePointer<Floats>
  /// Dispersions of their genes, replaced by what is to be added to the excess.
  public let dispersions: UnsafeMutablePointer<Floats>

  /// Arrays of one length, a multiple of sixteen.
  @_alwaysEmitIntoClient @inline(always)
  public init(
    logits: UnsafeMutablePointer<Floats>, values: UnsafeMutablePointer<Floats>,
    scales: UnsafeMutablePointer<Floats>, dispersions: UnsafeMutablePointer<Floats>
  ) {
    self.logits = logits
    self.values = values
    self.scales = scales
    self.dispersions = dispersions
  }
}

/// Counts above this are worked on in double precision.
@_alwaysEmitIntoClient public var largestShortCount: Float { @inline(__always) get { 8 } }

/// Replaces the gathered arrays by what the entries change, sixteen at a time.
@_alwaysEmitIntoClient @inline(always)
public func differentiateEntries(_ kind: OutputKind, _ entries: EntryArrays, vectorCount: Int) {
  switch kind {
  case .negativeBinomialSigmoid:
    for j in 0..<vectorCount { countEntries(.negativeBinomialSigmoid, entries, j) }
  case .negativeBinomialSoftplus:
    for j in 0..<vectorCount { countEntries(.negativeBinomialSoftplus, entries, j) }
  case .negativeBinomialSoftmax:
    for j in 0..<vectorCount { countEntries(.negativeBinomialSoftmax, entries, j) }
  case .bernoulli:
    for j in 0..<vectorCount {
      let (a, x) = (entries.logits[j], entries.values[j])
      entries.logits[j] = activation(.bernoulli, a).value - x
      entries.scales[j] = -(x * a)
    }
  case .gaussianIdentity, .gaussianRelu, .gaussianSigmoid, .gaussianSoftplus:
    for j in 0..<vectorCount {
      let x = entries.values[j]
      let s = entries.scales[j]
      let y = activation(kind, entries.logits[j])
      let mean = s * y.value
      entries.logits[j] = 2 * (mean - x) * s * y.slope
      entries.scales[j] = x * (x - 2 * mean)
    }
  }
}

/// Mean, y′/y and log m for a count's logit: the logarithm goes on where the exponential stands still.
@_alwaysEmitIntoClient @inline(always)
func meanAndSlope(
  _ kind: OutputKind, _ a: Floats, _ s: Floats
) -> (mean: Floats, relativeSlope: Floats, logShift: Floats) {
  let zero = Floats(repeating: 0)
  if case .negativeBinomialSoftmax = kind {
    let shift = smaller(a + 60, zero)
    return (s * exponential(larger(a, Floats(repeating: -60))), Floats(repeating: 1), shift)
  }
  let e = exponential(-smaller(magnitude(a), Floats(repeating: 30)))
  let c = 1 / (1 + e)
  let isNegative = a .< zero
  let shift = smaller(a + 30, zero)
  if case .negativeBinomialSigmoid = kind {
    let y = c.replacing(with: e * c, where: isNegative)
    let rest = (e * c).replacing(with: c, where: isNegative)
    return (s * y, rest, shift)
  }
  let y = larger(a, zero) + logarithmUpToOne(onePlus: e)
  return (s * y, c.replacing(with: e * c, where: isNegative) / y, shift)
}

/// Short counts of a negative binomial:
///
///     loss − loss(0) = −log Π_{i<k} (r + i)/(i + 1) + k log(1 + r/m)
///     ∂loss/∂a = −r (k − m)/(r + m) · y′/y
///     added to the excess: k/(r + m) − Σ_{i<k} 1/(r + i) = −Σ_{i<k} (m − i)/(r + i) / (r + m)
///
/// With P = Π (r + i)/(i + 1) and N = Σ (m − i) P/(r + i), built factor by factor, one division and one
/// logarithm are enough.
@_alwaysEmitIntoClient @inline(always)
func countEntries(_ kind: OutputKind, _ entries: EntryArrays, _ j: Int) {
  let a = entries.logits[j]
  let k = entries.values[j]
  let r = entries.dispersions[j]
  let (m, slope, shift) = meanAndSlope(kind, a, entries.scales[j])
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
  let odds = logarithm(onePlus: r / m) - shift
  entries.logits[j] = r * (m - k) * share * slope
  entries.scales[j] = k * odds - logarithms
  entries.dispersions[j] = -(quotient * share)
}

/// One more factor (r + i)/(i + 1), where i < k.
@_alwaysEmitIntoClient @inline(always)
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
