import LinearAlgebra
import Modeling
import Models
import Optimization
import TestSupport
import Testing

/// What each setting of TBLDA's inference does to a fit.
struct TBLDASettingTests {
  private func state(
    _ settings: [String: String], steps: Int, _ data: BatteryData? = nil
  ) throws -> BatteryState<TBLDA> {
    let common = ["restarts": "1", "held-out-samples": "0", "evidence-draws": "0"]
    let fit = try BatteryFit<TBLDA>(
      data ?? BatteryData(), settings: common.merging(settings) { $1 })
    return try fit.run(steps: steps)[0]
  }

  /// How far the topics' concentrations are from one another, Euclidean.
  private func distance(_ a: BatteryState<TBLDA>, _ b: BatteryState<TBLDA>) -> Double {
    zip(a.shared.genes.elements, b.shared.genes.elements)
      .reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  @Test func theWeightOfAncestryStartsWhereItIsTold() throws {
    #expect(try state([:], steps: 0).shared.alpha == 0.3)
    #expect(try state(["inference": "stochastic"], steps: 0).shared.alpha == 0.1)
    #expect(try state(["alpha-start": "0.6"], steps: 0).shared.alpha == 0.6)
  }

  @Test func delayedMinibatchesMoveLessAtFirst() throws {
    // The first step goes over everyone: the second is the first of a minibatch.
    let start = try state(["batch": "5"], steps: 1)
    let moves = try ["0", "1", "1000"].map {
      try distance(state(["batch": "5", "batch-delay": $0], steps: 2), start)
    }
    #expect(moves[0] > moves[1] && moves[1] > 10 * moves[2] && moves[2] > 0, "\(moves)")
  }

  @Test func minibatchesOfSlowForgettingMoveMoreLater() throws {
    let moves = try ["0.5", "1"].map { forgetting in
      let settings = ["batch": "5", "batch-forgetting": forgetting, "tolerance": "0"]
      return try distance(state(settings, steps: 30), state(settings, steps: 29))
    }
    #expect(moves[0] > 2 * moves[1] && moves[1] > 0, "\(moves)")
  }

  @Test func refinementGoesAsFarAsItsRate() throws {
    let plain = try state(["refinement": "0", "iterations": "6"], steps: 100)
    let moves = try ["1e-9", "0.01", "0.3"].map { rate in
      let settings = ["refinement": "4", "refinement-rate": rate, "iterations": "6"]
      return try distance(state(settings, steps: 100), plain)
    }
    #expect(moves[0] < 1e-3 * moves[1] && moves[1] < moves[2], "\(moves)")
  }

  @Test func theLessTheLossWeighsTheLessAdamMoves() throws {
    let start = try state(["inference": "stochastic"], steps: 0)
    let moves = try ["1", "1e-6", "1e-12"].map {
      try distance(state(["inference": "stochastic", "loss-scale": $0], steps: 3), start)
    }
    #expect(moves[0] > moves[1] && moves[1] > 5 * moves[2] && moves[2] > 0, "\(moves)")
  }

  /// The mean loss of 1000 steps against that of the 1000 before: the rules of paper and code, their tolerance, and
  /// the steps before they are looked at.
  @Test func stochasticInferenceStopsByItsRule() throws {
    let data = try BatteryData(rowCount: 12, columnCount: 4)
    func run(_ settings: [String: String]) throws -> [StepReport] {
      let common = ["inference": "stochastic", "rate": "1e-3", "iterations": "2030"]
      return try state(common.merging(settings) { $1 }, steps: 3000, data).reports
    }
    let never = try run(["stop-tolerance": "0", "minimum-steps": "0"])
    #expect(never.count == 2030 && never.last?.termination == .stepLimit)
    let losses = never.flatMap(\.measures).filter { $0.name == "loss" }.map(\.value)
    let older = losses[..<40].reduce(0, +) / 40
    let newer = losses[40..<80].reduce(0, +) / 40
    let byPaper = (older - newer) / abs(older)
    let byCode = (older - newer) / (0.5 * abs(older + newer))
    try #require(byPaper > 0 && byCode > byPaper)
    let between = ["stop-tolerance": "\((byPaper + byCode) / 2)", "minimum-steps": "0"]
    let paper = try run(between)
    #expect(paper.count == 2000 && paper.last?.termination == .objectiveTolerance)
    let code = try run(between.merging(["stop-rule": "code"]) { $1 })
    #expect(code.count > 2000)
    let late = try run(between.merging(["minimum-steps": "2010"]) { $1 })
    #expect(late.count > 2010)
  }
}
