import Concurrency
import Foundation
import LinearAlgebra
import Models
import Probability
import TestSupport
import Testing

/// The reference file on a simulated 30 × 40 matrix, with and without zeros, and what must hold of any data.
@Suite struct EMStepTests {
  let workers = Workers(threadCount: 1)

  @Test(arguments: ["dense", "sparse"])
  func intermediatesOfTheFirstTwoStepsEqualTheReference(_ pattern: String) throws {
    let arrays = try ReferenceMatrices("medmagma/simulated.tsv")
    let isDense = pattern == "dense"
    let x = arrays.matrix(isDense ? "X" : "X_masked")
    let y = isDense ? QuotientMap()(x) : QuotientMap(passes: 1)(x)
    #expect(y.difference(from: arrays.matrix(isDense ? "quotient" : "sparse_quotient")) < 1e-12)

    let step = EMStep()
    var state = EMState(
      rowScaling: arrays.vector("s1_init"), columnScaling: arrays.vector("s2_init"))
    for number in 1...2 {
      let name = "\(pattern)/step\(number)/"
      let form = FlipFlop.quadraticForm(
        y.transposed(), precision: state.columnPrecision, otherPrecision: state.rowPrecision,
        scaling: state.rowScaling, on: workers)
      #expect(form.difference(from: arrays.matrix(name + "omega_tilde2_first")) < 1e-9)
      let c1 = try curvature(
        rowPrecision: state.columnPrecision, columnPrecision: state.rowPrecision)
      let c2 = try curvature(
        rowPrecision: state.rowPrecision, columnPrecision: state.columnPrecision)
      #expect(c1.difference(from: arrays.matrix(name + "C1")) < 1e-9)
      #expect(c2.difference(from: arrays.matrix(name + "C2")) < 1e-9)

      // From here on the reference's flips, which stop at 1e-5, limit the agreement.
      let moments = try step.moments(of: y, at: state, on: workers)
      #expect(moments.flipFlop.rowScaling.difference(from: arrays.vector(name + "s1")) < 1e-6)
      #expect(moments.flipFlop.columnScaling.difference(from: arrays.vector(name + "s2")) < 1e-6)
      #expect(moments.rows.difference(from: arrays.matrix(name + "outer1")) < 1e-6)
      #expect(moments.columns.difference(from: arrays.matrix(name + "outer2")) < 1e-6)

      _ = try step.advance(&state, on: y, workers: workers)
      #expect(state.rowPrecision.difference(from: arrays.matrix(name + "omega1")) < 1e-6)
      #expect(state.columnPrecision.difference(from: arrays.matrix(name + "omega2")) < 1e-6)
      // Both programs go on from the reference's state, so that each step is compared by itself.
      state.rowPrecision = arrays.matrix(name + "omega1")
      state.columnPrecision = arrays.matrix(name + "omega2")
      state.rowScaling = arrays.vector(name + "s1")
      state.columnScaling = arrays.vector(name + "s2")
    }
  }

  /// The published file with every flip led to its solution: all intermediates of two steps one after the other.
  @Test(arguments: ["dense", "sparse"])
  func twoStepsEqualThoseOfTheReferenceWhereItsFlipsConverge(_ pattern: String) throws {
    let arrays = try ReferenceMatrices("medmagma/simulated.tsv")
    let converged = try ReferenceMatrices("medmagma/converged-flips.tsv")
    let y = arrays.matrix(pattern == "dense" ? "quotient" : "sparse_quotient")
    var state = EMState(
      rowScaling: arrays.vector("s1_init"), columnScaling: arrays.vector("s2_init"))
    for number in 1...2 {
      let name = "\(pattern)/step\(number)/"
      func check(_ matrix: Matrix<Double>, _ what: String) {
        let last = matrix.rowCount - 1
        let found = Matrix(rows: [Array(matrix.row(0)), Array(matrix.row(last)), matrix.diagonal])
        #expect(found.difference(from: converged.matrix(name + what)) < 1e-9, "\(name + what)")
      }
      let moments = try EMStep().moments(of: y, at: state, on: workers)
      #expect(moments.flipFlop.rowScaling.difference(from: converged.vector(name + "s1")) < 1e-9)
      #expect(moments.flipFlop.columnScaling.difference(from: converged.vector(name + "s2")) < 1e-9)
      check(moments.rows, "outer1")
      check(moments.columns, "outer2")
      _ = try EMStep().advance(&state, on: y, workers: workers)
      check(state.rowPrecision, "omega1")
      check(state.columnPrecision, "omega2")
    }
  }

  @Test(arguments: ["dense/step1", "dense/step2", "sparse/step1", "sparse/step2"])
  func kernelFollowsTheReferencesPath(_ name: String) throws {
    let arrays = try ReferenceMatrices("medmagma/simulated.tsv")
    let (e1, e2) = (arrays.vector(name + "/e1"), arrays.vector(name + "/e2"))
    for limit in [1, 2, 5, 10, 100, 1000] {
      var kernel = EigenvalueKernel()
      kernel.iterationLimit = limit
      let solution = kernel.solve(e1, e2, on: workers)
      let suffix = limit == 1000 ? "" : "_after_\(limit)"
      #expect(solution.lambda.difference(from: arrays.vector(name + "/lambda1" + suffix)) < 1e-9)
      #expect(solution.mu.difference(from: arrays.vector(name + "/lambda2" + suffix)) < 1e-9)
    }
  }

  @Test func convergedPrecisionsWithZerosEqualTheReference() throws {
    let arrays = try ReferenceMatrices("medmagma/simulated.tsv")
    let y = QuotientMap(passes: 1)(arrays.matrix("X_masked"))
    var state = EMState(
      rowScaling: arrays.vector("s1_init"), columnScaling: arrays.vector("s2_init"))
    var magnitudes: [Double] = []
    for _ in 0..<20 {
      magnitudes.append(try EMStep().advance(&state, on: y, workers: workers))
    }
    let name = "sparse/real_protocol_20/"
    #expect(state.rowPrecision.difference(from: arrays.matrix(name + "omega1")) < 1e-6)
    #expect(state.columnPrecision.difference(from: arrays.matrix(name + "omega2")) < 1e-6)
    #expect(magnitudes.difference(from: arrays.vector(name + "magnitudes")) < 1e-6)
  }

  @Test func quotientIsTheSameUnderAnyPositiveFactorsOfRowsAndColumns() throws {
    let arrays = try ReferenceMatrices("medmagma/simulated.tsv")
    var stream = RandomSource(seed: 5).stream("factors")
    for name in ["X", "X_masked"] {
      let x = arrays.matrix(name)
      let rows = (0..<x.rowCount).map { _ in stream.uniform(in: 0.1..<3) }
      let columns = (0..<x.columnCount).map { _ in stream.uniform(in: 0.2..<7) }
      var noisy = x
      for i in rows.indices {
        for j in columns.indices { noisy[i, j] *= rows[i] * columns[j] }
      }
      #expect(QuotientMap()(noisy).difference(from: QuotientMap()(x)) < 1e-12)
    }
    // One pass leaves something behind where there are zeros.
    let x = arrays.matrix("X_masked")
    var noisy = x
    for j in 0..<x.columnCount { noisy[0, j] *= 10 }
    let once = QuotientMap(passes: 1)
    #expect(once(noisy).difference(from: once(x)) > 1e-3)
  }

  @Test func orderOfRowsAndColumnsDoesNotMatter() throws {
    let arrays = try ReferenceMatrices("medmagma/simulated.tsv")
    let y = QuotientMap()(arrays.matrix("X_masked"))
    var state = EMState(
      rowScaling: arrays.vector("s1_init"), columnScaling: arrays.vector("s2_init"))
    var reversed = EMState(
      rowScaling: state.rowScaling.reversed(), columnScaling: state.columnScaling.reversed())
    let backwards = Matrix(
      rowCount: y.rowCount, columnCount: y.columnCount, elements: y.elements.reversed())
    for _ in 0..<2 {
      _ = try EMStep().advance(&state, on: y, workers: workers)
      _ = try EMStep().advance(&reversed, on: backwards, workers: workers)
    }
    let back = Matrix(
      rowCount: y.rowCount, columnCount: y.rowCount,
      elements: reversed.rowPrecision.elements.reversed())
    #expect(back.difference(from: state.rowPrecision) < 1e-6)
  }

  @Test func threadsDoNotChangeABit() throws {
    let arrays = try ReferenceMatrices("medmagma/simulated.tsv")
    let y = QuotientMap()(arrays.matrix("X"))
    let start = EMState(
      rowScaling: arrays.vector("s1_init"), columnScaling: arrays.vector("s2_init"))
    var alone = start
    var together = start
    let three = Workers(threadCount: 3)
    for _ in 0..<2 {
      _ = try EMStep().advance(&alone, on: y, workers: workers)
      _ = try EMStep().advance(&together, on: y, workers: three)
    }
    #expect(alone == together)
  }

  @Test func penalizedEigenvaluesAreStationary() throws {
    let (e1, e2) = ([-3.0, 0.1, 1, 4], [-1.0, 0, 0.5, 2, 5, 7])
    let penalty = 0.01
    for (first, second) in [(e1, e2), (e2, e1)] {
      let solution = try PenalizedEigenvalues(penalty: penalty).solve(first, second, on: workers)
      for (i, lambda) in solution.lambda.enumerated() {
        let sum = solution.mu.reduce(0) { $0 + 1 / (lambda + $1) }
        #expect(abs(first[i] - sum + 2 * penalty * lambda) < 1e-9)
      }
      for (j, mu) in solution.mu.enumerated() {
        let sum = solution.lambda.reduce(0) { $0 + 1 / (mu + $1) }
        #expect(abs(second[j] - sum + 2 * penalty * mu) < 1e-9)
      }
    }
  }

  /// Far starts, and diagonals that span many powers of ten.
  @Test func scalingsAreStationaryWhateverTheMatrix() throws {
    for seed in 0..<12 {
      var stream = RandomSource(seed: UInt64(seed)).stream("matrix")
      let order = [1, 2, 7, 40, 131][seed % 5]
      var factors = Matrix<Double>(
        rowCount: order, columnCount: order + 2,
        elements: (0..<order * (order + 2)).map { _ in stream.normal() })
      for row in 0..<order {
        factors.setRow(row, to: factors.row(row).map { $0 * exp(6 * stream.normal()) })
      }
      let q = factors.gram()
      let start = (0..<order).map { _ in exp(5 * stream.normal()) }
      let several = Workers(threadCount: 3)
      let found = try DiagonalScaling(of: q, startingAt: start, on: several).scaling
      let forms = zip(found, q.product(found)).map { $0 * $1 }
      let mean = forms.reduce(0, +) / Double(order)
      #expect(forms.allSatisfy { abs($0 / mean - 1) < 1e-8 }, "\(seed)")
      #expect(abs(found.reduce(0) { $0 + log($1) }) < 1e-9, "\(seed)")
      #expect(try DiagonalScaling(of: q, startingAt: start, on: workers).scaling == found)
    }
  }

  @Test func flipRefusesAMatrixThatIsNotSemidefinite() {
    let q = Matrix<Double>(rows: [[1, -3], [-3, 1]])
    #expect(throws: LinearAlgebraError.self) {
      _ = try DiagonalScaling(of: q, startingAt: [1, 1], on: workers)
    }
    let damaged = Matrix<Double>(rows: [[1, .nan], [.nan, 1]])
    #expect(throws: LinearAlgebraError.self) {
      _ = try DiagonalScaling(of: damaged, startingAt: [1, 1], on: workers)
    }
  }

  @Test func flipRefusesAZeroRow() {
    let q = Matrix<Double>(rows: [[1, 0], [0, 0]])
    #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 2)) {
      _ = try DiagonalScaling(of: q, startingAt: [1, 1], on: workers)
    }
  }
}
