public import Concurrency
import RealModule

// e spectrum of an axis's statistic, lambda eigenvalues of an axis's precision matrix, d length of an axis

/// GmGM's eigenvalues of the precision matrices: gradient descent over any number of axes that stops early.
///
///     minimise  Σ_axes e·λ − Σ_data Σ_ij log(λ_i + μ_j)
///     G_i = (1/d) Σ_j 1/(λ_i + μ_j),   P = G − mean(G)/2          (each axis its own length d)
///     λ ← λ − 10^(−k) (e − Σ_data P)/2,  k = 0, 1, … 19: the first that leaves every λ above 1e-8
///
/// until the objective changes by less than 1e-3 of itself five times running, or 1 000 iterations.
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | e | spectrum of the axis's statistic | `statistics` |
/// | λ, μ | eigenvalues of the precision matrices of two axes, started at 1 | `values` |
///
/// As with `EigenvalueKernel`, where it stops is part of the method: the statistic of the longer axis has zeros,
/// for which nothing bounds λ. Several data sets may share axes.
///
/// Source: B. Andrew, D. Westhead, L. Cutillo, GmGM: a fast multi-axis Gaussian graphical model, AISTATS 2024;
/// BaileyAndrew/GmGM-python, version 0.5.7, core/core.py.
public struct GmGMEigenvalues: Sendable {
  /// Relative change of the objective that counts as small.
  public var tolerance = 1e-3
  /// Small changes in a row that end the path.
  public var patience = 5
  /// The most iterations.
  public var iterationLimit = 1000

  private static let lineSearchLimit = 20
  private static let floor = 1e-8

  /// The published settings.
  public init() {}

  /// Where a path ended.
  public struct Solution: Sendable {
    /// For every axis the eigenvalues, in the order of its spectrum.
    public var values: [[Double]]
    /// How many iterations of the path were made.
    public var iterationCount: Int
  }

  /// Follows the path from 1.
  ///
  /// Local. The bits do not depend on the number of threads.
  /// - Parameters:
  ///   - statistics: e of every axis, finite, none empty.
  ///   - data: the two axes of every data set.
  public func solve(
    _ statistics: [[Double]], data: [(rows: Int, columns: Int)], on workers: Workers
  ) -> Solution {
    var values = statistics.map { $0.map { _ in 1.0 } }
    var sums = data.map {
      PairSums(rowCount: statistics[$0.rows].count, columnCount: statistics[$0.columns].count)
    }
    var previous = Double.infinity
    var smallChanges = 0
    var iteration = 0
    refresh(&sums, values, data, on: workers)
    while iteration < iterationLimit {
      iteration += 1
      let moved = step(values, gradient(statistics, sums, data))
      if let moved {
        values = moved
        refresh(&sums, values, data, on: workers)
      } else {
        smallChanges = patience
      }
      var objective = 0.0
      for set in sums { objective -= set.logSum }
      for axis in values.indices { objective += dot(statistics[axis], values[axis]) }
      let change = abs(previous - objective) / abs(objective)
      previous = objective
      if change < tolerance || moved == nil {
        smallChanges += 1
        if smallChanges >= patience { break }
      } else {
        smallChanges = 0
      }
    }
    return Solution(values: values, iterationCount: iteration)
  }

  private func refresh(
    _ sums: inout [PairSums], _ values: [[Double]], _ data: [(rows: Int, columns: Int)],
    on workers: Workers
  ) {
    for (index, axes) in data.enumerated() {
      sums[index].compute(values[axes.rows], values[axes.columns], on: workers)
    }
  }

  /// (e − Σ P)/2 for every axis.
  private func gradient(
    _ statistics: [[Double]], _ sums: [PairSums], _ data: [(rows: Int, columns: Int)]
  ) -> [[Double]] {
    var gradient = statistics.map { $0.map { $0 / 2 } }
    for (index, axes) in data.enumerated() {
      subtract(sums[index].rowSums, from: &gradient[axes.rows])
      subtract(sums[index].columnSums, from: &gradient[axes.columns])
    }
    return gradient
  }

  private func subtract(_ sums: [Double], from gradient: inout [Double]) {
    let length = Double(sums.count)
    let halfMean = sums.reduce(0, +) / length / length / 2
    for index in sums.indices { gradient[index] -= (sums[index] / length - halfMean) / 2 }
  }

  /// The point a step on; nil where even the smallest step leaves the cone.
  private func step(_ values: [[Double]], _ gradient: [[Double]]) -> [[Double]]? {
    var size = 1.0
    for _ in 0..<Self.lineSearchLimit {
      let moved = zip(values, gradient).map { axis, slopes in
        zip(axis, slopes).map { $0 - size * $1 }
      }
      if moved.allSatisfy({ $0.allSatisfy { $0 > Self.floor } }) { return moved }
      size /= 10
    }
    return nil
  }
}
