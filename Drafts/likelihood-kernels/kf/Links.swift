// Links: from a logit a to the mean per unit of scale y(a). Beyond |a| = 30 the exponential stands still, which changes
// nothing in single precision but an underflow.

/// A link of one gene's logit.
public protocol OutputLink {
  /// y(a) and y′(a).
  static func activation(_ a: Floats) -> Activated
}

/// y and y′ of sixteen logits.
@frozen public struct Activated {
  /// y.
  public var value: Floats
  /// y′.
  public var slope: Floats

  /// Memberwise.
  @_alwaysEmitIntoClient @inline(__always)
  public init(_ value: Floats, slope: Floats) {
    self.value = value
    self.slope = slope
  }
}

/// The mean of counts: m = s y(a), y′/y, and what is to be added to log m, because the logarithm goes on where the
/// exponential stands still.
@frozen public struct CountMean<Vector> {
  /// m.
  public var mean: Vector
  /// y′/y.
  public var relativeSlope: Vector
  /// Added to log m.
  public var logShift: Vector

  /// Memberwise.
  @_alwaysEmitIntoClient @inline(__always)
  public init(_ mean: Vector, relativeSlope: Vector, logShift: Vector) {
    self.mean = mean
    self.relativeSlope = relativeSlope
    self.logShift = logShift
  }
}

/// A link to the mean of counts, which is positive.
public protocol CountLink {
  /// The mean of sixteen entries.
  static func mean(_ a: Floats, scale s: Floats) -> CountMean<Floats>
  /// The mean of four entries.
  static func mean(_ a: Doubles, scale s: Doubles) -> CountMean<Doubles>
}

/// y = eᵃ / Σ eᵃ over all genes; kernels see a − log Σ eᵃ.
public enum SoftmaxLink: CountLink {
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

/// y = 1/(1 + e⁻ᵃ).
public enum SigmoidLink: OutputLink, CountLink, ZeroStageLink {
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
    let shift = smaller(a + 30, zero)
    let y = c.replacing(with: e * c, where: isNegative)
    let rest = (e * c).replacing(with: c, where: isNegative)
    return CountMean(s * y, relativeSlope: rest, logShift: shift)
  }

  /// The mean of four entries.
  @_alwaysEmitIntoClient @inline(__always)
  public static func mean(_ a: Doubles, scale s: Doubles) -> CountMean<Doubles> {
    let w = WideExponential(a)
    return CountMean(
      s * w.c.replacing(with: w.e * w.c, where: w.isNegative),
      relativeSlope: (w.e * w.c).replacing(with: w.c, where: w.isNegative), logShift: w.logShift)
  }
}

/// y = log(1 + eᵃ).
public enum SoftplusLink: OutputLink, CountLink, ZeroStageLink {
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
    let zero = Floats(repeating: 0)
    let e = exponential(-smaller(magnitude(a), Floats(repeating: 30)))
    let c = 1 / (1 + e)
    let isNegative = a .< zero
    let shift = smaller(a + 30, zero)
    let y = larger(a, zero) + logarithmUpToOne(onePlus: e)
    return CountMean(
      s * y, relativeSlope: c.replacing(with: e * c, where: isNegative) / y, logShift: shift)
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
}

/// y = max(a, 0).
public enum ReluLink: OutputLink {
  /// y(a) and y′(a).
  @_alwaysEmitIntoClient @inline(__always)
  public static func activation(_ a: Floats) -> Activated {
    let zero = Floats(repeating: 0)
    return Activated(larger(a, zero), slope: zero.replacing(with: 1, where: zero .< a))
  }
}

/// y = a.
public enum IdentityLink: OutputLink {
  /// y(a) and y′(a).
  @_alwaysEmitIntoClient @inline(__always)
  public static func activation(_ a: Floats) -> Activated {
    Activated(a, slope: Floats(repeating: 1))
  }
}

@usableFromInline @frozen struct LinkOfTile: LinkVisitor {
  @usableFromInline let u: UnsafeMutablePointer<Floats>
  @usableFromInline let geneCount: Int
  @usableFromInline let scale: Floats

  @_alwaysEmitIntoClient @inline(__always)
  init(u: UnsafeMutablePointer<Floats>, geneCount: Int, scale: Floats) {
    self.u = u
    self.geneCount = geneCount
    self.scale = scale
  }

  @_alwaysEmitIntoClient @inline(__always)
  @usableFromInline func visit<L: OutputLink>(_ link: L.Type) {
    for g in 0..<geneCount { u[g] = scale * L.activation(u[g]).value }
  }
}

/// Replaces logits by means s y(a), for a link of one gene.
@_alwaysEmitIntoClient @inline(always)
public func activateTile(
  _ kind: OutputKind, _ u: UnsafeMutablePointer<Floats>, geneCount: Int, scale s: Floats
) {
  kind.acceptLink(LinkOfTile(u: u, geneCount: geneCount, scale: s))
}
