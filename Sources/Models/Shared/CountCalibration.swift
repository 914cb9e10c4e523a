import Foundation

/// How counts lie about their expected values, row by row: what a likelihood that fits has right.
///
///     zeros_i = |{g : x_ig = 0}| / G        expected_i = Σ_g (r_g/(r_g + m_ig))^{r_g} / G
///     residuals_i = Σ_g (x_ig − m_ig)² / (m_ig + m_ig²/r_g) / G,      1 on average
///
/// NaN for a row that has not been measured.
public struct CountCalibration: Codable, Sendable, Equatable {
  /// The share of zeros of each row.
  public var zeros: [Double]
  /// The share of zeros that is expected.
  public var expectedZeros: [Double]
  /// The mean square of Pearson's residuals.
  public var residuals: [Double]

  /// A calibration of rows of which none has been measured: not-a-number for each.
  init(rowCount: Int) {
    zeros = Array(repeating: .nan, count: rowCount)
    expectedZeros = zeros
    residuals = zeros
  }

  /// Notes a row with these expected values and dispersions.
  ///
  /// - Parameters:
  ///   - means: m of all genes.
  ///   - entries: column and count of those that are not zero.
  mutating func measure(
    row: Int, means: ArraySlice<Float>, dispersions: [Double],
    entries: [(column: Int, value: Double)]
  ) {
    var (expected, squares) = (0.0, 0.0)
    for (mean, r) in zip(means, dispersions) {
      let m = Double(mean)
      expected += exp(-r * log1p(m / r))
      // (0 − m)²/(m + m²/r)
      squares += m * r / (r + m)
    }
    for (column, x) in entries {
      let m = max(Double(means[means.startIndex + column]), 1e-12)
      squares += x * (x - 2 * m) / (m + m * m / dispersions[column])
    }
    let count = Double(dispersions.count)
    zeros[row] = 1 - Double(entries.count) / count
    expectedZeros[row] = expected / count
    residuals[row] = squares / count
  }
}
