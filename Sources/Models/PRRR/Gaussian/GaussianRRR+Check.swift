import Concurrency
import LinearAlgebra
public import Modeling
import Sums

extension GaussianRRR: CheckableModel {
  /// The slopes of what is minimised, at the solution for a few rows and along random directions: 0, but for the
  /// tolerance of sparse fits.
  ///
  /// With a penalty V is kept orthonormal and rows of U at zero have no slope, so that only the other rows of U
  /// are moved.
  ///
  /// Local.
  /// - Throws: `ModelError` where the settings and the data do not go together.
  public static func check(
    _ configuration: GaussianRRRConfiguration, data: DataSummary, rows: RowData
  ) throws -> [GradientComparison] {
    let model = try GaussianRRR(configuration, for: data)
    let workers = Workers(threadCount: 1)
    let lane = try model.lane(from: rows)
    guard let sums = try model.sums(of: [lane], with: Alone(), on: workers) else {
      throw ModelError("the rows leave none for the fit")
    }
    let fit = try model.solve(sums)
    let (u, isSparse) = (fit.covariates, configuration.penalty > 0)
    let moved = (0..<u.rowCount).filter { row in !isSparse || u.row(row).contains { $0 != 0 } }
    func objective(_ blocks: [[Double]]) -> Double {
      var covariates = u
      for (place, row) in moved.enumerated() {
        for column in 0..<u.columnCount {
          covariates[row, column] = blocks[0][place * u.columnCount + column]
        }
      }
      let genes = fit.genes.map {
        isSparse
          ? $0 : Matrix(rowCount: $0.rowCount, columnCount: $0.columnCount, elements: blocks[1])
      }
      let b = genes.map { matrixProduct(covariates, $0, transposing: .second) } ?? covariates
      return sums.objective(b, penalty: 0) + configuration.penalty * covariates.rowNorms
    }
    let blocks = [
      (name: "loadings of covariates", values: moved.flatMap { u.row($0) }),
      (name: "loadings of genes", values: isSparse ? [] : fit.genes?.elements ?? []),
    ]
    return comparedDerivatives(
      of: blocks, gradients: blocks.map { $0.values.map { _ in 0 } },
      tolerance: max(1e-5, isSparse ? 10 * configuration.tolerance : 0), value: objective)
  }
}
