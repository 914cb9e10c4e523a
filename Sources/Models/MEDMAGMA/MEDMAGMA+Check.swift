import Concurrency
import LinearAlgebra
public import Modeling
import Sums

extension MEDMAGMA: CheckableModel {
  /// Derivatives of what the M step minimises, at the moments of the first E step of a few rows.
  ///
  /// Local.
  /// - Throws: `ModelError` where the rows leave no matrix for a network.
  public static func check(
    _ configuration: MEDMAGMAConfiguration, data: DataSummary, rows: RowData
  ) throws -> [GradientComparison] {
    let model = try MEDMAGMA(configuration, for: data)
    var shared = model.start()
    var lanes = [try model.lane(from: rows)]
    let workers = Workers(threadCount: 1)
    let preparation = model.step(&shared, &lanes, with: Alone(), on: workers)
    guard let quotient = shared.quotient, let em = shared.em else {
      throw preparation.failure ?? ModelError("the rows leave no matrix for a network")
    }
    let moments = try model.emStep.moments(of: quotient, at: em, on: workers)
    return try comparedSlopes(
      of: (SymmetricEigen(moments.rows).values, SymmetricEigen(moments.columns).values),
      penalty: configuration.penalty)
  }
}
