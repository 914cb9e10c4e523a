import LinearAlgebra
import Modeling

/// The spectral start between two of its steps: what everyone shares.
///
///     t_i  total count,  t̄ = exp(mean log t)          y_ig = log(1 + x_ig t̄ / t_i)
///     m_g, s_g  mean and standard deviation of y_g     a_ig = min((y_ig − m_g) / s_g, 10)
///     Q ← orth(Aᵀ A Q), several times (subspace iteration, A centred)
///     z_i = Vᵀ (a_i − ā) / √λ₁                         V, λ: eigenvectors and values of Qᵀ Aᵀ A Q / (N−1)
///     means μ: k-means on z, the best of several keyed k-means++ seedings
///     σ₀² = mean squared distance to the nearest μ per dimension,  softball radius = max_k ‖μ_k‖
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | t̄ | the depth that cells are brought to | | `depth` |
/// | −m_g/s_g | what a zero becomes | G | `zeros` |
/// | ā + m/s | mean of what stands above that | G | `offsets` |
/// | Q, then V/√λ₁ | basis of the components | G × (L + 10), then G × L | `basis` |
///
/// Only training cells are in the sums (a keyed sample of them where there are very many); the others are
/// projected. Every sum goes through everyone.
///
/// Sources: principal components of scaled log counts as in Satija et al. 2015, doi:10.1038/nbt.3192; subspace
/// iteration as in Halko, Martinsson and Tropp 2011, doi:10.1137/090771806; k-means++ as in Arthur and
/// Vassilvitskii 2007.
public struct SpectralStart: Codable, Sendable {
  /// Iterations of the subspace done.
  var iterations = 0
  /// t̄.
  var depth: Double
  /// 1/s_g, 0 for a gene that does not vary.
  var inverseDeviations: [Double]
  /// −m_g/s_g.
  var zeros: [Double]
  /// Mean of a − zeros.
  var offsets: [Double]
  /// Q, then the loadings.
  var basis: Matrix<Double>

  /// Iterations of the subspace: the leading components of expression data are well separated by then.
  static let iterationCount = 8
  /// Columns of the basis beyond L.
  static let oversampling = 10
  /// The sums go over at most about so many cells.
  static let sampleSize = 20_000
  /// Scaled values above this are cut, as usual for scaled expression.
  static let largestScore = 10.0
}

/// One cell's scaled log counts, as what stands above `zeros`.
struct ScaledRow {
  private(set) var columns: [Int] = []
  private(set) var values: [Double] = []

  mutating func fill(_ position: Int, of matrix: RowMatrix, _ start: SpectralStart) {
    columns.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
    Self.forEachLogCount(position, of: matrix, depth: start.depth) { column, value in
      let score = value * start.inverseDeviations[column] + start.zeros[column]
      columns.append(column)
      values.append(min(score, SpectralStart.largestScore) - start.zeros[column])
    }
  }

  /// log(1 + x t̄/t) of the non-zero counts of a cell; real values as they are.
  static func forEachLogCount(
    _ position: Int, of matrix: RowMatrix, depth: Double, _ body: (Int, Double) -> Void
  ) {
    switch matrix {
    case .counts(let counts):
      let total = Double(counts.total(ofRow: position))
      counts.forEachNonZero(inRow: position) { body($0, logOnePlus(Double($1) * depth / total)) }
    case .reals(let matrix):
      for column in 0..<matrix.columnCount where matrix[position, column] != 0 {
        body(column, matrix[position, column])
      }
    }
  }
}
