public import Concurrency
public import LinearAlgebra
import Modeling
import RealModule
import Sums

/// Eigenvalues and eigenvectors of what an axis's precision matrix is learned from.
public struct AxisSpectrum: Sendable {
  /// e, one for every column of `vectors`.
  public var values: [Double]
  /// The axis's length × eigenvectors kept.
  public var vectors: Matrix<Double>

  /// The Gram path: every eigenvector of the mean second moment, eigenvalues with Euclidean norm 1.
  ///
  ///     S = Σ_data Y Yᵀ / Σ_data (numbers in a row of Y),   e ← e / ‖e‖
  ///
  /// The norm keeps the path of `GmGMEigenvalues` away from its boundary; it is part of the method.
  ///
  /// Local. The bits do not depend on the number of threads.
  /// - Parameter data: the data sets that have the axis, its vertices in rows.
  /// - Throws: `LinearAlgebraError` where the data hold NaN.
  public static func gram(
    _ data: [Matrix<Double>], on workers: Workers
  ) throws(LinearAlgebraError) -> AxisSpectrum {
    try normalized(secondMoments(data, .whole, with: Alone(), on: workers))
  }

  /// S of the Gram path.
  ///
  /// Collective where the share is divided.
  static func secondMoments<Everyone: Team & ~Copyable>(
    _ data: [Matrix<Double>], _ share: WorkShare, with everyone: borrowing Everyone,
    on workers: Workers
  ) -> Matrix<Double> {
    var sum = Matrix<Double>(rowCount: data[0].rowCount, columnCount: data[0].rowCount)
    var width = 0
    for matrix in data {
      sum.add(symmetricProduct(matrix, share, with: everyone, on: workers))
      width += matrix.columnCount
    }
    sum.scale(by: 1 / Double(width))
    return sum
  }

  /// The Gram path's spectrum of a moment matrix.
  ///
  /// Local.
  /// - Throws: `LinearAlgebraError` where it holds NaN.
  public static func normalized(
    _ moments: Matrix<Double>
  ) throws(LinearAlgebraError) -> AxisSpectrum {
    let eigen = try SymmetricEigen(moments)
    let norm = dot(eigen.values, eigen.values).squareRoot()
    return AxisSpectrum(
      values: norm > 0 ? eigen.values.map { $0 / norm } : eigen.values, vectors: eigen.vectors)
  }

  /// The truncated path: squares of the largest singular values, and their left vectors.
  ///
  /// The published program finds them by random projection; here they are exact.
  ///
  /// Local.
  /// - Parameters:
  ///   - data: the axis's vertices in rows.
  ///   - count: singular values kept, at most the shorter side.
  /// - Throws: `LinearAlgebraError` where the data hold NaN.
  public static func truncated(
    _ data: Matrix<Double>, to count: Int
  ) throws(LinearAlgebraError) -> AxisSpectrum {
    let decomposition = try SingularValueDecomposition(data)
    let kept = min(count, decomposition.values.count)
    let width = decomposition.values.count
    var vectors = Matrix<Double>(rowCount: data.rowCount, columnCount: kept)
    vectors.withUnsafeMutableElements { vectors in
      decomposition.left.withUnsafeElements { left in
        for row in 0..<data.rowCount {
          for column in 0..<kept { vectors[row * kept + column] = left[row * width + column] }
        }
      }
    }
    return AxisSpectrum(
      values: decomposition.values.prefix(kept).map { $0 * $0 }, vectors: vectors)
  }
}
