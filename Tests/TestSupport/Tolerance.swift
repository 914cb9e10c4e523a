/// How far a computed number may be from the expected one, with the reason. No other literal tolerances.
///
/// A value is accepted where |value − expected| ≤ absolute + relative · |expected|; equal infinities are
/// accepted, and NaN only where NaN is expected.
public struct Tolerance: Sendable {
  /// Allowed difference in units of the expected value.
  public let relative: Double
  /// Allowed difference where the expected value is 0.
  public let absolute: Double

  /// A tolerance of a kind not listed below; say at the place why.
  public init(relative: Double, absolute: Double = 0) {
    self.relative = relative
    self.absolute = absolute
  }

  /// Associative sums and fixed shapes: not one bit may differ.
  public static let bits = Tolerance(relative: 0)

  /// Special functions and densities in double precision: 8 units in the last place.
  public static let specialFunction = Tolerance(relative: 8 * 0x1p-52)

  /// Functions that solve for something (quantiles, incomplete beta in its tails): 1e-12.
  public static let solvedFunction = Tolerance(relative: 1e-12)

  /// The specifications' golden values: as many digits as they give.
  public static let golden = Tolerance(relative: 1e-9, absolute: 1e-10)

  /// Metrics computed by other programs in double precision.
  public static let metric = Tolerance(relative: 1e-10, absolute: 1e-12)

  /// Where the other tool's own stopping rule limits the agreement.
  public static let publishedFit = Tolerance(relative: 1e-6, absolute: 1e-6)

  /// Topics of two lanes of one sequencing library, summed over the topics: the sampling error of some million reads is
  /// below a hundredth.
  public static let sameLibrary = Tolerance(relative: 0, absolute: 0.02)

  /// Backward error of one product or factorisation of order n: 30 n ε (Elemental's bound).
  public static func linearAlgebra(_ order: Int) -> Tolerance {
    let bound = 30 * Double(max(order, 1)) * 0x1p-52
    return Tolerance(relative: bound, absolute: bound)
  }

  /// Whether `value` is close enough to `expected`.
  public func accepts(_ value: Double, _ expected: Double) -> Bool {
    if value == expected || (value.isNaN && expected.isNaN) { return true }
    return abs(value - expected) <= absolute + relative * abs(expected)
  }
}

extension Double {
  /// Whether the number is close enough to `expected`; written so that a failed expectation shows both.
  public func isClose(to expected: Double, _ tolerance: Tolerance) -> Bool {
    tolerance.accepts(self, expected)
  }
}

extension Collection<Double> {
  /// Whether all numbers are close enough to the expected ones, and as many.
  public func areClose(to expected: some Collection<Double>, _ tolerance: Tolerance) -> Bool {
    count == expected.count && zip(self, expected).allSatisfy { tolerance.accepts($0, $1) }
  }
}
