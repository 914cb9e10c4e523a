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
    let (samples, genes) = (counts.rowCount, counts.columnCount)
    precondition(totals.count == samples, "\(totals.count) totals of \(samples) samples")
    let byGene = counts.transposed()
    var elements: [Double] = []
    elements.reserveCapacity(samples * genes)
    for gene in 0..<genes {
      elements += normalScores(zip(byGene.row(gene), totals).map { $0 / $1 })
    }
    return Matrix(rowCount: genes, columnCount: samples, elements: elements)
  }

  /// Φ⁻¹((rank − ½) / n) of each number.
  public static func normalScores(_ values: [Double]) -> [Double] {
    let n = Double(values.count)
    return averageRanks(values).map { normalQuantile(($0 - 0.5) / n) }
  }
}
