// What every entry of a tile contributes as if its value were zero. Legend:
//
//   u[g] logits of sixteen rows, replaced by ∂loss/∂logit      s scale of each row
//   r[g] dispersion, q[g] = 1/r[g]                             m = s · y(a) mean
//   excess[g]  log(1 + m/r) − m/(r + m): the dispersion's part, ∂loss/∂r = excess − (digammas) + k/(r+m)

/// The likelihoods and activations that have a kernel.
@frozen public enum OutputKind: Sendable {
  /// Negative binomial, m = s log(1 + eᵃ).
  case negativeBinomialSoftplus
  /// Negative binomial, m = s / (1 + e⁻ᵃ).
  case negativeBinomialSigmoid
  /// Negative binomial, m = s eᵃ / Σ eᵃ.
  case negativeBinomialSoftmax
  /// Squared error, μ = s a.
  case gaussianIdentity
  /// Squared error, μ = s max(a, 0).
  case gaussianRelu
  /// Squared error, μ = s / (1 + e⁻ᵃ).
  case gaussianSigmoid
  /// Squared error, μ = s log(1 + eᵃ).
  case gaussianSoftplus
  /// Cross entropy on logits.
  case bernoulli
}

/// y(a) and y′(a); beyond |a| = 30 the exponential stands still, which changes nothing in single precision
/// but an underflow.
@_alwaysEmitIntoClient @inline(always)
func activation(_ kind: OutputKind, _ a: Floats) -> (value: Floats, slope: Floats) {
  switch kind {
  case .gaussianIdentity, .negativeBinomialSoftmax:
    return (a, Floats(repeating: 1))
  case .gaussianRelu:
    let zero = Floats(repeating: 0)
    return (larger(a, zero), zero.replacing(with: 1, where: zero .< a))
  case .negativeBinomialSigmoid, .gaussianSigmoid, .bernoulli:
    let e = exponential(-smaller(magnitude(a), Floats(repeating: 30)))
    let c = 1 / (1 + e)
    let low = e * c
    let isNegative = a .< Floats(repeating: 0)
    return (c.replacing(with: low, where: isNegative), c * low)
  case .negativeBinomialSoftplus, .gaussianSoftplus:
    let e = exponential(-smaller(magnitude(a), Floats(repeating: 30)))
    let c = 1 / (1 + e)
    let isNegative = a .< Floats(repeating: 0)
    let value = larger(a, Floats(repeating: 0)) + logarithmUpToOne(onePlus: e)
    return (value, c.replacing(with: e * c, where: isNegative))
  }
}

/// Genes of a stage.
///
/// The functions below are long chains of dependent instructions. Cut into stages over a few genes each,
/// with the values between them in a small buffer, the processor finds many chains to work on at once.
@_alwaysEmitIntoClient var stageGenes: Int { @inline(__always) get { 16 } }

/// E = e^(−|a|), with the sign of a.
@_alwaysEmitIntoClient @inline(always)
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

/// Negative binomial of a zero with sigmoid: one division for all quotients.
///
///     y = 1/(1+E) or E/(1+E)   1 − y = the other   m = s y   ∂loss/∂a = r m/(r + m) (1 − y)
@_alwaysEmitIntoClient @inline(always)
func sigmoidStage(
  _ u: UnsafeMutablePointer<Floats>, _ t: UnsafeMutablePointer<Floats>,
  _ reciprocal: UnsafeMutablePointer<Floats>, count: Int,
  _ r: UnsafePointer<Float>, _ q: UnsafePointer<Float>, _ s: Floats
) {
  for g in 0..<count {
    let signed = t[g]
    let e = magnitude(signed)
    let isNegative = signed .< Floats(repeating: 0)
    let top = Floats(repeating: 1).replacing(with: e, where: isNegative)
    let rest = e.replacing(with: 1, where: isNegative)
    let dispersion = Floats(repeating: r[g])
    // y = top/c and r + m = (r c + s top)/c
    let c = 1 + e
    let d = dispersion * c
    let w = d.addingProduct(s, top)
    let quotient = 1 / (c * w)
    let inverseOfSum = quotient * c  // c/(c w)
    let overC = quotient * w
    let mean = s * top * overC
    u[g] = dispersion * (s * top) * inverseOfSum * (rest * overC)
    t[g] = mean * Floats(repeating: q[g])
    reciprocal[g] = d * inverseOfSum
  }
}

/// Negative binomial of a zero with softplus: ∂loss/∂a = r s y′/(r + m).
@_alwaysEmitIntoClient @inline(always)
func softplusStage(
  _ u: UnsafeMutablePointer<Floats>, _ t: UnsafeMutablePointer<Floats>,
  _ reciprocal: UnsafeMutablePointer<Floats>, count: Int,
  _ r: UnsafePointer<Float>, _ q: UnsafePointer<Float>, _ s: Floats
) {
  for g in 0..<count {
    let logit = u[g]
    let e = magnitude(t[g])
    let y = larger(logit, Floats(repeating: 0)) + logarithmUpToOne(onePlus: e)
    let c = 1 + e
    let dispersion = Floats(repeating: r[g])
    let m = s * y
    let w = dispersion + m
    let quotient = 1 / (c * w)
    let share = dispersion * (quotient * c)  // r/(r + m)
    let top = Floats(repeating: 1).replacing(with: e, where: logit .< Floats(repeating: 0))
    u[g] = s * share * (top * (quotient * w))
    t[g] = m * Floats(repeating: q[g])
    reciprocal[g] = share
  }
}

/// loss ← loss + r log(1 + t), and the excess.
@_alwaysEmitIntoClient @inline(always)
func logarithmStage(
  _ t: UnsafePointer<Floats>, _ reciprocal: UnsafePointer<Floats>,
  _ excess: UnsafeMutablePointer<Floats>, count: Int, _ r: UnsafePointer<Float>,
  _ loss: inout Floats
) {
  for g in 0..<count {
    let (log, rest) = logarithmAndExcess(onePlus: t[g], reciprocal: reciprocal[g])
    excess[g] = rest
    loss = loss.addingProduct(Floats(repeating: r[g]), log)
  }
}

/// Replaces logits by derivatives, writes the excess, and returns the rows' losses, for zeros.
///
/// - Parameter stage: room for twice `stageGenes` vectors.
@_alwaysEmitIntoClient @inline(always)
public func differentiateZeros(
  _ kind: OutputKind, _ u: UnsafeMutablePointer<Floats>, _ excess: UnsafeMutablePointer<Floats>,
  geneCount: Int, dispersions r: UnsafePointer<Float>, inverses q: UnsafePointer<Float>,
  scale s: Floats, stage: UnsafeMutablePointer<Floats>
) -> Floats {
  var loss = Floats(repeating: 0)
  let reciprocal = stage + stageGenes
  switch kind {
  case .negativeBinomialSigmoid:
    var g = 0
    while g < geneCount {
      let count = min(stageGenes, geneCount &- g)
      signedExponentials(u + g, stage, count: count)
      sigmoidStage(u + g, stage, reciprocal, count: count, r + g, q + g, s)
      logarithmStage(stage, reciprocal, excess + g, count: count, r + g, &loss)
      g &+= count
    }
  case .negativeBinomialSoftplus:
    var g = 0
    while g < geneCount {
      let count = min(stageGenes, geneCount &- g)
      signedExponentials(u + g, stage, count: count)
      softplusStage(u + g, stage, reciprocal, count: count, r + g, q + g, s)
      logarithmStage(stage, reciprocal, excess + g, count: count, r + g, &loss)
      g &+= count
    }
  case .bernoulli:
    for g in 0..<geneCount {
      let y = activation(.gaussianSoftplus, u[g])
      u[g] = y.slope
      loss = loss + y.value
    }
  case .gaussianIdentity:
    loss = squaredErrors(.gaussianIdentity, u, geneCount: geneCount, scale: s)
  case .gaussianRelu:
    loss = squaredErrors(.gaussianRelu, u, geneCount: geneCount, scale: s)
  case .gaussianSigmoid:
    loss = squaredErrors(.gaussianSigmoid, u, geneCount: geneCount, scale: s)
  case .gaussianSoftplus:
    loss = squaredErrors(.gaussianSoftplus, u, geneCount: geneCount, scale: s)
  case .negativeBinomialSoftmax:
    break  // needs all genes first: see SoftmaxTerms.swift
  }
  return loss
}

@_alwaysEmitIntoClient @inline(always)
func squaredErrors(
  _ kind: OutputKind, _ u: UnsafeMutablePointer<Floats>, geneCount: Int, scale s: Floats
) -> Floats {
  var loss = Floats(repeating: 0)
  for g in 0..<geneCount {
    let y = activation(kind, u[g])
    let mean = s * y.value
    u[g] = 2 * mean * s * y.slope
    loss = loss.addingProduct(mean, mean)
  }
  return loss
}

/// Replaces logits by means s y(a), or by the probability for `bernoulli`.
@_alwaysEmitIntoClient @inline(always)
public func activateTile(
  _ kind: OutputKind, _ u: UnsafeMutablePointer<Floats>, geneCount: Int, scale s: Floats
) {
  for g in 0..<geneCount { u[g] = s * activation(kind, u[g]).value }
}
