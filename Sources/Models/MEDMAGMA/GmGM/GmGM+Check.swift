import Concurrency
import LinearAlgebra
public import Modeling
import Sums

extension GmGM: CheckableModel {
  /// Derivatives of what the eigenvalues minimise, at the spectra of a few rows; for pseudo-inverses, which minimise
  /// nothing, dᵀ S S⁺ S d against dᵀ S d along random directions d.
  ///
  /// Local.
  /// - Throws: `ModelError` where the rows leave no matrix for a network.
  public static func check(
    _ configuration: GmGMConfiguration, data: DataSummary, rows: RowData
  ) throws -> [GradientComparison] {
    let model = try GmGM(configuration, for: data)
    let workers = Workers(threadCount: 1)
    let matrix = try NetworkData(
      [try model.lane(from: rows)], configuration.data, for: data, with: Alone()
    ).matrix
    guard configuration.method == .singleAxis else {
      let (fit, values) = try configuration.multiAxisFit(of: matrix, on: workers)
      let spectra = try fit.spectra(of: values, on: workers)
      return try comparedSlopes(
        of: (spectra.rows.values, spectra.columns.values), penalty: configuration.penalty)
    }
    let inverses = try singleAxisPrecisions(
      of: matrix, tolerance: configuration.pseudoInverseTolerance, on: workers)
    func comparison(_ name: String, _ S: Matrix<Double>, _ inverse: Matrix<Double>)
      -> GradientComparison
    {
      let image = S.product(checkedDirection(block: 0, count: S.rowCount))
      return GradientComparison(
        name, derivative: dot(image, inverse.product(image)),
        difference: dot(image, checkedDirection(block: 0, count: S.rowCount)))
    }
    return [
      comparison("pseudo-inverse of cells", matrix.gram(), inverses.rows),
      comparison("pseudo-inverse of genes", matrix.gram(.transposed), inverses.columns),
    ]
  }
}
