import Concurrency
public import Modeling
import Sums

extension TBLDA: CheckableModel {
  /// The derivative by the weight of ancestry of one draw's estimate of the evidence lower bound, against central
  /// differences with the same draw.
  ///
  /// Coordinate ascent has closed-form steps: there its bound, which no step lowers, is checked.
  ///
  /// Local.
  /// - Throws: `ModelError` where the settings and the data do not go together, `SumFault` where a sum is not finite.
  public static func check(
    _ configuration: TBLDAConfiguration, data: DataSummary, rows: RowData
  ) throws -> [GradientComparison] {
    let model = try TBLDA(configuration, for: data)
    let lanes = [try model.lane(from: rows)]
    let workers = Workers(threadCount: 1)
    let start = model.start()
    func estimate(_ alpha: Double) throws(SumFault) -> EvidenceGradient {
      var shared = start
      shared.alpha = alpha
      return try model.evidenceGradient(0, shared, lanes, with: Alone(), on: workers)
    }
    return try comparedDerivatives(
      of: [("weight of ancestry", [start.alpha])],
      gradients: [[estimate(start.alpha).byAlpha(start.alpha)]],
      value: { point throws(SumFault) in try estimate(point[0][0]).evidence })
  }
}
