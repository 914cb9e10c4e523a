import Foundation
import LinearAlgebra
import Modeling
import Models
import Optimization
import Probability
import Sums
import TestSupport
import Testing

/// What settings of the models of networks do to a fit.
struct NetworkSettingTests {
  private func networks(_ settings: [String: String]) throws -> NetworkOutput {
    let fit = try BatteryFit<GmGM>(BatteryData(), settings: settings)
    return try #require(fit.model.sharedOutput(fit.run(steps: 1)[0].shared).networks)
  }

  /// With a tolerance of 1 no eigenvalue counts, and the pseudo-inverse is zero.
  @Test func thePseudoInverseSeesEigenvaluesAboveItsTolerance() throws {
    let sums = try ["0", "1e-7", "0.5", "1"].map { tolerance in
      try networks([
        "method": "single-axis", "matrices": "true", "pseudo-inverse-tolerance": tolerance,
      ]).rowMatrices[0].elements.reduce(0.0) { $0 + Double($1 * $1) }
    }
    #expect(sums[0] > sums[1] && sums[1] > sums[2] && sums[2] > sums[3], "\(sums)")
    #expect(sums[3] == 0)
  }

  @Test func thePublishedMethodIsOneWord() throws {
    var settings = MEDMAGMAConfiguration()
    #expect(settings.curvature == .none && settings.penalty == 0.1 && !settings.isPublished)
    try MEDMAGMAConfiguration.setting(named: "published").set("true", in: &settings)
    #expect(settings.curvature == .minus && settings.penalty == 0 && settings.quotientPasses == 1)
    let ending = try ["true", "false"].map { published in
      try BatteryFit<MEDMAGMA>(
        BatteryData(rowCount: 20, columnCount: 18, density: 0.9),
        settings: ["published": published, "iterations": "1", "tolerance": "0"]
      ).run(steps: 2)[0].reports.last?.termination
    }
    #expect(ending == [.planCompleted, .stepLimit])
  }

  /// Values up to 10¹² choose the genes that the same ones in other units of their rows choose.
  @Test func largeValuesAreScaledWithin() throws {
    func chosen(_ scale: Double) throws -> [Int]? {
      var stream = RandomSource(seed: 3).stream("large values")
      let values = (0..<30 * 40).map { index in
        (1 + Double(index % 40)) * scale * exp(2 * stream.normal())
      }
      var configuration = MEDMAGMAConfiguration()
      (configuration.data.values, configuration.data.highlyVariable) = (.reals, 20)
      configuration.data.isSquared = false
      let matrix = Matrix(rowCount: 30, columnCount: 40, elements: values)
      let zeros = [Double](repeating: 0, count: 40)
      let summary = DataSummary(
        rows: Table(names: (0..<30).map { "c\($0)" }),
        columns: Table(names: (0..<40).map { "g\($0)" }), columnTotals: zeros,
        columnMaxima: zeros, columnNonZeros: zeros.map { _ in 0 }, fingerprint: "large")
      let model = try MEDMAGMA(configuration, for: summary)
      var lanes = [try model.lane(from: RowData(rows: 0..<30, matrix: .reals(matrix)))]
      var shared = model.start()
      let report = model.step(
        &shared, &lanes, with: Alone(), on: Workers(threadCount: 1))
      #expect(report.failure == nil, "\(scale)")
      return shared.data?.columns
    }
    let ordinary = try chosen(1e3)
    #expect(ordinary?.count == 20)
    #expect(try chosen(1e3 * 0x1p24) == ordinary)
  }

  @Test func weightedEdgesAreOthers() throws {
    let graphs = try ["false", "true"].map {
      try networks(["top": "2", "column-weighted": $0]).columnGraphs[0]
    }
    #expect(graphs[0] != graphs[1])
    #expect(try networks(["top": "2"]).columnGraphs[0] == graphs[0])
  }
}
