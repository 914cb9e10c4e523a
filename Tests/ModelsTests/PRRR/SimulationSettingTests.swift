import LinearAlgebra
import Modeling
import Models
import RealModule
import TestSupport
import Testing

/// What settings of priors and simulators do.
struct SimulationSettingTests {
  private func made<Made: Simulator>(_ type: Made.Type, _ settings: [String: String]) throws
    -> (simulator: Made, rows: SimulatedRows)
  {
    var configuration = Made.Configuration()
    for (name, value) in settings {
      try Made.Configuration.setting(named: name).set(value, in: &configuration)
    }
    let simulator = try Made(configuration)
    return (simulator, simulator.rows(0..<simulator.rowCount))
  }

  private func numbers(_ column: Column?) throws -> [Double] {
    guard case .numbers(let values)? = column else { throw ModelError("no numbers") }
    return values
  }

  private func total(_ rows: SimulatedRows) -> Double {
    rows.counts.reduce(0) { $0 + $1.reduce(0) { $0 + Double($1) } }
  }

  private func deviation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
  }

  @Test func interceptsSpreadAsTold() throws {
    let spreads = try ["0", "2"].map {
      try deviation(
        numbers(
          made(PRRRSimulator.self, ["base-deviation": $0, "genes": "400", "cells": "1"])
            .simulator.columns["true_intercept"]))
    }
    #expect(spreads[0] == 0 && spreads[1].isClose(to: 2, .estimatedRatio), "\(spreads)")
  }

  @Test func sizeFactorsSpreadAsTold() throws {
    let spreads = try ["0", "0.5"].map {
      try deviation(
        numbers(
          made(PRRRSimulator.self, ["depth-deviation": $0, "cells": "400", "genes": "2"])
            .rows.table["true_size_factor"]
        ).map { $0.logarithm })
    }
    #expect(spreads[0] == 0 && spreads[1].isClose(to: 0.5, .estimatedRatio), "\(spreads)")
  }

  @Test func dropoutLosesItsShareOfTheCounts() throws {
    let totals = try ["0", "0.5"].map {
      try total(made(NonnegativePRRRSimulator.self, ["dropout": $0]).rows)
    }
    #expect(totals[1].isClose(to: totals[0] / 2, .estimatedRatio), "\(totals)")
  }

  @Test func effectsHaveTheirMean() throws {
    let means = try ["0", "3"].map { mean in
      let truth = try made(PRRRSimulator.self, ["effect-mean": mean, "effect-deviation": "0"])
        .simulator.truth
      guard case .group(let members) = truth, case .doubles(let u, _)? = members["gene_loadings"]
      else { throw ModelError("no loadings") }
      return u
    }
    #expect(means[0].allSatisfy { $0 == 0 } && means[1].allSatisfy { $0 == 3 })
  }

  @Test func librariesGrowWithTheirLocation() throws {
    let totals = try ["6", "8"].map {
      try total(made(SplatterSimulator.self, ["library-location": $0, "cells": "50"]).rows)
    }
    let ratio = totals[1] / totals[0]
    #expect(ratio > 5 && ratio < 10, "e² is expected: \(ratio)")
  }

  /// Topics of large concentration over genes are alike, samples of small concentration have one topic each.
  @Test func concentrationsOfTopicsAreWhatTheySay() throws {
    func topics(_ name: String, _ value: String) throws -> (genes: [Double], samples: [Float]) {
      let (simulator, rows) = try made(
        TBLDASimulator.self,
        [name: value, "donors": "20", "genes": "30", "variants": "4", "reads": "100"])
      guard case .group(let members) = simulator.truth,
        case .doubles(let genes, _)? = members["topics"]
      else { throw ModelError("no topics") }
      return (genes, rows.matrices[0].elements)
    }
    func difference(_ genes: [Double]) -> Double {
      (0..<30).reduce(0) { $0 + abs(genes[$1] - genes[30 + $1]) }
    }
    let (apart, alike) = try (
      topics("gene-concentration", "1").genes, topics("gene-concentration", "100000").genes
    )
    #expect(difference(alike) < 0.1 * difference(apart))
    let (pure, mixed) = try (
      topics("topic-concentration", "0.01").samples, topics("topic-concentration", "100").samples
    )
    #expect(pure.count { $0 > 0.9 } > 40 && mixed.allSatisfy { $0 < 0.5 })
  }

  /// The same shape at a rate 100 times as large: a prior around coefficients that are smaller.
  @Test func aPriorOfLargerRateHoldsLoadingsSmaller() throws {
    let sums = try ["1", "100"].map { rate in
      let fit = try BatteryFit<NonnegativePRRR>(
        BatteryData(),
        settings: ["inference": "map", "prior-rate": rate, "restarts": "1", "iterations": "50"])
      let shared = try fit.run(steps: 60)[0].shared
      let best = try #require(shared.best)
      return matrixProduct(best.covariates, best.genes, transposing: .second).elements.reduce(0, +)
    }
    #expect(sums[1] < sums[0], "\(sums)")
  }
}

extension Double {
  fileprivate var logarithm: Double { .log(self) }
}
