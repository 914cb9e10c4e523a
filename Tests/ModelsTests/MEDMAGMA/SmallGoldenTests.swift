import Concurrency
import Foundation
import LinearAlgebra
import Models
import Probability
import TestSupport
import Testing

/// Outputs of the reference file on a 4 × 5 matrix, ten digits each.
@Suite struct SmallGoldenTests {
  let workers = Workers(threadCount: 1)
  let golden = Tolerance(relative: 2e-9, absolute: 2e-10)

  /// X_ij = sin(1 + 3i + 5j) + 0.1 (i − j)
  var data: Matrix<Double> {
    var data = Matrix<Double>(rowCount: 4, columnCount: 5)
    for i in 0..<4 {
      for j in 0..<5 { data[i, j] = sin(Double(1 + 3 * i + 5 * j)) + 0.1 * Double(i - j) }
    }
    return data
  }
  let a = Matrix<Double>(rows: [
    [2, 0.5, 0, 0], [0.5, 3, 0.2, 0], [0, 0.2, 1.5, -0.3], [0, 0, -0.3, 2],
  ])
  var b: Matrix<Double> {
    var b = Matrix<Double>(rowCount: 5, columnCount: 5, repeating: 0.1)
    for (index, value) in [1.0, 2, 3, 2, 1].enumerated() { b[index, index] += value }
    return b
  }

  @Test func quotientOfADenseMatrix() {
    let y = QuotientMap()(data)
    let first = [1.1646495053, -0.6238066928, -0.958769944, -3.3052531657, 0.4343457561]
    let last = [-0.427512454, 1.7695637023, 1.0244433598, -0.941876102, -1.3699455256]
    #expect(y.row(0).areClose(to: first, golden))
    #expect(y.row(3).areClose(to: last, golden))
  }

  @Test func quotientOfASparseMatrixInOnePassAndIterated() {
    var x = data
    for (i, j) in [(0, 1), (2, 3), (3, 0)] { x[i, j] = 0 }
    let once = QuotientMap(passes: 1)(x)
    let onePass = [0.892696023, 0, -0.9824713893, -3.0886076437, 0.4450830787]
    #expect(once.row(0).areClose(to: onePass, golden))
    let iterated = [0.81775007, 0, -0.94127066, -3.04669647, 0.42641816]
    #expect(QuotientMap()(x).row(0).areClose(to: iterated, Tolerance(relative: 1e-8)))
  }

  @Test func curvatureOfBothAxes() throws {
    let c1 = try curvature(rowPrecision: b, columnPrecision: a)
    let c2 = try curvature(rowPrecision: a, columnPrecision: b)
    #expect(
      c1.row(0).areClose(to: [0.9737662284, 0.4582181326, 0.5067050526, 0.5041855298], golden))
    let second = [0.8709581882, 0.2719743766, 0.2735478651, 0.2719743766, 0.2694544288]
    #expect(c2.row(0).areClose(to: second, golden))
  }

  @Test func flipSolvesTheQuadraticProblem() throws {
    let y = QuotientMap()(data)
    let q = FlipFlop.quadraticForm(
      y, precision: a, otherPrecision: b, scaling: [1, 1, 1, 1, 1], on: workers)
    let diagonal = [55.5683695278, 31.9608097583, 17.3005478999, 27.5002179769]
    #expect(q.diagonal.areClose(to: diagonal, golden))
    #expect(q[0, 1].isClose(to: -1.284280515, golden))
    #expect(q[1, 2].isClose(to: -1.0583638292, golden))
    #expect(q[2, 3].isClose(to: 1.1512292559, golden))
    let s = try DiagonalScaling(of: q, startingAt: [1, 1, 1, 1], on: workers).scaling
    let expected = [0.7457440342, 1.0052905826, 1.312468517, 1.0163182015]
    #expect(s.areClose(to: expected, golden))
    let stationary = zip(s, q.product(s)).map { $0 * $1 }
    #expect(stationary.allSatisfy { $0.isClose(to: 29.940657206, golden) })
  }

  @Test func flipFlopFromGivenScalings() throws {
    let y = QuotientMap()(data)
    let result = try FlipFlop(
      y, rowPrecision: a, columnPrecision: b, rowScaling: [0.2, 0.4, 0.6, 0.8],
      columnScaling: [0.3, 0.4, 0.5, 0.6, 0.7], on: workers)
    // The reference's solver stops at 1e-5.
    let s1 = [0.4595042445, 0.453140225, 0.593747764, 0.4806073018]
    let s2 = [0.513463745, 0.4470574887, 0.4656523458, 0.3054183623, 0.4757962811]
    #expect(result.rowScaling.areClose(to: s1, .publishedFit))
    #expect(result.columnScaling.areClose(to: s2, .publishedFit))
  }

  @Test func kernelStopsWhereTheReferenceStops() {
    let solution = EigenvalueKernel().solve([0.1, 1, 4, 9], [0, 0.5, 2, 5, 7], on: workers)
    let lambda = [1.5909847022, 1.3646571769, 0.6112214322, 0.9415872644]
    let mu = [1.513026162, 1.387227593, 1.0099503354, 0.2565309543, 0.944215531]
    #expect(solution.lambda.areClose(to: lambda, golden))
    #expect(solution.mu.areClose(to: mu, golden))
    #expect(solution.objective.isClose(to: 8.614680385, golden))
  }

  @Test func oneStepFromTheIdentity() throws {
    var state = EMState(
      rowScaling: [0.2, 0.4, 0.6, 0.8], columnScaling: [0.3, 0.4, 0.5, 0.6, 0.7])
    _ = try EMStep().advance(&state, on: QuotientMap()(data), workers: workers)
    let row = [754.130828672, 531.2341472809, 352.6845173246, 472.878796343]
    #expect(state.rowPrecision.row(0).areClose(to: row, .publishedFit))
    #expect(state.columnPrecision[0, 0].isClose(to: 674.5163868998, .publishedFit))
  }
}
