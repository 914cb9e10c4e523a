import Foundation

/// p values adjusted for many tests.
///
/// NaN stays NaN and does not count as a test. No adjusted value is below its p value, not by a rounding either.
public enum MultipleTesting {
  /// Benjamini and Hochberg's false discovery rates: min over j ≥ i of p_(j) · m / j.
  ///
  /// Source: Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57:289–300, 1995.
  public static func benjaminiHochberg(_ pValues: [Double]) -> [Double] {
    fromAbove(pValues) { p, rank, count in p * Double(count) / Double(rank) }
  }

  /// Benjamini and Hochberg's of log p values, where p may be too small for a number: logs again.
  ///
  /// - Parameter count: how many tests there were; those that are not listed have larger p values.
  /// - Precondition: no NaN; `count` is at least the number of values.
  public static func logBenjaminiHochberg(_ logPValues: [Double], testCount count: Int) -> [Double]
  {
    precondition(logPValues.count <= count, "\(logPValues.count) p values of \(count) tests")
    var result = logPValues
    let order = logPValues.indices.sorted { logPValues[$0] < logPValues[$1] }
    var smallest = 0.0
    for place in order.indices.reversed() {
      let adjusted = logPValues[order[place]] + log(Double(count) / Double(place + 1))
      smallest = min(smallest, adjusted)
      result[order[place]] = smallest
    }
    return result
  }

  private static func ascending(_ pValues: [Double]) -> [Int] {
    pValues.indices.filter { !pValues[$0].isNaN }.sorted { pValues[$0] < pValues[$1] }
  }

  private static func fromAbove(
    _ pValues: [Double], _ adjusted: (Double, Int, Int) -> Double
  ) -> [Double] {
    var result = pValues
    let order = ascending(pValues)
    var smallest = 1.0
    for place in order.indices.reversed() {
      smallest = min(smallest, adjusted(pValues[order[place]], place + 1, order.count))
      result[order[place]] = max(smallest, pValues[order[place]])
    }
    return result
  }
}
