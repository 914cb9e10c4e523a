import Concurrency
import Foundation
import LinearAlgebra
import Modeling
import Models
import Optimization
import Probability
import TestSupport
import Testing

@Suite struct GaussianRRRTests {
  struct Baselines: Decodable {
    var design: [[Double]]
    var counts: [[Double]]
    var objective: [String: Double]
    var error: [String: Double]
    var arrays: [String: [[Double]]]

    var data: TestCounts {
      TestCounts(
        counts: counts, design: design,
        covariates: (0..<(design.first?.count ?? 0)).map { "x\($0)" })
    }
  }

  static func read() throws -> Baselines {
    try Reference.json("prrr/baselines.json", as: Baselines.self)
  }

  static func fit(
    _ data: TestCounts, _ change: (inout GaussianRRRConfiguration) -> Void
  ) throws -> GaussianRRR.State {
    var configuration = GaussianRRRConfiguration()
    configuration.scaling = .none
    configuration.lanes = 3
    change(&configuration)
    let model = try GaussianRRR(configuration, for: data.summary, covariates: data.raw)
    let fit = try model.fitted(data)
    #expect(fit.report.termination == .objectiveTolerance)
    return fit.state
  }

  @Test func ordinaryLeastSquaresIsTheReferences() throws {
    let reference = try Self.read()
    let fit = try Self.fit(reference.data) { $0.rank = nil }
    let expected = Matrix(rows: try #require(reference.arrays["ols/B"]))
    let found = try #require(fit.fit).coefficients
    #expect(
      found.elements.areClose(to: expected.elements, Tolerance(relative: 1e-8, absolute: 1e-8)))
  }

  @Test(arguments: 1...4)
  func reducedRankIsTheReferences(_ rank: Int) throws {
    let reference = try Self.read()
    let fit = try Self.fit(reference.data) { $0.rank = rank }
    let expected = Matrix(rows: try #require(reference.arrays["rrr_rank\(rank)/B"]))
    let found = try #require(fit.fit)
    #expect(
      found.coefficients.elements.areClose(
        to: expected.elements, Tolerance(relative: 1e-8, absolute: 1e-8)))
    let error = try #require(reference.error["rrr_rank\(rank)"])
    let count = Double(2 * reference.counts.count)
    #expect((count * found.objective).isClose(to: error, Tolerance(relative: 1e-9)))
  }

  @Test func reducedRankWithoutInterceptsIsTheReferences() throws {
    let reference = try Self.read()
    let fit = try Self.fit(reference.data) {
      $0.rank = 2
      $0.intercept = false
    }
    let expected = Matrix(rows: try #require(reference.arrays["rrr_rank2_uncentred/B"]))
    let found = try #require(fit.fit).coefficients
    #expect(
      found.elements.areClose(to: expected.elements, Tolerance(relative: 1e-8, absolute: 1e-8)))
  }

  @Test(arguments: [
    ("1.0", true), ("0.1", true), ("0.01", true), ("0.1", false), ("0.01", false),
  ])
  func theLassoIsTheReferences(_ alpha: String, _ hasIntercept: Bool) throws {
    let reference = try Self.read()
    let fit = try Self.fit(reference.data) {
      $0.rank = nil
      $0.penalty = Double(alpha) ?? 0
      $0.intercept = hasIntercept
    }
    let name = "lasso_alpha\(alpha)_\(hasIntercept ? "intercept" : "nointercept")"
    let found = try #require(fit.fit)
    let objective = try #require(reference.objective[name])
    #expect(found.objective.isClose(to: objective, Tolerance(relative: 1e-6)))
    if let rows = reference.arrays[name + "/B"] {
      let expected = Matrix(rows: rows)
      #expect(
        found.coefficients.elements.areClose(
          to: expected.elements, Tolerance(relative: 0, absolute: 1e-4)))
    }
  }

  @Test func sparseReducedRankDropsCovariatesAndIsNoWorseThanTheClosedForm() throws {
    let reference = try Self.read()
    let plain = try #require(try Self.fit(reference.data) { $0.rank = 3 }.fit)
    let strong = try #require(
      try Self.fit(reference.data) {
        $0.rank = 3
        $0.penalty = 100
      }.fit)
    #expect(strong.covariates.elements.allSatisfy { $0 == 0 })
    let middle = try #require(
      try Self.fit(reference.data) {
        $0.rank = 3
        $0.penalty = 1
      }.fit)
    let rows = (0..<middle.covariates.rowCount).count {
      middle.covariates.row($0).contains { $0 != 0 }
    }
    #expect(rows > 0 && rows < middle.covariates.rowCount)
    // Any other point with orthonormal V is no better: the closed form with the penalty on its U.
    let norms = (0..<plain.covariates.rowCount).reduce(0.0) { sum, row in
      sum + plain.covariates.row(row).reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    #expect(middle.objective < plain.objective + norms)
  }

  @Test func anySplitOfTheLanesGivesTheSameBits() throws {
    let data = TestCounts.simulated(rows: 80, genes: 9, covariates: 4, seed: 6)
    var configuration = GaussianRRRConfiguration()
    configuration.rank = 2
    configuration.lanes = 4
    configuration.testFraction = 0.25
    let model = try GaussianRRR(configuration, for: data.summary, covariates: data.raw)
    let alone = try model.fitted(data).state
    #expect(alone.heldOut?.counts.isEmpty == false)
    for split in SimulatedTeam.splits(ofLanes: 4) {
      let states = try SimulatedTeam(memberCount: split.count).run { member, everyone in
        var lanes = Array(try data.lanes(model)[split[member]])
        var state = model.start()
        _ = try model.step(&state, &lanes, with: everyone, on: Workers(threadCount: 1))
        return state
      }
      for state in states {
        #expect(state.fit?.coefficients == alone.fit?.coefficients, "\(split)")
        #expect(state.heldOut?.logarithms == alone.heldOut?.logarithms, "\(split)")
        #expect(state.heldOut?.counts == alone.heldOut?.counts, "\(split)")
      }
    }
  }
}
