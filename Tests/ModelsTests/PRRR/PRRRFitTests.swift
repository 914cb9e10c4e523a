import Concurrency
import Foundation
import LinearAlgebra
import Modeling
import Models
import Optimization
import Probability
import Sums
import TestSupport
import Testing

@Suite struct PRRRFitTests {
  static func model(
    _ data: TestCounts, rank: Int, _ change: (inout PRRRConfiguration) -> Void = { _ in }
  ) throws -> PRRR {
    var configuration = PRRRConfiguration()
    configuration.rank = rank
    configuration.scaling = .none
    configuration.interceptCentre = .zero
    configuration.covariateDeviation = 1
    configuration.geneDeviation = 1
    change(&configuration)
    try configuration.validate()
    return try PRRR(configuration, for: data.summary, covariates: data.raw)
  }

  @Test func everyStartEndsAboveEveryPublishedFit() throws {
    let reference = try PRRRReference.read()
    let model = try Self.model(reference.data, rank: 3) { $0.restarts = 4 }
    let clock = ContinuousClock()
    let begin = clock.now
    let fit = try model.fitted(reference.data)
    print("PRRR, 4 starts:", begin.duration(to: clock.now), fit.history.count, "iterations")
    let best = try #require(fit.state.best)
    #expect(fit.report.termination == .objectiveTolerance)
    for loss in reference.publishedFinalLosses { #expect(best.objective > -loss) }
    // The maximum that a Newton method in double precision of another program reaches.
    #expect(best.objective > -77_303)
    #expect(best.objective < -77_302.8)
  }

  @Test func theLogJointNeverFallsAndEndsWithoutGradient() throws {
    let data = TestCounts.simulated(rows: 150, genes: 12, covariates: 4, seed: 11)
    let model = try Self.model(data, rank: 2) {
      $0.restarts = 1
      $0.sizeFactor = .none
      $0.tolerance = 1e-13
    }
    let fit = try model.fitted(data)
    let values = fit.history.map { $0[0] }
    for (before, after) in zip(values, values.dropFirst()) {
      #expect(after >= before - 1e-9 * before.magnitude)
    }
    let (_, gradient) = try PRRRObjectiveTests.evaluate(
      data, fit.state.coefficients, sizes: Array(repeating: 1, count: 150))
    #expect((gradient.map(\.magnitude).max() ?? 1) < 1e-2, "\(gradient)")
  }

  @Test func interceptsCentredAtTheRatesLeaveTheirLevelsToTheIntercepts() throws {
    // Genes whose levels differ twentyfold, groups that do not differ: nothing is left for the factors.
    var data = TestCounts.simulated(rows: 200, genes: 20, covariates: 3, seed: 4, levels: 3)
    data.counts = data.counts.map { _ in (0..<20).map { Double(($0 + 1) * 5) } }
    func strength(_ centre: PRRRConfiguration.InterceptCentre) throws -> Double {
      let model = try Self.model(data, rank: 1) { $0.interceptCentre = centre }
      let fit = try model.fitted(data).state.coefficients
      return zip(
        matrixProduct(
          fit.covariateLoadings, fit.geneLoadings, transposing: .second
        ).elements, repeatElement(0, count: 60)
      ).reduce(0) { $0 + $1.0 * $1.0 }
    }
    let (centred, published) = (try strength(.rates), try strength(.zero))
    #expect(centred < 1e-2, "\(centred), \(published)")
    #expect(published > 100 * centred, "\(centred), \(published)")
  }

  @Test func theLogJointAtCentredInterceptsNeverFallsAndEndsWithoutGradient() throws {
    let data = TestCounts.simulated(rows: 150, genes: 12, covariates: 4, seed: 11)
    let model = try Self.model(data, rank: 2) {
      $0.restarts = 1
      $0.interceptCentre = .rates
      $0.interceptDeviation = 0.1
      $0.tolerance = 1e-13
    }
    let fit = try model.fitted(data)
    let values = fit.history.map { $0[0] }
    for (before, after) in zip(values, values.dropFirst()) {
      #expect(after >= before - 1e-9 * before.magnitude)
    }
    let (value, gradient) = try PRRRObjectiveTests.evaluate(
      data, fit.state.coefficients, centres: fit.state.interceptCentres, deviation: 0.1)
    #expect((gradient.map(\.magnitude).max() ?? 1) < 1e-2, "\(gradient)")
    #expect(value.isClose(to: fit.state.best?.objective ?? .nan, .golden))
  }

  @Test(arguments: [PRRRConfiguration.Inference.map, .adam, .variational])
  func threadsChangeNoBit(_ inference: PRRRConfiguration.Inference) throws {
    let data = TestCounts.simulated(rows: 700, genes: 130, covariates: 4, seed: 3)
    let model = try Self.model(data, rank: 2) {
      $0.restarts = 1
      $0.inference = inference
      $0.lanes = 6
      $0.iterations = 4
    }
    let one = try model.fitted(data)
    let three = try model.fitted(data, workers: Workers(threadCount: 3))
    #expect(one.state.coefficients == three.state.coefficients)
    #expect(one.history == three.history)
  }

  @Test(arguments: [PRRRConfiguration.Inference.map, .adam, .variational])
  func anySplitOfTheLanesGivesTheSameBits(_ inference: PRRRConfiguration.Inference) throws {
    let data = TestCounts.simulated(rows: 90, genes: 70, covariates: 4, seed: 3)
    let model = try Self.model(data, rank: 2) {
      $0.restarts = 2
      $0.inference = inference
      $0.lanes = 4
      $0.iterations = 5
      $0.testFraction = 0.2
    }
    let alone = try model.fitted(data).state
    for split in SimulatedTeam.splits(ofLanes: 4) {
      let states = try SimulatedTeam(memberCount: split.count).run { member, everyone in
        var lanes = Array(try data.lanes(model)[split[member]])
        var state = model.start()
        let workers = Workers(threadCount: 1)
        while try model.step(&state, &lanes, with: everyone, on: workers).termination == nil {}
        return state
      }
      for state in states {
        #expect(state.coefficients == alone.coefficients, "\(split)")
        #expect(state.evaluation == alone.evaluation, "\(split)")
        #expect(state.best?.objective == alone.best?.objective, "\(split)")
      }
    }
  }

  @Test func rowsWithEqualCovariatesAreOneRowWithoutChangingTheFit() throws {
    let grouped = TestCounts.simulated(rows: 120, genes: 9, covariates: 3, seed: 8, levels: 3)
    var apart = grouped
    // Differences far below rounding of the means keep every row a row of its own.
    for row in apart.design.indices { apart.design[row][0] += 1e-14 * Double(row + 1) }
    func fit(_ data: TestCounts) throws -> PRRRState {
      try Self.model(data, rank: 2) {
        $0.restarts = 1
        $0.tolerance = 1e-12
      }.fitted(data).state
    }
    let (a, b) = (try fit(grouped), try fit(apart))
    let first = try #require(a.best), second = try #require(b.best)
    #expect(first.objective.isClose(to: second.objective, Tolerance(relative: 1e-9)))
  }

  @Test func adamFollowsThePublishedTrajectory() throws {
    let reference = try PRRRReference.read()
    let model = try Self.model(reference.data, rank: 3) {
      $0.inference = .adam
      $0.iterations = 50
    }
    var lanes = try reference.data.lanes(model)
    var state = model.start()
    _ = try model.step(&state, &lanes, with: Alone(), on: Workers(threadCount: 1))
    state.iteration = 0
    state.objective = nil
    state.gradient = nil
    state.coefficients = reference.coefficients("prrr/U0", "prrr/V0", "prrr/v00")
    let losses = reference.array("prrr/float64_50/loss").elements
    for step in 0..<50 {
      _ = try model.step(&state, &lanes, with: Alone(), on: Workers(threadCount: 1))
      let value = try #require(state.objective)
      #expect((-value).isClose(to: losses[step], .publishedFit), "step \(step)")
    }
    let expected = reference.coefficients(
      "prrr/float64_50/U", "prrr/float64_50/V", "prrr/float64_50/v0")
    let tolerance = Tolerance(relative: 0, absolute: 1e-6)
    #expect(
      state.coefficients.covariateLoadings.elements.areClose(
        to: expected.covariateLoadings.elements, tolerance))
    #expect(
      state.coefficients.geneCoefficients.elements.areClose(
        to: expected.geneCoefficients.elements, tolerance))
  }

  @Test func theTrueCoefficientsAreRecovered() throws {
    var errors: [Double] = []
    for rows in [200, 3200] {
      let data = TestCounts.simulated(rows: rows, genes: 15, covariates: 4, seed: 21)
      let model = try Self.model(data, rank: 2) { $0.sizeFactor = .none }
      let fit = try model.fitted(data)
      let wide = try Self.model(data, rank: 4) {
        $0.sizeFactor = .none
        $0.fullRank = true
        $0.covariateDeviation = 10
      }
      let full = try wide.fitted(data)
      let low = matrixProduct(
        fit.state.coefficients.covariateLoadings, fit.state.coefficients.geneLoadings,
        transposing: .second)
      let high = full.state.coefficients.geneLoadings.transposed()
      #expect(full.report.termination == .objectiveTolerance)
      errors.append(
        zip(low.elements, high.elements).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) })
    }
    // Without an error of rank, reduced and full rank agree as rows are added.
    #expect(errors[1] < errors[0] / 4, "\(errors)")
    #expect(errors[1] < 0.1)
  }
}
