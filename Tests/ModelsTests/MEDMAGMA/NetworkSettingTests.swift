import Modeling
import Models
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

  @Test func weightedEdgesAreOthers() throws {
    let graphs = try ["false", "true"].map {
      try networks(["top": "2", "column-weighted": $0]).columnGraphs[0]
    }
    #expect(graphs[0] != graphs[1])
    #expect(try networks(["top": "2"]).columnGraphs[0] == graphs[0])
  }
}
