/// The unit 2^−s in which the gradients of one gene (or one hidden output) are counted.
///
/// 2^50 units are 2^20 times the largest gradient of recent steps, at least 2^24 and at most 2^80: a lane's
/// part beyond them is cut off there.
enum UnitExponent {
  /// Before any gradient is known: 2^50 units are 2^32.
  static let initial: Int32 = 18

  /// 2^−s, the unit that belongs to an exponent.
  static func unit(_ exponent: Int32) -> Double {
    Double(sign: .plus, exponent: -Int(exponent), significand: 1)
  }

  /// 2^s (1 + 2^−52), by which kernels multiply: see `addClamped`.
  static func scale(_ exponent: Int32) -> Double {
    Double(bitPattern: UInt64(1023 + Int(exponent)) << 52 | 1)
  }

  /// t ≤ s: in units of 2^−t, to which each lane's part of a weight gradient is rounded, the largest gradient
  /// of recent steps is some 2^20. Thirty-two bits then have room for some hundred times its size.
  static func coarse(_ exponent: Int32, largest: Float) -> Int32 {
    let size = largest > 0x1p-60 && largest.isFinite ? Int32(largest.exponent) + 1 : -60
    return min(20 - size, exponent)
  }

  /// 2^t and s − t of a gene.
  static func lanePart(_ exponent: Int32, largest: Float) -> (scale: Float, shift: Int64) {
    let coarse = coarse(exponent, largest: largest)
    return (Float(bitPattern: UInt32(127 + Int(coarse)) << 23), Int64(exponent - coarse))
  }

  /// Takes notice of a step's largest gradient; older ones fade by an eighth a step.
  static func follow(_ now: Float, _ largest: inout Float, _ exponent: inout Int32) {
    largest = max(now, largest * 0.875)
    let size = largest > 0x1p-60 && largest.isFinite ? Int(largest.exponent) + 1 : -60
    exponent = Int32(50 - min(max(size + 20, 24), 80))
  }
}
