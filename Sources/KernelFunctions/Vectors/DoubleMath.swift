// Elementary functions on four doubles, for the few entries whose terms cancel beyond single precision.

/// Four doubles: one AVX2 register.
public typealias Doubles = SIMD4<Double>

/// log x for normal x > 0, error below 10⁻¹⁵ max(1, |log x|).
///
///     x = 2ᵉ m, √½ ≤ m < √2        log m = 2 artanh s,  s = (m − 1)/(m + 1),  by its series to s¹⁹
@_alwaysEmitIntoClient @inline(always)
public func logarithm(_ x: Doubles) -> Doubles {
  let bits = unsafeBitCast(x, to: SIMD4<UInt64>.self)
  // The exponent, raised by 1024 so that it is never negative.
  let raised =
    (bits &+ SIMD4(repeating: 0x4010_0000_0000_0000 &- 0x3FE6_A09E_667F_3BCD))
    &>> SIMD4(repeating: 52)
  let power = (raised &- SIMD4(repeating: 1025)) &<< SIMD4(repeating: 52)
  let m = unsafeBitCast(bits &- power, to: Doubles.self)
  let e =
    unsafeBitCast(raised | SIMD4(repeating: 0x4330_0000_0000_0000), to: Doubles.self)
    - (0x1p52 + 1025)
  let s = (m - 1) / (m + 1)
  let q = s * s
  var p = Doubles(repeating: 1.0 / 19)
  p = Doubles(repeating: 1.0 / 17).addingProduct(p, q)
  p = Doubles(repeating: 1.0 / 15).addingProduct(p, q)
  p = Doubles(repeating: 1.0 / 13).addingProduct(p, q)
  p = Doubles(repeating: 1.0 / 11).addingProduct(p, q)
  p = Doubles(repeating: 1.0 / 9).addingProduct(p, q)
  p = Doubles(repeating: 1.0 / 7).addingProduct(p, q)
  p = Doubles(repeating: 1.0 / 5).addingProduct(p, q)
  p = Doubles(repeating: 1.0 / 3).addingProduct(p, q)
  let twice = s + s
  return (twice + twice * q * p).addingProduct(e, Doubles(repeating: 0.693_147_180_559_945_3))
}

/// eˣ for −700 ≤ x ≤ 700, relative error below 10⁻¹⁴.
@_alwaysEmitIntoClient @inline(always)
public func exponential(_ x: Doubles) -> Doubles {
  let magic = Doubles(repeating: 0x1.8p52)
  let shifted = magic.addingProduct(x, Doubles(repeating: 1.442_695_040_888_963_4))
  let n = shifted - magic
  let f = x.addingProduct(n, Doubles(repeating: -0x1.62e4_2fefp-1))
    .addingProduct(n, Doubles(repeating: -0x1.473d_e6af_278edp-34))
  var p = Doubles(repeating: 1.0 / 479_001_600)
  p = Doubles(repeating: 1.0 / 39_916_800).addingProduct(p, f)
  p = Doubles(repeating: 1.0 / 3_628_800).addingProduct(p, f)
  p = Doubles(repeating: 1.0 / 362_880).addingProduct(p, f)
  p = Doubles(repeating: 1.0 / 40_320).addingProduct(p, f)
  p = Doubles(repeating: 1.0 / 5_040).addingProduct(p, f)
  p = Doubles(repeating: 1.0 / 720).addingProduct(p, f)
  p = Doubles(repeating: 1.0 / 120).addingProduct(p, f)
  p = Doubles(repeating: 1.0 / 24).addingProduct(p, f)
  p = Doubles(repeating: 1.0 / 6).addingProduct(p, f)
  p = Doubles(repeating: 0.5).addingProduct(p, f)
  p = (f + 1).addingProduct(p, f * f)
  let power = unsafeBitCast(shifted, to: SIMD4<UInt64>.self) &<< SIMD4(repeating: 52)
  return unsafeBitCast(unsafeBitCast(p, to: SIMD4<UInt64>.self) &+ power, to: Doubles.self)
}

/// log(1 + t) for t ≥ 0, relative error below 10⁻¹⁵ + 10⁻¹⁶/t.
@_alwaysEmitIntoClient @inline(always)
public func logarithm(onePlus t: Doubles) -> Doubles {
  let u = t + 1
  // What 1 + t has lost, to first order.
  return logarithm(u) + (t - (u - 1)) / u
}
