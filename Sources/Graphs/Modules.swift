import Probability

/// One-way analysis of variance: do groups differ in the mean of a value?
public struct VarianceAnalysis: Sendable, Equatable {
  /// Between groups over within groups.
  public let f: Double
  /// Groups − 1.
  public let betweenFreedom: Int
  /// Values − groups.
  public let withinFreedom: Int
  /// P(F ≥ f) where all means are equal.
  public let p: Double

  /// Analyses values by their group; values with a negative group do not count.
  ///
  /// nil with fewer than two groups, or no more values than groups.
  ///
  /// Edge cases: groups that differ without any variance within give f = ∞ and p = 0; equal values f = 0, p = 1.
  public init?(_ values: [Double], groups: [Int]) {
    var sums: [Int: (count: Int, sum: Double)] = [:]
    for (value, group) in zip(values, groups) where group >= 0 {
      let old = sums[group] ?? (0, 0)
      sums[group] = (old.count + 1, old.sum + value)
    }
    let count = sums.values.reduce(0) { $0 + $1.count }
    guard sums.count > 1, count > sums.count else { return nil }
    let keys = sums.keys.sorted()
    let mean = keys.reduce(0) { $0 + (sums[$1]?.sum ?? 0) } / Double(count)
    var means: [Int: Double] = [:]
    var between = 0.0
    for key in keys {
      guard let group = sums[key] else { continue }
      let own = group.sum / Double(group.count)
      means[key] = own
      between += Double(group.count) * (own - mean) * (own - mean)
    }
    var within = 0.0
    for (value, group) in zip(values, groups) {
      guard let own = means[group] else { continue }
      within += (value - own) * (value - own)
    }
    betweenFreedom = sums.count - 1
    withinFreedom = count - sums.count
    guard within > 0 else {
      f = between > 0 ? .infinity : 0
      p = between > 0 ? 0 : 1
      return
    }
    f = between / Double(betweenFreedom) / (within / Double(withinFreedom))
    p = fisherFUpper(f, Double(betweenFreedom), Double(withinFreedom))
  }
}
