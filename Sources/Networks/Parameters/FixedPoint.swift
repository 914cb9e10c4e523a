/// Numbers as pairs of 64-bit integers that add associatively:
///
///     x ≈ high · 2^−10 + low · 2^−60,   |x| < 2^40, resolution 2^−60
///
/// The same form as the wide blocks of `Modeling.PartialSums`, for gradients that are not written by a
/// kernel with its own scale.
public enum FixedPoint {
  /// Integers a number takes.
  public static let limbsPerValue = 2

  private static let toHigh = 0x1p10
  private static let fromHigh = 0x1p-10
  private static let toLow = 0x1p60
  private static let fromLow = 0x1p-60
  /// Adding and subtracting 1.5 · 2^52 rounds to the nearest integer, for |x| < 2^51.
  private static let magic = 0x1.8p52

  /// Adds numbers to limbs, two a number.
  ///
  /// - Returns: how many numbers were not finite or out of range; they are left out.
  public static func add<Scalar: NetworkScalar>(
    _ values: UnsafeBufferPointer<Scalar>, to limbs: UnsafeMutableBufferPointer<Int64>
  ) -> Int {
    precondition(limbs.count == limbsPerValue * values.count)
    var faults = 0
    for index in values.indices {
      let value = Double(values[index])
      let scaled = value * toHigh
      guard scaled.magnitude < 0x1p50 else {
        faults += 1
        continue
      }
      let high = (scaled + magic) - magic
      let low = ((value - high * fromHigh) * toLow + magic) - magic
      limbs[2 * index] &+= Int64(high)
      limbs[2 * index + 1] &+= Int64(low)
    }
    return faults
  }

  /// The number that two limbs hold.
  public static func value<Scalar: NetworkScalar>(high: Int64, low: Int64) -> Scalar {
    let carry = low >> 50
    return Scalar(Double(high &+ carry) * fromHigh + Double(low &- (carry << 50)) * fromLow)
  }

  /// The numbers that limbs hold.
  public static func values<Scalar: NetworkScalar>(
    of limbs: UnsafeBufferPointer<Int64>
  ) -> [Scalar] {
    stride(from: 0, to: limbs.count, by: 2).map { value(high: limbs[$0], low: limbs[$0 + 1]) }
  }
}
