public import Concurrency
public import LinearAlgebra
import Metrics
import Modeling
import Probability
import RealModule
import Sums

/// Ranks in the place of values, so that only the order of the values in each column matters.
///
/// | Path | Reference code | distfit | Why |
/// |---|---|---|---|
/// | truncated | normal quantiles of ranks, dense | the same | |
/// | truncated, sparse data | ranks of small non-zeros are not moved past the zeros | as dense | ties are ties |
/// | Gram | ranks never applied, diagonal divided twice, factor 2 missing | `correlations` | as published |
///
/// Source: H. Liu, F. Han, M. Yuan, J. Lafferty, L. Wasserman, High-dimensional semiparametric Gaussian copula
/// graphical models, Ann. Stat. 40:2293–2326, 2012, doi:10.1214/12-AOS1037.
public enum NonparanormalSkeptic {
  /// Φ⁻¹(rank / (n + 1)) of every value in its column, ranks of ties averaged.
  ///
  /// Local.
  public static func normalScores(_ matrix: Matrix<Double>) -> Matrix<Double> {
    let count = Double(matrix.rowCount + 1)
    return overColumns(of: matrix) { ranks in ranks.map { normalQuantile($0 / count) } }
  }

  /// The correlation matrix of the rows, from ranks within columns: 2 sin(π/6 ρ), ρ = cosines of centred ranks.
  ///
  /// Edge case: a row that is average in every column correlates with nothing.
  ///
  /// Local. The bits do not depend on the number of threads.
  public static func correlations(
    _ matrix: Matrix<Double>, on workers: Workers
  ) -> Matrix<Double> {
    correlations(matrix, .whole, with: Alone(), on: workers)
  }

  /// The correlation matrix of the rows, from ranks within columns, with the work shared among
  /// ranks.
  ///
  /// Collective where the share is divided.
  static func correlations<Everyone: Team & ~Copyable>(
    _ matrix: Matrix<Double>, _ share: WorkShare, with everyone: borrowing Everyone,
    on workers: Workers
  ) -> Matrix<Double> {
    let middle = Double(matrix.rowCount + 1) / 2
    let ranks = overColumns(of: matrix) { ranks in ranks.map { $0 - middle } }
    var result = symmetricProduct(ranks, share, with: everyone, on: workers)
    let scales = result.diagonal.map { $0 > 0 ? 1 / $0.squareRoot() : 0 }
    let order = result.rowCount
    result.withUnsafeMutableElements { elements in
      for row in 0..<order {
        for column in 0..<order where row != column {
          let rho = min(max(elements[row * order + column] * scales[row] * scales[column], -1), 1)
          elements[row * order + column] = 2 * .sin(.pi / 6 * rho)
        }
        elements[row * order + row] = 1
      }
    }
    return result
  }

  private static func overColumns(
    of matrix: Matrix<Double>, _ transform: ([Double]) -> [Double]
  ) -> Matrix<Double> {
    var transposed = matrix.transposed()
    for column in 0..<transposed.rowCount {
      transposed.setRow(column, to: transform(averageRanks(Array(transposed.row(column)))))
    }
    return transposed.transposed()
  }
}
