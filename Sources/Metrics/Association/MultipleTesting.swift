import Foundation

/// p values adjusted for many tests.
///
/// NaN stays NaN and does not count as a test.
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

  /// Benjamini and Yekutieli's, valid under any dependence: as above times Σ 1/i.
  ///
  /// Source: Y. Benjamini, D. Yekutieli, Ann. Stat. 29:1165–1188, 2001, doi:10.1214/aos/1013699998.
  public static func benjaminiYekutieli(_ pValues: [Double]) -> [Double] {
    let count = pValues.count { !$0.isNaN }
    let harmonic = (1..<max(count + 1, 1)).reduce(0) { $0 + 1 / Double($1) }
    return fromAbove(pValues) { p, rank, count in p * harmonic * Double(count) / Double(rank) }
  }

  /// Bonferroni's: p · m.
  public static func bonferroni(_ pValues: [Double]) -> [Double] {
    let count = Double(pValues.count { !$0.isNaN })
    return pValues.map { $0.isNaN ? $0 : min($0 * count, 1) }
  }

  /// Holm's: max over j ≤ i of p_(j) · (m − j + 1).
  public static func holm(_ pValues: [Double]) -> [Double] {
    var result = pValues
    let order = ascending(pValues)
    var largest = 0.0
    for (place, index) in order.enumerated() {
      largest = max(largest, pValues[index] * Double(order.count - place))
      result[index] = min(largest, 1)
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
      result[order[place]] = smallest
    }
    return result
  }
}
