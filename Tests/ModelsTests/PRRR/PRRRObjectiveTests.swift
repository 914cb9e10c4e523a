import Concurrency
import Foundation
import LinearAlgebra
import Modeling
import Models
import Probability
import Sums
import TestSupport
import Testing

@Suite struct PRRRObjectiveTests {
  static let example = TestCounts(
    counts: [[1, 2], [4, 2], [1, 0]], design: [[1, 0], [0, 1], [1, 1]], covariates: ["a", "b"])
  static let coefficients = ReducedRankCoefficients(
    covariateLoadings: Matrix(rows: [[0.3], [-0.2]]),
    geneCoefficients: Matrix(rows: [[0.5, 0.1], [-0.4, 0.2]]))

  static func configuration(rank: Int) -> PRRRConfiguration {
    var configuration = PRRRConfiguration()
    configuration.rank = rank
    configuration.scaling = .none
    configuration.covariateDeviation = 1
    configuration.geneDeviation = 1
    return configuration
  }

  /// Log joint and gradient, (U, then V and v0 gene by gene), at some coefficients.
  static func evaluate(
    _ data: TestCounts, _ coefficients: ReducedRankCoefficients, sizes: [Double]? = nil,
    centres: [Double]? = nil, deviation: Double = 1, merging: Bool = true, lanes laneCount: Int = 1
  ) throws -> (value: Double, gradient: [Double]) {
    var configuration = configuration(rank: coefficients.factorCount)
    configuration.lanes = laneCount
    configuration.interceptDeviation = deviation
    let model = try PRRR(configuration, for: data.summary, covariates: data.raw)
    let sizes = sizes ?? data.counts.map { $0.reduce(0, +) }
    let plan = LanePlan(rowCount: data.counts.count, laneCount: laneCount)
    var constant = 0.0
    let blocks = try (0..<laneCount).map { lane in
      let rows = data.rows(plan.rows(ofLane: lane))
      let counts = try SparseRows(rows)
      let exposure = rows.rows.map { sizes[$0] }
      constant += counts.likelihoodConstants(rows: 0..<counts.count, exposure: exposure).constant
      return PoissonBlock.blocks(
        rows: Array(0..<counts.count), design: Matrix(rows: rows.rows.map { data.design[$0] }),
        exposure: exposure, counts: counts, geneCount: coefficients.geneCount, merging: merging)
    }
    let likelihood = try likelihoodGradient(
      lanes: blocks, at: coefficients, with: Alone(), on: Workers(threadCount: 1))
    let centres = centres ?? Array(repeating: 0, count: coefficients.geneCount)
    return (
      likelihood.value + constant + model.logPrior(coefficients, centres: centres),
      model.logJointGradient(likelihood, coefficients, centres: centres)
    )
  }

  @Test func theSpecificationsExampleComesOut() throws {
    let (value, gradient) = try Self.evaluate(Self.example, Self.coefficients, sizes: [2, 3, 1.5])
    #expect(value.isClose(to: -15.383_431_085_2, .golden))
    let expected = [
      -0.684_664_922, 1.820_486_615_4, -1.244_690_386_4, -1.410_802_197_5, 0.567_879_016_1,
      -4.096_229_878_8,
    ]
    #expect(gradient.areClose(to: expected, .golden), "\(gradient)")
  }

  @Test func logJointAndGradientsAreTheReferences() throws {
    let reference = try PRRRReference.read()
    let start = reference.coefficients("prrr/U0", "prrr/V0", "prrr/v00")
    let expected = reference.coefficients("prrr/grad_U", "prrr/grad_V", "prrr/grad_v0")
    for (merging, lanes) in [(true, 1), (false, 1), (true, 5), (false, 3)] {
      let (value, gradient) = try Self.evaluate(
        reference.data, start, merging: merging, lanes: lanes)
      #expect(value.isClose(to: reference.logJoint, Tolerance(relative: 1e-10)))
      let all = expected.covariateLoadings.elements + expected.geneCoefficients.elements
      // Entries near zero are differences of numbers of the size of the largest.
      let scale = all.map(\.magnitude).max() ?? 0
      #expect(gradient.areClose(to: all, Tolerance(relative: 1e-9, absolute: 1e-13 * scale)))
    }
  }

  @Test func gradientsEqualFiniteDifferences() throws {
    let data = TestCounts.simulated(rows: 23, genes: 7, covariates: 3, seed: 5)
    let point = ReducedRankCoefficients(
      covariateLoadings: Matrix(rows: [[0.3, -0.1], [0.2, 0.4], [-0.5, 0.1]]),
      geneCoefficients: Matrix(
        rows: [Double](stride(from: 0, to: 7, by: 1)).map { j in
          [0.1 * j - 0.2, 0.3 - 0.07 * j, -2]
        }))
    let centres = (0..<7).map { -3 + 0.2 * Double($0) }
    let (_, gradient) = try Self.evaluate(data, point, centres: centres)
    let check = GradientCheck(
      at: point.covariateLoadings.elements + point.geneCoefficients.elements, gradient: gradient
    ) { parameters in
      let moved = ReducedRankCoefficients(
        covariateLoadings: Matrix(rowCount: 3, columnCount: 2, elements: Array(parameters[..<6])),
        geneCoefficients: Matrix(rowCount: 7, columnCount: 3, elements: Array(parameters[6...])))
      return (try? Self.evaluate(data, moved, centres: centres).value) ?? .nan
    }
    #expect(check.passes(), "\(check)")
  }
}

extension TestCounts {
  /// Poisson counts of a random model of rank 2 with standard normal covariates.
  static func simulated(
    rows: Int, genes: Int, covariates: Int, seed: UInt64, levels: Int? = nil
  ) -> TestCounts {
    let source = RandomSource(seed: seed)
    var parameters = source.stream("parameters")
    let u = (0..<covariates).map { _ in (0..<2).map { _ in 0.6 * parameters.normal() } }
    let v = (0..<genes).map { _ in (0..<2).map { _ in 0.6 * parameters.normal() } }
    let intercepts = (0..<genes).map { _ in 0.5 * parameters.normal() + 0.5 }
    var design: [[Double]] = []
    var counts: [[Double]] = []
    for row in 0..<rows {
      var stream = source.stream("row", index: row)
      let x = (0..<covariates).map { column in
        levels.map { row % $0 == column ? 1 : 0 } ?? stream.normal()
      }
      let scores = (0..<2).map { factor in
        x.indices.reduce(0) { $0 + x[$1] * u[$1][factor] }
      }
      design.append(x)
      counts.append(
        (0..<genes).map { gene in
          let predictor =
            intercepts[gene] + scores[0] * v[gene][0] + scores[1] * v[gene][1]
          return Double(stream.poisson(mean: Foundation.exp(min(predictor, 6))))
        })
    }
    return TestCounts(
      counts: counts, design: design, covariates: (0..<covariates).map { "x\($0)" })
  }
}
