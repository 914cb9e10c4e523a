// Elementary functions on eight doubles, for Poisson regressions and gamma distributions.

/// eˣ for −700 ≤ x ≤ 700, relative error below 3 · 10⁻¹⁶; NaN stays NaN.
///
///     n = round(x / ln 2), f = x − n ln 2 (in two parts), eˣ = 2ⁿ Σ_{i ≤ 12} fⁱ / i!
@_alwaysEmitIntoClient @inline(always)
func exponential(_ x: WideDoubles) -> WideDoubles {
  let magic = WideDoubles(repeating: 0x1.8p52)
  let shifted = magic.addingProduct(x, WideDoubles(repeating: 1.442_695_040_888_963_4))
  let n = shifted - magic
  let f = x.addingProduct(n, WideDoubles(repeating: -0x1.62e4_2fefp-1))
    .addingProduct(n, WideDoubles(repeating: -0x1.473d_e6af_278edp-34))
  var p = WideDoubles(repeating: 1.0 / 479_001_600)
  p = WideDoubles(repeating: 1.0 / 39_916_800).addingProduct(p, f)
  p = WideDoubles(repeating: 1.0 / 3_628_800).addingProduct(p, f)
  p = WideDoubles(repeating: 1.0 / 362_880).addingProduct(p, f)
  p = WideDoubles(repeating: 1.0 / 40_320).addingProduct(p, f)
  p = WideDoubles(repeating: 1.0 / 5_040).addingProduct(p, f)
  p = WideDoubles(repeating: 1.0 / 720).addingProduct(p, f)
  p = WideDoubles(repeating: 1.0 / 120).addingProduct(p, f)
  p = WideDoubles(repeating: 1.0 / 24).addingProduct(p, f)
  p = WideDoubles(repeating: 1.0 / 6).addingProduct(p, f)
  p = WideDoubles(repeating: 0.5).addingProduct(p, f)
  p = (f + 1).addingProduct(p, f * f)
  let bits = unsafeBitCast(shifted, to: SIMD8<UInt64>.self) &<< SIMD8(repeating: 52)
  let power = unsafeBitCast(bits &+ SIMD8(repeating: 1023 << 52), to: WideDoubles.self)
  return p * power
}

/// The sum of eight doubles, by halves.
@_alwaysEmitIntoClient @inline(always)
func sumOf(_ x: WideDoubles) -> Double {
  let four = x.lowHalf + x.highHalf
  let two = four.lowHalf + four.highHalf
  return two[0] + two[1]
}

/// log x for normal x > 0, error below 10⁻¹⁵ max(1, |log x|).
///
///     x = 2ᵉ m, √½ ≤ m < √2        log m = 2 artanh s,  s = (m − 1)/(m + 1),  by its series to s¹⁹
@_alwaysEmitIntoClient @inline(always)
func logarithm(_ x: WideDoubles) -> WideDoubles {
  let bits = unsafeBitCast(x, to: SIMD8<UInt64>.self)
  // The exponent, raised by 1024 so that it is never negative.
  let raised =
    (bits &+ SIMD8(repeating: 0x4010_0000_0000_0000 &- 0x3FE6_A09E_667F_3BCD))
    &>> SIMD8(repeating: 52)
  let power = (raised &- SIMD8(repeating: 1025)) &<< SIMD8(repeating: 52)
  let m = unsafeBitCast(bits &- power, to: WideDoubles.self)
  let e =
    unsafeBitCast(raised | SIMD8(repeating: 0x4330_0000_0000_0000), to: WideDoubles.self)
    - (0x1p52 + 1025)
  let s = (m - 1) / (m + 1)
  let q = s * s
  var p = WideDoubles(repeating: 1.0 / 19)
  p = WideDoubles(repeating: 1.0 / 17).addingProduct(p, q)
  p = WideDoubles(repeating: 1.0 / 15).addingProduct(p, q)
  p = WideDoubles(repeating: 1.0 / 13).addingProduct(p, q)
  p = WideDoubles(repeating: 1.0 / 11).addingProduct(p, q)
  p = WideDoubles(repeating: 1.0 / 9).addingProduct(p, q)
  p = WideDoubles(repeating: 1.0 / 7).addingProduct(p, q)
  p = WideDoubles(repeating: 1.0 / 5).addingProduct(p, q)
  p = WideDoubles(repeating: 1.0 / 3).addingProduct(p, q)
  let twice = s + s
  return (twice + twice * q * p).addingProduct(e, WideDoubles(repeating: 0.693_147_180_559_945_3))
}
