// Links: from a logit a to the mean per unit of scale y(a). Beyond |a| = 30 the exponential stands still, which changes
// nothing in single precision but an underflow.

/// A link, as far as means need it.
public protocol OutputLink {
  /// y(a), the mean per unit of scale.
  ///
  /// - Parameter logSum: with softmax log Σ eᵃ of each row; others do not read it.
  static func value(_ a: Floats, logSum: Floats) -> Floats
}

/// y and y′ of sixteen logits.
@frozen public struct Activated {
  /// y(a), the mean per unit of scale.
  public var value: Floats
  /// y′(a), its slope.
  public var slope: Floats

  /// A value with its slope.
  @_alwaysEmitIntoClient @inline(__always)
  public init(_ value: Floats, slope: Floats) {
    self.value = value
    self.slope = slope
  }
}

/// A link of one gene's logit.
public protocol SeparateLink: OutputLink {
  /// y(a) and y′(a).
  static func activation(_ a: Floats) -> Activated
}

extension SeparateLink {
  /// y(a), the mean per unit of scale.
  @_alwaysEmitIntoClient @inline(__always)
  public static func value(_ a: Floats, logSum: Floats) -> Floats { activation(a).value }
}

/// The mean of counts: m = s y(a), y′/y, and what is to be added to log m, because the logarithm goes on where the
/// exponential stands still.
@frozen public struct CountMean<Vector> {
  /// m = s y(a).
  public var mean: Vector
  /// y′/y, with softmax 1.
  public var relativeSlope: Vector
  /// Added to log m.
  public var logShift: Vector

  /// A mean with what belongs to it.
  @_alwaysEmitIntoClient @inline(__always)
  public init(_ mean: Vector, relativeSlope: Vector, logShift: Vector) {
    self.mean = mean
    self.relativeSlope = relativeSlope
    self.logShift = logShift
  }
}

/// A link to the mean of counts, which is positive.
public protocol CountLink: OutputLink {
  /// The mean of sixteen entries; with softmax a − log Σ eᵃ is the logit.
  static func mean(_ a: Floats, scale s: Floats) -> CountMean<Floats>
  /// The mean of four entries; with softmax a − log Σ eᵃ is the logit.
  static func mean(_ a: Doubles, scale s: Doubles) -> CountMean<Doubles>
  /// The mean of a gene of a tile for sixteen rows; with softmax its share replaces the logit.
  static func mean(
    of tile: OutputTile, _ g: Int, scale s: Floats, logSum: Floats
  ) -> CountMean<Floats>
  /// Of some genes from `first` on the derivatives of the negative binomial for zeros, with m/r and r/(r + m) in the
  /// two halves of the tile's stage.
  static func negativeBinomialStage<D: TileDispersions>(
    _ tile: OutputTile, first: Int, count: Int, _ dispersions: D, scale s: Floats, logSum: Floats)
}

/// E = e^(−|a|) of four logits, 1/(1 + E), and which are negative.
@frozen @usableFromInline struct WideExponential {
  @usableFromInline let e: Doubles
  @usableFromInline let c: Doubles
  @usableFromInline let isNegative: SIMDMask<Doubles.MaskStorage>
  @usableFromInline let logShift: Doubles

  @_alwaysEmitIntoClient @inline(__always)
  init(_ a: Doubles) {
    let zero = Doubles(repeating: 0)
    isNegative = a .< zero
    let magnitude = a.replacing(with: -a, where: isNegative)
    let most = Doubles(repeating: 600)
    e = exponential(-magnitude.replacing(with: most, where: most .< magnitude))
    c = 1 / (1 + e)
    logShift = zero.replacing(with: a + 600, where: a .< -most)
  }
}

/// E = e^(−|a|), with the sign of a, of some genes of a tile, into its stage.
@_alwaysEmitIntoClient @inline(__always)
func signedExponentials(_ tile: OutputTile, first: Int, count: Int) {
  let sign = FloatBits(repeating: Int32.min)
  for g in 0..<count {
    let logit = tile.logits[first &+ g]
    let power = exponential(-smaller(magnitude(logit), Floats(repeating: 30)))
    tile.stage[g] = unsafeBitCast(
      unsafeBitCast(power, to: FloatBits.self) | (unsafeBitCast(logit, to: FloatBits.self) & sign),
      to: Floats.self)
  }
}

/// y = 1/(1 + e⁻ᵃ).
public enum SigmoidLink: SeparateLink, CountLink {
  /// y(a) and y′(a).
  @_alwaysEmitIntoClient @inline(__always)
  public static func activation(_ a: Floats) -> Activated {
    let e = exponential(-smaller(magnitude(a), Floats(repeating: 30)))
    let c = 1 / (1 + e)
    let low = e * c
    let isNegative = a .< Floats(repeating: 0)
    return Activated(c.replacing(with: low, where: isNegative), slope: c * low)
  }

  /// The mean of sixteen entries.
  @_alwaysEmitIntoClient @inline(__always)
  public static func mean(_ a: Floats, scale s: Floats) -> CountMean<Floats> {
    let zero = Floats(repeating: 0)
    let e = exponential(-smaller(magnitude(a), Floats(repeating: 30)))
    let c = 1 / (1 + e)
    let isNegative = a .< zero
    let y = c.replacing(with: e * c, where: isNegative)
    let rest = (e * c).replacing(with: c, where: isNegative)
    return CountMean(s * y, relativeSlope: rest, logShift: smaller(a + 30, zero))
  }

  /// The mean of four entries.
  @_alwaysEmitIntoClient @inline(__always)
  public static func mean(_ a: Doubles, scale s: Doubles) -> CountMean<Doubles> {
    let w = WideExponential(a)
    return CountMean(
      s * w.c.replacing(with: w.e * w.c, where: w.isNegative),
      relativeSlope: (w.e * w.c).replacing(with: w.c, where: w.isNegative), logShift: w.logShift)
  }

  /// The mean of a gene.
  @_alwaysEmitIntoClient @inline(__always)
  public static func mean(
    of tile: OutputTile, _ g: Int, scale s: Floats, logSum: Floats
  ) -> CountMean<Floats> { mean(tile.logits[g], scale: s) }

  /// One division for all quotients:
  ///
  ///     y = 1/(1+E) or E/(1+E)   1 − y = the other   m = s y   ∂loss/∂a = r m/(r + m) (1 − y)
  @_alwaysEmitIntoClient @inline(__always)
  public static func negativeBinomialStage<D: TileDispersions>(
    _ tile: OutputTile, first: Int, count: Int, _ dispersions: D, scale s: Floats, logSum: Floats
  ) {
    signedExponentials(tile, first: first, count: count)
    for g in 0..<count {
      let signed = tile.stage[g]
      let e = magnitude(signed)
      let isNegative = signed .< Floats(repeating: 0)
      let top = Floats(repeating: 1).replacing(with: e, where: isNegative)
      let rest = e.replacing(with: 1, where: isNegative)
      let dispersion = dispersions.value(first &+ g)
      // y = top/c and r + m = (r c + s top)/c
      let c = 1 + e
      let d = dispersion * c
      let w = d.addingProduct(s, top)
      let quotient = 1 / (c * w)
      let inverseOfSum = quotient * c  // c/(c w)
      let overC = quotient * w
      let mean = s * top * overC
      tile.derivatives[first &+ g] = dispersion * (s * top) * inverseOfSum * (rest * overC)
      tile.stage[g] = mean * dispersions.inverse(first &+ g)
      tile.stage[stageGenes &+ g] = d * inverseOfSum
    }
  }
}

/// y = log(1 + eᵃ).
public enum SoftplusLink: SeparateLink, CountLink {
  /// y(a) and y′(a).
  @_alwaysEmitIntoClient @inline(__always)
  public static func activation(_ a: Floats) -> Activated {
    let e = exponential(-smaller(magnitude(a), Floats(repeating: 30)))
    let c = 1 / (1 + e)
    let isNegative = a .< Floats(repeating: 0)
    let value = larger(a, Floats(repeating: 0)) + logarithmUpToOne(onePlus: e)
    return Activated(value, slope: c.replacing(with: e * c, where: isNegative))
  }

  /// The mean of sixteen entries.
  @_alwaysEmitIntoClient @inline(__always)
  public static func mean(_ a: Floats, scale s: Floats) -> CountMean<Floats> {
    let y = activation(a)
    return CountMean(
      s * y.value, relativeSlope: y.slope / y.value,
      logShift: smaller(a + 30, Floats(repeating: 0)))
  }

  /// The mean of four entries.
  @_alwaysEmitIntoClient @inline(__always)
  public static func mean(_ a: Doubles, scale s: Doubles) -> CountMean<Doubles> {
    let w = WideExponential(a)
    let y = a.replacing(with: Doubles(repeating: 0), where: w.isNegative) + logarithm(onePlus: w.e)
    return CountMean(
      s * y, relativeSlope: w.c.replacing(with: w.e * w.c, where: w.isNegative) / y,
      logShift: w.logShift)
  }

  /// The mean of a gene.
  @_alwaysEmitIntoClient @inline(__always)
  public static func mean(
    of tile: OutputTile, _ g: Int, scale s: Floats, logSum: Floats
  ) -> CountMean<Floats> { mean(tile.logits[g], scale: s) }

  /// ∂loss/∂a = r s y′/(r + m).
  @_alwaysEmitIntoClient @inline(__always)
  public static func negativeBinomialStage<D: TileDispersions>(
    _ tile: OutputTile, first: Int, count: Int, _ dispersions: D, scale s: Floats, logSum: Floats
  ) {
    signedExponentials(tile, first: first, count: count)
    for g in 0..<count {
      let logit = tile.logits[first &+ g]
      let e = magnitude(tile.stage[g])
      let y = larger(logit, Floats(repeating: 0)) + logarithmUpToOne(onePlus: e)
      let c = 1 + e
      let dispersion = dispersions.value(first &+ g)
      let m = s * y
      let w = dispersion + m
      let quotient = 1 / (c * w)
      let share = dispersion * (quotient * c)  // r/(r + m)
      let top = Floats(repeating: 1).replacing(with: e, where: logit .< Floats(repeating: 0))
      tile.derivatives[first &+ g] = s * share * (top * (quotient * w))
      tile.stage[g] = m * dispersions.inverse(first &+ g)
      tile.stage[stageGenes &+ g] = share
    }
  }
}

/// y = max(a, 0).
public enum ReluLink: SeparateLink {
  /// y(a) and y′(a).
  @_alwaysEmitIntoClient @inline(__always)
  public static func activation(_ a: Floats) -> Activated {
    let zero = Floats(repeating: 0)
    return Activated(larger(a, zero), slope: zero.replacing(with: 1, where: zero .< a))
  }
}

/// y = a.
public enum IdentityLink: SeparateLink {
  /// y(a) and y′(a).
  @_alwaysEmitIntoClient @inline(__always)
  public static func activation(_ a: Floats) -> Activated {
    Activated(a, slope: Floats(repeating: 1))
  }
}
