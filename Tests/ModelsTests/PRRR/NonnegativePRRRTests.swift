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

@Suite struct NonnegativePRRRTests {
  static func model(
    _ data: TestCounts, rank: Int,
    _ change: (inout NonnegativePRRRConfiguration) -> Void = { _ in }
  ) throws -> NonnegativePRRR {
    var configuration = NonnegativePRRRConfiguration()
    configuration.rank = rank
    change(&configuration)
    try configuration.validate()
    return try NonnegativePRRR(configuration, for: data.summary, covariates: data.raw)
  }

  /// A state of the reference's start (or another), after the totals are known.
  static func state(
    _ model: NonnegativePRRR, _ data: TestCounts, _ covariates: Matrix<Double>,
    _ genes: Matrix<Double>
  ) throws -> (NonnegativePRRRState, [CountRegressionLane]) {
    var lanes = try data.lanes(model)
    var state = model.start()
    _ = try model.step(&state, &lanes, with: Alone(), on: Workers(threadCount: 1))
    state.covariates = covariates
    state.genes = genes
    state.ascent = nil
    state.mixing = AndersonMixing()
    state.fallback = nil
    state.free = []
    state.adam = nil
    state.objective = nil
    state.best = nil
    state.iteration = 0
    return (state, lanes)
  }

  @Test func theSpecificationsExampleComesOut() throws {
    var data = PRRRObjectiveTests.example
    data.covariates = ["a", "b"]
    for (shape, prior) in [(2.0, -5.070_085_660_7), (1.0, -1.9)] {
      var summary = data.summary
      summary.rows.columns = [NamedColumn("size", .numbers([2, 3, 1.5]))]
      var configuration = NonnegativePRRRConfiguration()
      configuration.rank = 1
      configuration.priorShape = shape
      configuration.sizeFactorColumn = "size"
      configuration.inference = .map
      configuration.restarts = 1
      let model = try NonnegativePRRR(configuration, for: summary, covariates: data.raw)
      var (state, lanes) = try Self.state(
        model, data, Matrix(rows: [[0.3], [0.7]]), Matrix(rows: [[0.5], [0.4]]))
      _ = try model.step(&state, &lanes, with: Alone(), on: Workers(threadCount: 1))
      let value = try #require(state.objective)
      #expect(value.isClose(to: -12.843_781_897_1 + prior, .golden))
    }
  }

  @Test func logJointAndGradientsAreTheReferences() throws {
    let reference = try PRRRReference.read()
    let (u, v) = (reference.array("nn/U0"), reference.array("nn/V0").transposed())
    for (shape, expected, suffix) in [
      (1.0, reference.nnLogJointGamma11, ""), (2.0, reference.nnLogJointGamma21, "_gamma21"),
    ] {
      let model = try Self.model(reference.data, rank: 3) {
        $0.priorShape = shape
        $0.inference = .map
      }
      let (state, lanes) = try Self.state(model, reference.data, u, v)
      let totals = try #require(state.totals)
      let sums = try rateSums(
        lanes: lanes.map(\.training), covariates: u, genes: v, side: .both, with: Alone(),
        on: Workers(threadCount: 1))
      let value = model.logJoint(sums.logRates, u, v, totals)
      #expect(value.isClose(to: expected, Tolerance(relative: 1e-10)))
      var gradient = model.likelihoodGradient(sums, u, v, totals)
      for (index, parameter) in (u.elements + v.elements).enumerated() {
        gradient[index] += (shape - 1) / parameter - 1
      }
      let all =
        reference.array("nn/grad_U" + suffix).elements
        + reference.array("nn/grad_V" + suffix).transposed().elements
      let scale = all.map(\.magnitude).max() ?? 0
      #expect(gradient.areClose(to: all, Tolerance(relative: 1e-9, absolute: 1e-13 * scale)))
    }
  }

  @Test func adamFollowsThePublishedTrajectory() throws {
    let reference = try PRRRReference.read()
    let model = try Self.model(reference.data, rank: 3) {
      $0.inference = .adam
      $0.iterations = 50
    }
    var (state, lanes) = try Self.state(
      model, reference.data, reference.array("nn/U0"), reference.array("nn/V0").transposed())
    let losses = reference.array("nn/float64_50_gamma21/loss").elements
    for step in 0..<50 {
      _ = try model.step(&state, &lanes, with: Alone(), on: Workers(threadCount: 1))
      let value = try #require(state.objective)
      #expect((-value).isClose(to: losses[step], .publishedFit), "step \(step)")
    }
    let tolerance = Tolerance(relative: 0, absolute: 1e-6)
    #expect(
      state.covariates.elements.areClose(
        to: reference.array("nn/float64_50_gamma21/U").elements, tolerance))
    #expect(
      state.genes.elements.areClose(
        to: reference.array("nn/float64_50_gamma21/V").transposed().elements, tolerance))
  }

  @Test func theMaximumIsAboveEveryPublishedFit() throws {
    let reference = try PRRRReference.read()
    let model = try Self.model(reference.data, rank: 3) { $0.inference = .map }
    let clock = ContinuousClock()
    let begin = clock.now
    let fit = try model.fitted(reference.data)
    print("nn-PRRR map:", begin.duration(to: clock.now), fit.history.count, "iterations")
    let best = try #require(fit.state.best)
    #expect(fit.report.termination == .objectiveTolerance)
    for loss in reference.publishedNonnegativeFinalLosses { #expect(best.objective > -loss) }
  }

  @Test(arguments: [NonnegativePRRRConfiguration.Inference.gamma, .map])
  func theObjectiveNeverFalls(_ inference: NonnegativePRRRConfiguration.Inference) throws {
    let data = Self.simulated(rows: 200, genes: 12, seed: 4)
    let model = try Self.model(data, rank: 2) {
      $0.inference = inference
      $0.sizeFactor = .none
      $0.restarts = 1
    }
    let values = try model.fitted(data).history.map { $0[0] }
    #expect(values.count > 10)
    for (before, after) in zip(values, values.dropFirst()) {
      #expect(after >= before - 1e-10 * before.magnitude)
    }
  }

  @Test func thePosteriorMeansRecoverTheTrueCoefficients() throws {
    let data = Self.simulated(rows: 3000, genes: 10, seed: 9)
    let model = try Self.model(data, rank: 2) { $0.sizeFactor = .none }
    let best = try #require(try model.fitted(data).state.best)
    let found = matrixProduct(best.covariates, best.genes, transposing: .second)
    let truth = Self.truth(genes: 10, seed: 9)
    for index in found.elements.indices {
      #expect(found.elements[index].isClose(to: truth.elements[index], .estimatedLoading))
    }
  }

  @Test func lognormalAndGammaBoundsAgree() throws {
    let data = Self.simulated(rows: 150, genes: 8, seed: 2)
    func bound(_ inference: NonnegativePRRRConfiguration.Inference) throws -> Double {
      let model = try Self.model(data, rank: 2) {
        $0.inference = inference
        $0.sizeFactor = .none
        $0.restarts = 2
        $0.rate = 0.02
        $0.iterations = 4000
      }
      return try #require(try model.fitted(data).state.best).objective
    }
    // Two families for the same posterior: their bounds differ by the families' misfit, a few nats.
    let (gamma, lognormal) = (try bound(.gamma), try bound(.lognormal))
    #expect(lognormal.isClose(to: gamma, .posteriorFamily), "\(gamma) \(lognormal)")
  }

  @Test(arguments: [NonnegativePRRRConfiguration.Inference.gamma, .map, .adam, .lognormal])
  func anySplitOfTheLanesGivesTheSameBits(
    _ inference: NonnegativePRRRConfiguration.Inference
  ) throws {
    let data = Self.simulated(rows: 90, genes: 20, seed: 3)
    let model = try Self.model(data, rank: 2) {
      $0.inference = inference
      $0.restarts = 2
      $0.lanes = 4
      $0.iterations = 5
      $0.testFraction = 0.2
    }
    let alone = try model.fitted(data).state
    for split in SimulatedTeam.splits(ofLanes: 4) {
      let states = try SimulatedTeam(memberCount: split.count).run { member, everyone in
        var lanes = Array(try data.lanes(model)[split[member]])
        var state = model.start()
        let workers = Workers(threadCount: 2)
        while try model.step(&state, &lanes, with: everyone, on: workers).termination == nil {}
        return state
      }
      for state in states {
        #expect(state.best?.covariates == alone.best?.covariates, "\(split)")
        #expect(state.best?.genes == alone.best?.genes, "\(split)")
        #expect(state.evaluation == alone.evaluation, "\(split)")
      }
    }
  }

  @Test func tilesAndSingleCountsGiveTheSameSums() throws {
    // A lane on each side of the density from which tiles are used, with genes beyond one tile.
    for (mean, isDense) in [(0.05, false), (2.0, true)] {
      let data = Self.uniform(rows: 77, genes: 150, mean: mean)
      let model = try Self.model(data, rank: 3)
      let lane = try model.lane(from: data.rows(0..<77))
      let filled = data.counts.joined().count { $0 > 0 }
      let hasFewZeros = Double(filled) > 0.25 * 77 * 150
      #expect(hasFewZeros == isDense)
      var stream = RandomSource(seed: 5).stream("parameters")
      let u = Matrix(rows: (0..<4).map { _ in (0..<3).map { _ in 0.1 + stream.uniform() } })
      let v = Matrix(rows: (0..<150).map { _ in (0..<3).map { _ in 0.1 + stream.uniform() } })
      let sums = try rateSums(
        lanes: [lane.training], covariates: u, genes: v, side: .both, with: Alone(),
        on: Workers(threadCount: 1))
      let scores = matrixProduct(Matrix(rows: data.design), u)
      var logRates = 0.0
      var weighted = Matrix<Double>(rowCount: 77, columnCount: 3)
      var genes = Matrix<Double>(rowCount: 150, columnCount: 3)
      for row in 0..<77 {
        for gene in 0..<150 where data.counts[row][gene] > 0 {
          let rate = (0..<3).reduce(0.0) { $0 + scores[row, $1] * v[gene, $1] }
          logRates += data.counts[row][gene] * Foundation.log(rate)
          for factor in 0..<3 {
            weighted[row, factor] += data.counts[row][gene] / rate * v[gene, factor]
            genes[gene, factor] += data.counts[row][gene] / rate * scores[row, factor]
          }
        }
      }
      let covariates = matrixProduct(Matrix(rows: data.design), weighted, transposing: .first)
      // Sums of lanes are rounded to 2⁻⁴⁰.
      let tolerance = Tolerance(relative: 1e-12, absolute: 2e-12)
      #expect(sums.logRates.isClose(to: logRates, tolerance))
      #expect(sums.covariates.elements.areClose(to: covariates.elements, tolerance))
      #expect(sums.genes.elements.areClose(to: genes.elements, tolerance))
    }
  }

  /// Counts of one mean and positive covariates, without structure.
  static func uniform(rows: Int, genes: Int, mean: Double) -> TestCounts {
    var stream = RandomSource(seed: 6).stream("uniform")
    return TestCounts(
      counts: (0..<rows).map { _ in
        (0..<genes).map { _ in Double(stream.poisson(mean: mean)) }
      },
      design: (0..<rows).map { _ in (0..<4).map { _ in 0.1 + stream.uniform() } },
      covariates: ["a", "b", "c", "d"])
  }

  @Test func negativeCovariatesAndRowsOfZerosAreRefused() throws {
    var negative = PRRRObjectiveTests.example
    negative.design[0][1] = -1
    #expect(throws: ModelError.self) { try Self.model(negative, rank: 1) }
    var empty = PRRRObjectiveTests.example
    empty.design[0] = [0, 0]
    let model = try Self.model(empty, rank: 1)
    let error = #expect(throws: ModelError.self) { try model.lane(from: empty.rows(0..<3)) }
    #expect(error?.description.contains("--baseline") == true)
    let withBaseline = try Self.model(empty, rank: 1) { $0.baseline = true }
    #expect(withBaseline.design.names == ["baseline", "a", "b"])
    _ = try withBaseline.lane(from: empty.rows(0..<3))
  }

  /// U V of the simulation, rank 2: the third covariate is the mean of the others.
  static func truth(genes: Int, seed: UInt64) -> Matrix<Double> {
    var stream = RandomSource(seed: seed).stream("nn truth")
    var truth = Matrix(
      rows: (0..<3).map { _ in (0..<genes).map { _ in 0.2 + 3 * stream.uniform() } })
    for gene in 0..<genes { truth[2, gene] = 0.5 * (truth[0, gene] + truth[1, gene]) }
    return truth
  }

  /// Rows mostly of one covariate.
  static func simulated(rows: Int, genes: Int, seed: UInt64) -> TestCounts {
    let truth = truth(genes: genes, seed: seed)
    var design: [[Double]] = []
    var counts: [[Double]] = []
    for row in 0..<rows {
      var stream = RandomSource(seed: seed).stream("nn rows", index: row)
      let x = (0..<3).map { Double((row + $0) % 3 == 0 ? 1 : 0) + 0.1 * stream.uniform() }
      design.append(x)
      counts.append(
        (0..<genes).map { gene in
          let mean = (0..<3).reduce(0.0) { $0 + x[$1] * truth[$1, gene] }
          return Double(stream.poisson(mean: mean))
        })
    }
    return TestCounts(counts: counts, design: design, covariates: ["a", "b", "c"])
  }
}
