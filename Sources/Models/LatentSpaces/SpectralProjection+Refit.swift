import LinearAlgebra
import Modeling
import Sums

/// Scores of single rows by a projection.
struct SpectralScorer: Sendable {
  private let projection: SpectralProjection
  private let shifts: ScaledRow.Shifts
  private var row = ScaledRow()

  init(_ projection: SpectralProjection) {
    self.projection = projection
    shifts = projection.shifts
  }

  /// z of a row.
  mutating func score(of position: Int, in values: StartValues) -> [Double] {
    row.fill(position, of: values, projection)
    return row.product(projection.basis, shifts: shifts)
  }
}

/// Sums for the linear map from scores to representations:
///
///     minimise  Σ_i ‖z_i − Aᵀ y_i − b‖²      y the scores of the start's projection
///
/// As training goes on, representations leave the places that the start gave them; the map brings the projection after
/// them.
struct ProjectionFit: Sendable {
  private let dimension: Int
  /// Σ (y, 1)(y, 1)ᵀ, then Σ (y, 1) zᵀ.
  private(set) var sums: [Double]

  init(dimension: Int) {
    self.dimension = dimension
    sums = Array(repeating: 0, count: (dimension + 1) * (2 * dimension + 1))
  }

  /// Adds a row.
  mutating func add(scores: [Double], representation: [Double]) {
    let L = dimension
    let y = scores + [1]
    for i in 0...L {
      for j in 0...L { sums[i * (L + 1) + j] += y[i] * y[j] }
      let start = (L + 1) * (L + 1) + i * L
      for l in 0..<L { sums[start + l] += y[i] * representation[l] }
    }
  }
}

extension SpectralProjection {
  /// The projection followed by the map of these sums; the projection itself where they have none.
  func refitted(by sums: [Double]) -> SpectralProjection {
    let L = basis.columnCount
    var normal = Matrix(
      rowCount: L + 1, columnCount: L + 1, elements: Array(sums[..<((L + 1) * (L + 1))]))
    let trace = (0...L).reduce(0) { $0 + normal[$1, $1] }
    // Dimensions beyond the rank of the data have no scores.
    for i in 0...L { normal[i, i] += 1e-9 * trace + 1e-300 }
    guard let factor = try? Cholesky(normal) else { return self }
    var map = Matrix<Double>(rowCount: L, columnCount: L)
    var constants = [Double](repeating: 0, count: L)
    for l in 0..<L {
      let solution = factor.solve((0...L).map { sums[(L + 1) * (L + 1) + $0 * L + l] })
      for i in 0..<L { map[i, l] = solution[i] }
      constants[l] = solution[L]
    }
    var result = self
    result.basis = matrixProduct(basis, map)
    // z = (a − ā)ᵀ V A + b: the intercept of the old scores goes through the map, too.
    result.intercept = (0..<L).map { l in
      constants[l] + (0..<L).reduce(0) { $0 + intercept[$1] * map[$1, l] }
    }
    return result
  }
}
