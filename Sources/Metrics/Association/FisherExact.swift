import Foundation
import Probability

/// Fisher's exact test on a table of two rows and two columns.
///
/// | | in | out |
/// |---|---|---|
/// | chosen | a | b |
/// | others | c | d |
///
/// Edge case: an empty margin gives p = 1 and the odds ratio NaN.
public struct FisherExact: Sendable {
  /// The sample odds ratio, a d / (b c).
  public let oddsRatio: Double
  /// P(A ≥ a): enrichment.
  public let greater: Double
  /// P(A ≤ a): depletion.
  public let less: Double
  /// The chance of all tables that are no likelier than the given one.
  public let twoSided: Double

  /// Tests a table.
  ///
  /// - Precondition: no count is negative.
  /// - Complexity: O(smallest margin).
  public init(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
    precondition(a >= 0 && b >= 0 && c >= 0 && d >= 0, "a negative count")
    let (chosen, others, inside) = (a + b, c + d, a + c)
    oddsRatio = Double(a) * Double(d) / (Double(b) * Double(c))
    let range = max(0, inside - others)...min(chosen, inside)
    let logTotal = logBinomial(Double(chosen + others), Double(inside))
    let logChances = range.map { k in
      logBinomial(Double(chosen), Double(k)) + logBinomial(Double(others), Double(inside - k))
        - logTotal
    }
    let given = logChances[a - range.lowerBound]
    var (above, below, unlikely) = (0.0, 0.0, 0.0)
    for (k, logChance) in zip(range, logChances) {
      let chance = exp(logChance)
      if k >= a { above += chance }
      if k <= a { below += chance }
      if logChance <= given + 1e-7 { unlikely += chance }  // equal but for rounding
    }
    greater = min(above, 1)
    less = min(below, 1)
    twoSided = min(unlikely, 1)
  }
}
