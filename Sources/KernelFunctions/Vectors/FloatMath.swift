// Elementary functions on sixteen floats, from additions, products, fused products and integer shifts
// only: the same bits on every processor. Conversions between floats and integers go through
// 1.5 · 2^23, whose last bits are the integer; the library's conversions are made lane by lane.

/// Sixteen rows: two AVX2 registers, or one of AVX-512.
public typealias Floats = SIMD16<Float>
/// The bits of sixteen floats.
public typealias FloatBits = SIMD16<Int32>

/// eˣ for −87 ≤ x ≤ 88, relative error below 2 · 10⁻⁷.
///
///     eˣ = 2ⁿ eᶠ,   n = round(x / ln 2),   eᶠ by a polynomial of degree 7
@_alwaysEmitIntoClient @inline(always)
public func exponential(_ x: Floats) -> Floats {
  let magic = Floats(repeating: 0x1.8p23)
  let shifted = magic.addingProduct(x, Floats(repeating: 1.442_695_04))
  let n = shifted - magic
  let f = x.addingProduct(n, Floats(repeating: -0.693_359_375))
    .addingProduct(n, Floats(repeating: 2.121_944_4e-4))
  var p = Floats(repeating: 1.987_569_1e-4)
  p = Floats(repeating: 1.398_199_95e-3).addingProduct(p, f)
  p = Floats(repeating: 8.333_452e-3).addingProduct(p, f)
  p = Floats(repeating: 4.166_579_6e-2).addingProduct(p, f)
  p = Floats(repeating: 1.666_666_55e-1).addingProduct(p, f)
  p = Floats(repeating: 0.5).addingProduct(p, f)
  p = (f + 1).addingProduct(p, f * f)
  let power = unsafeBitCast(shifted, to: FloatBits.self) &<< FloatBits(repeating: 23)
  return unsafeBitCast(unsafeBitCast(p, to: FloatBits.self) &+ power, to: Floats.self)
}

/// The polynomial P with log(1 + f) = f − f²/2 + f³ P(f), |f| < 0.42.
///
/// Coefficients: Cephes, logf.c.
@_alwaysEmitIntoClient @inline(always)
func logarithmTail(_ f: Floats) -> Floats {
  var p = Floats(repeating: 7.037_683_6e-2)
  p = Floats(repeating: -1.151_461_03e-1).addingProduct(p, f)
  p = Floats(repeating: 1.167_699_87e-1).addingProduct(p, f)
  p = Floats(repeating: -1.242_014_08e-1).addingProduct(p, f)
  p = Floats(repeating: 1.424_932_28e-1).addingProduct(p, f)
  p = Floats(repeating: -1.666_805_77e-1).addingProduct(p, f)
  p = Floats(repeating: 2.000_071_48e-1).addingProduct(p, f)
  p = Floats(repeating: -2.499_999_4e-1).addingProduct(p, f)
  return Floats(repeating: 3.333_333_1e-1).addingProduct(p, f)
}

/// The exponent e and f of x = 2ᵉ (1 + f), √½ ≤ 1 + f < √2, for normal x > 0.
@_alwaysEmitIntoClient @inline(always)
func exponentAndFraction(_ x: Floats) -> (exponent: Floats, fraction: Floats) {
  let bits = unsafeBitCast(x, to: FloatBits.self)
  let e = (bits &- FloatBits(repeating: 0x3F35_04F3)) &>> FloatBits(repeating: 23)
  let mantissa = unsafeBitCast(bits &- (e &<< FloatBits(repeating: 23)), to: Floats.self)
  let exponent = unsafeBitCast(e &+ FloatBits(repeating: 0x4B40_0000), to: Floats.self) - 0x1.8p23
  return (exponent, mantissa - 1)
}

@_alwaysEmitIntoClient @inline(always)
func logarithm(exponent e: Floats, fraction f: Floats, tail: Floats) -> Floats {
  let square = f * f
  var sum = (tail * f) * square
  sum = sum.addingProduct(e, Floats(repeating: -2.121_944_4e-4))
  sum = sum.addingProduct(square, Floats(repeating: -0.5))
  return (f + sum).addingProduct(e, Floats(repeating: 0.693_359_375))
}

/// log x for normal x > 0, error below 2 units in the last place.
@_alwaysEmitIntoClient @inline(always)
public func logarithm(_ x: Floats) -> Floats {
  let (e, f) = exponentAndFraction(x)
  return logarithm(exponent: e, fraction: f, tail: logarithmTail(f))
}

/// log(1 + t) for t ≥ 0, relative error of some 10⁻⁷ also for tiny t.
@_alwaysEmitIntoClient @inline(always)
public func logarithm(onePlus t: Floats) -> Floats {
  var (e, f) = exponentAndFraction(t + 1)
  // 1 + t has lost the last digits of a small t.
  f.replace(with: t, where: t .< Floats(repeating: 0.414_213_5))
  return logarithm(exponent: e, fraction: f, tail: logarithmTail(f))
}

/// log(1 + t) and the excess log(1 + t) − t/(1 + t), for t ≥ 0 and q = 1/(1 + t).
///
/// The excess is near t²/2 for small t, where the difference would have no digits; there it is
/// t² (q − ½) + t³ P(t), because t − t q = t² q.
@_alwaysEmitIntoClient @inline(always)
public func logarithmAndExcess(
  onePlus t: Floats, reciprocal q: Floats
) -> (logarithm: Floats, excess: Floats) {
  var (e, f) = exponentAndFraction(t + 1)
  let isSmall = t .< Floats(repeating: 0.414_213_5)
  f.replace(with: t, where: isSmall)
  let tail = logarithmTail(f)
  let log = logarithm(exponent: e, fraction: f, tail: tail)
  let square = f * f
  let near = (square * (q - 0.5)).addingProduct(square * f, tail)
  var excess = log + (q - 1)
  excess.replace(with: near, where: isSmall)
  return (log, excess)
}

/// log(1 + x) for 0 ≤ x ≤ 1, relative error below 2 · 10⁻⁷: x times a polynomial of degree 9.
///
/// Coefficients: least largest relative error, fitted.
@_alwaysEmitIntoClient @inline(always)
public func logarithmUpToOne(onePlus x: Floats) -> Floats {
  var p = Floats(repeating: -3.243_861_5e-3)
  p = Floats(repeating: 1.985_056_5e-2).addingProduct(p, x)
  p = Floats(repeating: -5.695_750_6e-2).addingProduct(p, x)
  p = Floats(repeating: 1.060_340_85e-1).addingProduct(p, x)
  p = Floats(repeating: -1.530_541_6e-1).addingProduct(p, x)
  p = Floats(repeating: 1.967_586_6e-1).addingProduct(p, x)
  p = Floats(repeating: -2.495_411_63e-1).addingProduct(p, x)
  p = Floats(repeating: 3.332_996_07e-1).addingProduct(p, x)
  p = Floats(repeating: -4.999_990_17e-1).addingProduct(p, x)
  p = Floats(repeating: 1).addingProduct(p, x)
  return p * x
}

/// |x|, by its bits.
@_alwaysEmitIntoClient @inline(always)
public func magnitude(_ x: Floats) -> Floats {
  unsafeBitCast(
    unsafeBitCast(x, to: FloatBits.self) & FloatBits(repeating: 0x7FFF_FFFF), to: Floats.self)
}

/// The smaller of two numbers; `a` where `b` is NaN.
@_alwaysEmitIntoClient @inline(always)
public func smaller(_ a: Floats, _ b: Floats) -> Floats { a.replacing(with: b, where: b .< a) }

/// The larger of two numbers; `a` where `b` is NaN.
@_alwaysEmitIntoClient @inline(always)
public func larger(_ a: Floats, _ b: Floats) -> Floats { a.replacing(with: b, where: a .< b) }
