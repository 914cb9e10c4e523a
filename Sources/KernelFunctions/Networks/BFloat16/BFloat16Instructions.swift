/// What the products in bfloat16 need of a processor.
///
/// A bfloat16 is the upper half of a float: eight digits. Two of them make an `Int32`, the first in its lower
/// half.
public protocol BFloat16Instructions {
  /// sum + a₁ b₁ + a₀ b₀ in each of sixteen places: two fused products, the one of the higher halves first;
  /// a result too small for a normal number is zero.
  static func dot(_ sum: Floats, _ a: FloatBits, _ b: FloatBits) -> Floats
  /// Both rounded to bfloat16, side by side in pairs; numbers too small to be normal become zero.
  static func pack(high: Floats, low: Floats) -> FloatBits
  /// Rounded to bfloat16, one after the other.
  static func narrow(_ x: Floats) -> SIMD8<Int32>
  /// The nearest integers, ties to even, for |x| < 2^30.
  static func nearest(_ x: Floats) -> FloatBits
}

/// Products of bfloat16 from ordinary instructions: bit by bit what processors with bfloat16 give, several times more slowly.
public enum EmulatedBFloat16: BFloat16Instructions {
  @_alwaysEmitIntoClient @inline(__always)
  static func withoutDenormals(_ x: Floats) -> Floats {
    let sign = unsafeBitCast(x, to: FloatBits.self) & FloatBits(repeating: Int32.min)
    let isTiny = magnitude(x) .< Floats(repeating: Float.leastNormalMagnitude)
    return x.replacing(with: unsafeBitCast(sign, to: Floats.self), where: isTiny)
  }

  @_alwaysEmitIntoClient @inline(__always)
  static func halves(_ pair: FloatBits) -> (high: Floats, low: Floats) {
    (
      unsafeBitCast(pair & FloatBits(repeating: ~0xFFFF), to: Floats.self),
      unsafeBitCast(pair &<< FloatBits(repeating: 16), to: Floats.self)
    )
  }

  /// The bits of the nearest bfloat16, ties to even, in the upper half.
  @_alwaysEmitIntoClient @inline(__always)
  static func rounded(_ x: Floats) -> FloatBits {
    let bits = unsafeBitCast(withoutDenormals(x), to: FloatBits.self)
    let odd = (bits &>> FloatBits(repeating: 16)) & FloatBits(repeating: 1)
    let near = (bits &+ FloatBits(repeating: 0x7FFF) &+ odd) & FloatBits(repeating: ~0xFFFF)
    let isNumber = x .== x
    // A NaN stays one, whatever its digits.
    return near.replacing(
      with: (bits | FloatBits(repeating: 0x40_0000)) & FloatBits(repeating: ~0xFFFF),
      where: .!isNumber)
  }

  /// sum + a₁ b₁ + a₀ b₀ in each of sixteen places: see `BFloat16Instructions.dot`.
  @_alwaysEmitIntoClient @inline(__always)
  public static func dot(_ sum: Floats, _ a: FloatBits, _ b: FloatBits) -> Floats {
    let (a1, a0) = halves(a)
    let (b1, b0) = halves(b)
    let first = withoutDenormals(withoutDenormals(sum).addingProduct(a1, b1))
    return withoutDenormals(first.addingProduct(a0, b0))
  }

  /// Both rounded to bfloat16, side by side in pairs: see `BFloat16Instructions.pack`.
  @_alwaysEmitIntoClient @inline(__always)
  public static func pack(high: Floats, low: Floats) -> FloatBits {
    let lower = unsafeBitCast(rounded(low), to: SIMD16<UInt32>.self) &>> SIMD16(repeating: 16)
    return rounded(high) | unsafeBitCast(lower, to: FloatBits.self)
  }

  /// Rounded to bfloat16, one after the other: see `BFloat16Instructions.narrow`.
  @_alwaysEmitIntoClient @inline(__always)
  public static func narrow(_ x: Floats) -> SIMD8<Int32> {
    let bits = rounded(x)
    let lower = unsafeBitCast(bits.evenHalf, to: SIMD8<UInt32>.self) &>> SIMD8(repeating: 16)
    return bits.oddHalf | unsafeBitCast(lower, to: SIMD8<Int32>.self)
  }

  /// The nearest integers, ties to even, for |x| < 2^30: see `BFloat16Instructions.nearest`.
  @_alwaysEmitIntoClient @inline(__always)
  public static func nearest(_ x: Floats) -> FloatBits {
    var result = FloatBits(repeating: 0)
    for place in 0..<16 {
      let carried = roundingStart + Double(x[place])
      result[place] = Int32(truncatingIfNeeded: Int64(bitPattern: carried.bitPattern))
    }
    return result
  }
}
