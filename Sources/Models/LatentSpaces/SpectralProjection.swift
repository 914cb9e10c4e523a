import Concurrency
import Foundation
import LinearAlgebra
import Modeling

/// Where representations start, and how new cells are placed: principal components of scaled log counts.
///
///     y_ig = log(1 + c x_ig T / t_i)      t_i total count of the cell, T the geometric mean of t
///     a_ig = min((y_ig − m_g) / s_g, 10)  m_g, s_g mean and standard deviation of y_g, zeros included
///     z_il = f ((a_i − ā)ᵀ V)_l / λ_l^{1/4}
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | c T | depth that cells are brought to, in pseudo-counts c | | `depth` |
/// | 1/s_g | 0 for a gene that does not vary | G | `inverseDeviations` |
/// | −m_g/s_g | what a zero becomes | G | `zeros` |
/// | ā − zeros | mean of what stands above that | G | `offsets` |
/// | V, λ | leading eigenvectors and eigenvalues of the covariance of a | G × L, L | `basis` holds f V/λ^{1/4} |
/// | f | the first coordinate's mean square becomes 1 | | in `basis` |
///
/// Half whitening (λ^{1/4}) keeps the leading components leading without letting the first decide alone.
///
/// Sources: scaled log counts as in Satija et al. 2015, doi:10.1038/nbt.3192; subspace iteration as in Halko,
/// Martinsson and Tropp 2011, doi:10.1137/090771806.
public struct SpectralProjection: Codable, Sendable, Equatable {
  var depth: Double
  var inverseDeviations: [Double]
  var zeros: [Double]
  var offsets: [Double]
  /// While iterating the orthonormal basis Q, G × (L + 10); at the end G × L.
  var basis: Matrix<Double>
  /// What is added to every z: zeros, until the projection is fitted to trained representations.
  var intercept: [Double]

  /// Columns of the basis beyond L while iterating.
  static let oversampling = 10
  /// Iterations: leading components of expression data are well separated by then.
  static let iterationCount = 8
  /// Scaled values above this are cut, as usual for scaled expression.
  static let largestScore = 10.0
}

/// One cell's scaled log counts, as what stands above `zeros`.
struct ScaledRow {
  private(set) var columns: [Int] = []
  private(set) var values: [Double] = []

  mutating func fill(_ position: Int, of matrix: RowMatrix, _ projection: SpectralProjection) {
    columns.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
    Self.forEachLogCount(position, of: matrix, depth: projection.depth) { column, value in
      let zero = projection.zeros[column]
      let score = value * projection.inverseDeviations[column] + zero
      columns.append(column)
      values.append(min(score, SpectralProjection.largestScore) - zero)
    }
  }

  /// log(1 + x depth/t) of the non-zero counts of a cell; real values as they are.
  static func forEachLogCount(
    _ position: Int, of matrix: RowMatrix, depth: Double, _ body: (Int, Double) -> Void
  ) {
    switch matrix {
    case .counts(let counts):
      let total = Double(counts.total(ofRow: position))
      counts.forEachNonZero(inRow: position) { body($0, log1p(Double($1) * depth / total)) }
    case .reals(let matrix):
      for column in 0..<matrix.columnCount where matrix[position, column] != 0 {
        body(column, matrix[position, column])
      }
    }
  }

  /// (a − ā)ᵀ M for a matrix M of genes × columns, with shift = offsetsᵀ M.
  func product(_ matrix: Matrix<Double>, shift: [Double]) -> [Double] {
    let width = matrix.columnCount
    var result = shift.map { -$0 }
    matrix.withUnsafeElements { matrix in
      result.withUnsafeMutableBufferPointer { result in
        for (column, value) in zip(columns, values) {
          for w in 0..<width { result[w] += value * matrix[column * width + w] }
        }
      }
    }
    return result
  }
}

extension SpectralProjection {
  /// offsetsᵀ M, with M the basis, minus the intercept.
  var shift: [Double] {
    var result =
      intercept.count == basis.columnCount
      ? intercept.map { -$0 } : [Double](repeating: 0, count: basis.columnCount)
    for row in offsets.indices where offsets[row] != 0 {
      for column in result.indices { result[column] += offsets[row] * basis[row, column] }
    }
    return result
  }

  /// Puts every row of some lanes at its projection z.
  ///
  /// Local.
  /// - Parameters:
  ///   - matrices: the lanes' values.
  ///   - tables: the lanes' representations, one row a row of the values.
  func place(
    _ matrices: [RowMatrix], in tables: inout [Representations], on workers: Workers
  ) {
    let L = basis.columnCount
    let shift = shift
    tables.withUnsafeMutableBufferPointer { tables in
      nonisolated(unsafe) let tables = tables
      workers.perform(tables.count) { index in
        var row = ScaledRow()
        for position in 0..<tables[index].values.count / L {
          row.fill(position, of: matrices[index], self)
          let scores = row.product(basis, shift: shift)
          for l in 0..<L { tables[index].values[position * L + l] = Float(scores[l]) }
        }
      }
    }
  }

  /// For the fit file: new cells start at their projection.
  var storedTree: StoredTree {
    let shape = [basis.rowCount, basis.columnCount]
    func column(_ values: [Double]) -> StoredTree { .doubles(values, shape: [values.count]) }
    return .group([
      "depth": .number(depth), "inverse_deviations": column(inverseDeviations),
      "zeros": column(zeros), "offsets": column(offsets),
      "loadings": .doubles(basis.elements, shape: shape), "intercept": column(intercept),
    ])
  }

  /// The projection of a fit file; nil where it has none.
  init?(storedTree tree: StoredTree?) {
    guard case .number(let depth)? = tree?["depth"],
      case .doubles(let inverse, _)? = tree?["inverse_deviations"],
      case .doubles(let zeros, _)? = tree?["zeros"],
      case .doubles(let offsets, _)? = tree?["offsets"],
      case .doubles(let loadings, let shape)? = tree?["loadings"], shape.count == 2,
      inverse.count == shape[0], zeros.count == shape[0], offsets.count == shape[0]
    else { return nil }
    var intercept = [Double](repeating: 0, count: shape[1])
    if case .doubles(let values, _)? = tree?["intercept"], values.count == shape[1] {
      intercept = values
    }
    self.init(
      depth: depth, inverseDeviations: inverse, zeros: zeros, offsets: offsets,
      basis: Matrix(rowCount: shape[0], columnCount: shape[1], elements: loadings),
      intercept: intercept)
  }
}
