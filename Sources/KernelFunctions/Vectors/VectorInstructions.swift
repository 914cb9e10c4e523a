/// What the kernels need of a processor beyond the arithmetic that Swift's vectors have: where Swift works number by
/// number, processors have one instruction. All give the same bits.
public protocol VectorInstructions {
  /// The nearest integers, ties to even, for |x| < 2^30.
  static func nearest(_ x: HalfFloats) -> SIMD8<Int32>
  /// The nearest doubles.
  static func doubles(_ integers: SIMD8<Int64>) -> SIMD8<Double>
  /// √x for x ≥ 0.
  static func squareRoot(_ x: HalfFloats) -> HalfFloats
}

extension VectorInstructions {
  /// The nearest doubles, from the halves of the integers.
  @_alwaysEmitIntoClient @inline(__always)
  public static func doubles(_ integers: SIMD8<Int64>) -> SIMD8<Double> {
    doublesByHalves(integers)
  }
}

/// The operations of `VectorInstructions` number by number, for any processor.
public enum PortableInstructions: VectorInstructions {
  /// The nearest integers, ties to even, for |x| < 2^30: see `VectorInstructions.nearest`.
  @_alwaysEmitIntoClient @inline(__always)
  public static func nearest(_ x: HalfFloats) -> SIMD8<Int32> {
    var result = SIMD8<Int32>(repeating: 0)
    for place in 0..<8 {
      let carried = roundingStart + Double(x[place])
      result[place] = Int32(truncatingIfNeeded: Int64(bitPattern: carried.bitPattern))
    }
    return result
  }

  /// √x for x ≥ 0: see `VectorInstructions.squareRoot`.
  @_alwaysEmitIntoClient @inline(__always)
  public static func squareRoot(_ x: HalfFloats) -> HalfFloats {
    var result = x
    for place in 0..<8 { result[place] = x[place].squareRoot() }
    return result
  }
}

/// Eight integers of any size as doubles, by their halves.
@_alwaysEmitIntoClient @inline(__always)
public func doublesByHalves(_ integers: SIMD8<Int64>) -> SIMD8<Double> {
  let low = unsafeBitCast(
    (integers & SIMD8(repeating: 0xFFFF_FFFF)) | SIMD8(repeating: 0x4330_0000_0000_0000),
    to: SIMD8<Double>.self)
  // The high half, made positive by 2^31.
  let raised =
    unsafeBitCast(integers, to: SIMD8<UInt64>.self) ^ SIMD8(repeating: 0x8000_0000_0000_0000)
  let high = unsafeBitCast(
    (raised &>> SIMD8(repeating: 32)) | SIMD8(repeating: 0x4330_0000_0000_0000),
    to: SIMD8<Double>.self)
  return (low - 0x1p52).addingProduct(high - (0x1p52 + 0x1p31), SIMD8(repeating: 0x1p32))
}
