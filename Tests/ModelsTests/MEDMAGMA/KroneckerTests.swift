import Concurrency
import LinearAlgebra
import Modeling
import Models
import TestSupport
import Testing

/// Simulated trees, and what the methods find of them.
@Suite struct KroneckerTests {
  @Test func rowsAreTheSameWhereverTheyAreMade() throws {
    var settings = KroneckerSimulator.Configuration()
    (settings.rows, settings.columns, settings.density) = (12, 9, 0.5)
    let simulator = try KroneckerSimulator(settings)
    let whole = simulator.rows(0..<12).reals
    let part = simulator.rows(5..<8).reals
    #expect(Array(whole[45..<72]) == part)
    let zeros = whole.count { $0 == 0 }
    #expect(zeros > 30 && zeros < 78)
  }

  @Test func noiseIsAFactorOfEachRowAndColumn() throws {
    var settings = KroneckerSimulator.Configuration()
    (settings.rows, settings.columns, settings.noise) = (8, 6, 0)
    let plain = try matrix(settings)
    settings.noise = 1
    let noisy = try matrix(settings)
    let quotient = QuotientMap()
    let (a, b) = (quotient(plain), quotient(noisy))
    // Single precision of the file
    #expect(b.difference(from: a) < 1e-5)
    #expect(noisy.difference(from: plain) > 0.1)
  }

  @Test func medmagmaFindsTreesThatTheRawValuesHide() throws {
    var settings = KroneckerSimulator.Configuration()
    (settings.rows, settings.columns) = (60, 80)
    let simulator = try KroneckerSimulator(settings)
    let data = try matrix(settings)
    let workers = Workers(threadCount: 1)
    let y = QuotientMap()(data)
    var state = EMState(
      rowScaling: (0..<60).map { 0.2 + Double($0) / 100 },
      columnScaling: (0..<80).map { 0.2 + Double($0) / 100 })
    for _ in 0..<10 { _ = try EMStep().advance(&state, on: y, workers: workers) }
    let raw = try MultiAxisFit().precisions(of: data, on: workers)
    let ours = area(state.rowPrecision, simulator, "row_edges")
    let theirs = area(raw.rows, simulator, "row_edges")
    #expect(ours > 0.4)
    #expect(theirs < 0.3)
  }

  private func matrix(_ settings: KroneckerSimulator.Configuration) throws -> Matrix<Double> {
    let values = try KroneckerSimulator(settings).rows(0..<settings.rows).reals
    return Matrix(
      rowCount: settings.rows, columnCount: settings.columns, elements: values.map(Double.init))
  }

  private func area(
    _ precision: Matrix<Double>, _ simulator: KroneckerSimulator, _ member: String
  ) -> Double {
    guard case .integers(let ends, _)? = simulator.truth[member] else { return 0 }
    let order = precision.rowCount
    var truth = [Bool](repeating: false, count: order * order)
    for edge in stride(from: 0, to: ends.count, by: 2) {
      truth[Int(ends[edge + 1]) * order + Int(ends[edge])] = true
    }
    let pairs = (0..<order).flatMap { row in (0..<row).map { row * order + $0 } }
    return RankingCurves(
      truth: pairs.map { truth[$0] }, scores: pairs.map { precision.elements[$0].magnitude }
    ).precisionRecallArea ?? 0
  }
}
