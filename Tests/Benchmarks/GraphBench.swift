import Concurrency
import Foundation
import Kernels
import LinearAlgebra
import Models
import Networks
import Probability

/// One line about MED-MAGMA's iterations.
struct GraphResult: Codable {
  let order: Int
  /// Median seconds of an iteration.
  let seconds: Double
  /// Median seconds of what it must do: the products and eigenproblems.
  let floor: Double
  /// The median of the single ratios.
  let ratio: Double
  /// Seconds of the flip-flop, of both eigenproblems one after the other, of the eigenvalues' path.
  let flipFlop: Double
  let eigenproblems: Double
  let path: Double
  /// Rounds of the flip-flop, on average.
  let rounds: Double
  /// The most memory that the process has held so far.
  let peakBytes: Int

  static func table(_ results: [GraphResult], _ clock: BenchClock, threads: Int) -> String {
    func line(_ values: [String]) -> String {
      values.map { $0 + String(repeating: " ", count: max(1, 12 - $0.count)) }.joined()
    }
    func milliseconds(_ seconds: Double) -> String { String(format: "%.2f", seconds * 1e3) }
    return
      ([
        "\(clock.processorTime ? "processor time" : "elapsed time") in ms, threads: \(threads), BLAS \(BLASRuntime.current.coreName)",
        line([
          "cells", "iteration", "floor", "ratio", "flip-flop", "eigen", "path", "rounds", "peak MB",
        ]),
      ]
      + results.map {
        line([
          "\($0.order)", milliseconds($0.seconds), milliseconds($0.floor),
          String(format: "%.2f", $0.ratio), milliseconds($0.flipFlop),
          milliseconds($0.eigenproblems), milliseconds($0.path), String(format: "%.1f", $0.rounds),
          "\($0.peakBytes / 1_000_000)",
        ])
      }).joined(separator: "\n")
  }
}

/// EM iterations on a dense simulated matrix, each against what it must do, done alternately.
struct GraphBench {
  let clock: BenchClock
  let workers: Workers

  func run(order: Int, iterations: Int) throws -> GraphResult {
    var stream = RandomSource(seed: 3).stream("benchmark values")
    let y = QuotientMap()(
      Matrix(
        rowCount: order, columnCount: order,
        elements: (0..<order * order).map { _ in stream.normal() }))
    var state = EMState(
      rowScaling: (0..<order).map { _ in stream.uniform() },
      columnScaling: (0..<order).map { _ in stream.uniform() })
    let step = EMStep()
    for _ in 0..<3 { _ = try step.advance(&state, on: y, workers: workers) }
    var times: [[Double]] = []
    var rounds = 0
    for _ in 0..<iterations {
      let (whole, before) = (state, clock.now())
      _ = try step.advance(&state, on: y, workers: workers)
      let seconds = clock.now() - before
      let moments = try step.moments(of: y, at: whole, on: workers)
      rounds += moments.flipFlop.roundCount
      var eigen: (SymmetricEigen, SymmetricEigen)?
      let eigenproblems = clock.time {
        let kernels = Kernels.current.secular
        eigen = try? (
          SymmetricEigen(moments.rows, by: kernels), SymmetricEigen(moments.columns, by: kernels)
        )
      }
      let path = clock.time {
        guard let eigen else { return }
        _ = step.kernel.solve(eigen.0.values, eigen.1.values, on: workers)
      }
      let flipFlop = clock.time {
        _ = try? FlipFlop(
          y, rowPrecision: whole.rowPrecision, columnPrecision: whole.columnPrecision,
          rowScaling: whole.rowScaling, columnScaling: whole.columnScaling, on: workers)
      }
      let floor = floor(y, whole, moments, rounds: moments.flipFlop.roundCount)
      times.append([seconds, floor, seconds / floor, flipFlop, eigenproblems, path])
    }
    func middle(_ column: Int) -> Double { median(times.map { $0[column] }) }
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return GraphResult(
      order: order, seconds: middle(0), floor: middle(1), ratio: middle(2), flipFlop: middle(3),
      eigenproblems: middle(4), path: middle(5), rounds: Double(rounds) / Double(iterations),
      peakBytes: usage.ru_maxrss * 1024)
  }

  /// Both eigenproblems; of every round two triangular products and two symmetric ones; four symmetric products of
  /// precision matrices and inverses. Two threads take an axis each.
  private func floor(
    _ y: Matrix<Double>, _ state: EMState, _ moments: EMStep.Moments, rounds: Int
  ) -> Double {
    let order = y.rowCount
    let definite = [state.rowPrecision, state.columnPrecision]
    return clock.time {
      workers.perform(2) { axis in
        _ = try? SymmetricEigen(
          axis == 0 ? moments.rows : moments.columns, by: Kernels.current.secular)
        for _ in 0..<rounds + 2 { _ = y.gram() }
        for _ in 0..<rounds {
          var product = y
          product.withUnsafeMutableElements { b in
            definite[axis].withUnsafeElements { lower in
              guard let b = b.baseAddress, let lower = lower.baseAddress else { return }
              Double.trmm(
                rowCount: order, order: order, lower: Operand(lower, stride: order), b: b,
                bStride: order)
            }
          }
        }
      }
    }
  }
}
