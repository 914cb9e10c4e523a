import Concurrency
import Foundation
import LinearAlgebra
import Modeling
import Models
import Networks
import Probability
import TestSupport
import Testing

/// What makes large fits fast changes nothing: sums through nodes, matrices in blocks of several members.
@Suite struct SharedWorkTests {
  let workers = Workers(threadCount: 1)

  /// Spectra of one value, narrow, wide, and with some that stand apart.
  @Test func pathsThroughNodesEqualPlainSums() {
    for seed in 0..<50 {
      var stream = RandomSource(seed: UInt64(seed)).stream("spectrum")
      func spectrum(_ count: Int) -> [Double] {
        switch seed % 5 {
        case 0: [Double](repeating: 0.3, count: count)
        case 1: (0..<count).map { _ in -0.4 + 0.01 * stream.normal() }
        case 2: (0..<count).map { _ in 10 * stream.normal() }
        case 3: (0..<count).map { $0 == 0 ? -90 : 0.1 * stream.normal() }
        default: (0..<count).map { $0 % 9 == 0 ? -30 * stream.uniform() : stream.normal() }
        }
      }
      let (e1, e2) = (spectrum(61).sorted(), spectrum(70).sorted())
      var kernel = EigenvalueKernel()
      kernel.iterationLimit = 60
      let found = kernel.solve(e1, e2, on: workers)
      let expected = plainPath(e1, e2, iterations: 60)
      #expect(found.lambda.difference(from: expected.0) < 1e-9, "\(seed)")
      #expect(found.mu.difference(from: expected.1) < 1e-9, "\(seed)")
    }
  }

  private func plainPath(
    _ e1: [Double], _ e2: [Double], iterations: Int
  ) -> ([Double], [Double]) {
    var (lambda, mu) = (e1.map { _ in 1.0 }, e2.map { _ in 1.0 })
    func objective(_ lambda: [Double], _ mu: [Double]) -> Double {
      var sum = zip(e1, lambda).reduce(0) { $0 + $1.0 * $1.1 }
      sum += zip(e2, mu).reduce(0) { $0 + $1.0 * $1.1 }
      for a in lambda { for b in mu { sum -= log(a + b) } }
      return sum
    }
    var (previous, step) = (objective(lambda, mu), 1.0)
    for _ in 0..<iterations {
      var g1 = zip(e1, lambda).map { e, a in e - mu.reduce(0) { $0 + 1 / (a + $1) } }
      var g2 = zip(e2, mu).map { e, b in e - lambda.reduce(0) { $0 + 1 / (b + $1) } }
      let (sum1, sum2) = (g1.reduce(0, +), g2.reduce(0, +))
      g1 = g1.map { $0 + ((sum1 + sum2) / 2 - sum1) / Double(e1.count) }
      g2 = g2.map { $0 + ((sum1 + sum2) / 2 - sum2) / Double(e2.count) }
      for _ in 0..<40 {
        let next1 = zip(lambda, g1).map { min(max($0 - step * $1, 1e-6), 1e6) }
        let next2 = zip(mu, g2).map { min(max($0 - step * $1, 1e-6), 1e6) }
        let value = objective(next1, next2)
        guard value > previous else {
          (lambda, mu, previous) = (next1, next2, value)
          break
        }
        step /= 2
      }
    }
    return (lambda, mu)
  }

  /// More rows than one piece of any work has, with zeros and without.
  @Test(arguments: [0, 0.2]) func threadsChangeNoBit(zeros: Double) throws {
    var stream = RandomSource(seed: 5).stream("values")
    let x = Matrix(
      rowCount: 261, columnCount: 270,
      elements: (0..<261 * 270).map { _ in
        let value = stream.normal()
        return stream.uniform() < zeros ? 0 : value
      })
    var states: [EMState] = []
    for threads in [1, 3] {
      let workers = Workers(threadCount: threads)
      let y = QuotientMap()(x, on: workers)
      var state = EMState(
        rowScaling: Array(repeating: 1, count: 261), columnScaling: Array(repeating: 1, count: 270))
      for _ in 0..<2 { _ = try EMStep().advance(&state, on: y, workers: workers) }
      states.append(state)
    }
    #expect(states[0] == states[1])
  }

  /// Large enough to be handed round.
  @Test func everySplitOfTheLanesGivesTheBitsOfOneMember() throws {
    let data = try BatteryData(rowCount: 262, columnCount: 258, density: 0.9)
    let settings = ["iterations": "2", "tolerance": "0", "kernel-iterations": "50"]
    let medmagma = try BatteryFit<MEDMAGMA>(data, settings: settings)
    let expected = try medmagma.joined(medmagma.run(steps: 3)).fingerprint()
    for split in [[0..<3, 3..<8], [0..<1, 1..<2, 2..<5, 5..<7, 7..<8], [0..<0, 0..<8]] {
      let members = try medmagma.run(steps: 3, split: split)
      #expect(try medmagma.joined(members).fingerprint() == expected, "\(split)")
    }
    for method in ["gmgm", "gmgm-skeptic", "single-axis"] {
      let fit = try BatteryFit<GmGM>(data, settings: ["method": method])
      let alone = try fit.joined(fit.run(steps: 1)).fingerprint()
      let members = try fit.run(steps: 1, split: [0..<3, 3..<4, 4..<8], threads: 2)
      #expect(try fit.joined(members).fingerprint() == alone, "\(method)")
    }
  }
}
