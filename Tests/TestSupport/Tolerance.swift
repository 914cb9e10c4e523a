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

  /// A few steps of a fit in single precision against the same in double precision, or in another order: rounding of
  /// 6e-8 in each of some thousand terms, and Adam, which divides by the size of the gradient, makes more of it.
  public static let singlePrecisionFit = Tolerance(relative: 1e-4, absolute: 1e-4)

  // MARK: Estimates from random data, whose seeds are fixed

  /// An effect, estimated from the samples of a test with a standard error of a tenth to a fifth.
  public static let estimatedEffect = Tolerance(relative: 0, absolute: 0.4)

  /// A ratio of sums of some hundred counts that vary: about three standard errors.
  public static let estimatedRatio = Tolerance(relative: 0.2)

  /// A mean of some hundred numbers with a standard deviation of their own size: about two standard errors.
  public static let estimatedMean = Tolerance(relative: 0.1)

  /// Loadings of factors, estimated from a few hundred counts each.
  public static let estimatedLoading = Tolerance(relative: 0, absolute: 0.15)

  /// A population's share of a donor, from 300 variants: three standard errors.
  public static let estimatedShare = Tolerance(relative: 0, absolute: 0.12)

  /// The kinship of two donors, from 2500 variants: five standard errors.
  public static let estimatedKinship = Tolerance(relative: 0, absolute: 0.05)

  /// A frequency in 4000 trials: four standard deviations.
  public static let frequencyOf4000 = Tolerance(relative: 0, absolute: 0.032)

  /// Bounds that minibatches and whole passes end at: they may be different local optima.
  public static let localOptimum = Tolerance(relative: 0.02)

  /// Bounds of two families of distributions for one posterior: their misfits differ by a few nats in a thousand.
  public static let posteriorFamily = Tolerance(relative: 0.005)

  /// The best of a hundred random partitions of a graph; in graphs of thirty vertices the best is luck.
  public static func bestPartition(vertices: Int) -> Tolerance {
    Tolerance(relative: 0, absolute: vertices < 50 ? 0.2 : 0.08)
  }

  // MARK: Products and factorisations

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
