import Modeling
import Models
import TestSupport
import Testing

/// Derivatives of every model, by its own formulas, against differences.
struct GradientBattery {
  /// Data terms and penalty alike; closed-form solutions have slopes of 0.
  @Test(arguments: ListedModel.all.filter { $0.example.exceptions[.derivatives] == nil })
  func derivativesEqualDifferences(_ model: ListedModel) throws {
    func check<Fitted: CheckableModel>(_ type: Fitted.Type) throws {
      let data = try BatteryData(model.example.data)
      let comparisons = try Fitted.check(
        BatteryFit<Fitted>.configuration(of: model.example), data: data.summary,
        rows: data.rows(0..<(model.example.checkedRowCount ?? data.summary.rowCount)))
      #expect(!comparisons.isEmpty)
      for comparison in comparisons {
        #expect(
          comparison.passes,
          "\(comparison.block): \(comparison.derivative), by differences \(comparison.difference)")
      }
    }
    try check(model.type)
  }

  /// Coordinate ascent and EM: no step lowers what is maximised.
  @Test(arguments: ListedModel.all.filter { $0.example.ascending != nil })
  func objectivesThatAscendDoSoAtEveryStep(_ model: ListedModel) throws {
    func check<Fitted: CheckableModel>(_ type: Fitted.Type) throws {
      let fit = try BatteryFit<Fitted>(model.example, BatteryData(model.example.data))
      let values = try fit.run(steps: 10)[0].reports.flatMap(\.measures)
        .filter { $0.name == model.example.ascending }.map(\.value)
      #expect(values.count > 1, "the measure is not reported")
      for (before, after) in zip(values, values.dropFirst()) {
        #expect(after >= before - 1e-9 * abs(before), "\(values)")
      }
    }
    try check(model.type)
  }
}
