import Foundation
public import LinearAlgebra
import Metrics
import Probability

/// Counts made fit for linear tests.
public enum NormalScores {
  /// Each gene's expression as normal quantiles, which outliers cannot move.
  ///
  ///     e_gl = log₂(10⁶ x_lg / C_l + 1),   z_gl = Φ⁻¹((rank of e_gl − ½) / L)
  ///
  /// | Symbol | Meaning | In code |
  /// |---|---|---|
  /// | x | counts, samples × genes | `counts` |
  /// | C | reads of each sample over all genes | `totals` |
  /// | L | samples | |
  ///
  /// Equal values share their average rank. The logarithm does not move ranks and is left out.
  /// - Precondition: a positive total for each sample.
  /// - Returns: genes × samples.
  public static func expression(counts: Matrix<Double>, totals: [Double]) -> Matrix<Double> {
    scores(counts, totals) { values in zip(values, totals).map { $0 / $1 } }
  }

  /// Normal scores of groups of samples, such as a donor's: z of ē, the mean of e over the group, in place of e.
  ///
  /// - Precondition: a positive total for each sample, no empty group.
  /// - Returns: genes × groups.
  public static func expression(
    counts: Matrix<Double>, totals: [Double], meansOf groups: [[Int]]
  ) -> Matrix<Double> {
    scores(counts, totals) { values in
      let logarithms = zip(values, totals).map { log2(1e6 * $0 / $1 + 1) }
      return groups.map { group in
        group.reduce(0) { $0 + logarithms[$1] } / Double(group.count)
      }
    }
  }

  private static func scores(
    _ counts: Matrix<Double>, _ totals: [Double], _ expression: ([Double]) -> [Double]
  ) -> Matrix<Double> {
    let (samples, genes) = (counts.rowCount, counts.columnCount)
    precondition(totals.count == samples, "\(totals.count) totals of \(samples) samples")
    let byGene = counts.transposed()
    let rows = (0..<genes).map { normalScores(expression(Array(byGene.row($0)))) }
    return Matrix(
      rowCount: genes, columnCount: rows.first?.count ?? samples, elements: rows.flatMap(\.self))
  }

  /// Φ⁻¹((rank − ½) / n) of each number.
  public static func normalScores(_ values: [Double]) -> [Double] {
    let n = Double(values.count)
    return averageRanks(values).map { normalQuantile(($0 - 0.5) / n) }
  }
}
