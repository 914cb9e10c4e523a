public import Probability

/// What a row is used for.
public enum RowUse: String, Codable, Sendable, CaseIterable {
  /// Fits the model.
  case train
  /// Decides when to stop; never moves shared parameters.
  case validation
  /// Touched only by the evaluation.
  case test
}

/// Which rows train, validate and test.
///
/// Stratified: within each class the rows are permuted by keyed random numbers and the first ⌊f·n + ½⌋
/// (largest remainders over classes, so that the totals are exact) go to test, the next to validation.
/// Without classes there is one stratum. The same on every rank, for every number of ranks and lanes.
public struct RowSplit: Sendable, Equatable {
  /// For every row.
  public let uses: [RowUse]

  /// A split that is known.
  public init(uses: [RowUse]) {
    self.uses = uses
  }

  /// A split.
  ///
  /// - Parameters:
  ///   - classes: a class for every row, −1 where it has none; nil without classes.
  ///   - validation: the fraction of all rows, 0…1.
  ///   - test: the fraction of all rows, 0…1.
  public init(
    rowCount: Int, classes: [Int32]?, validation: Double, test: Double, random: RandomSource
  ) {
    var strata: [Int32: [Int]] = [:]
    for row in 0..<rowCount { strata[classes?[row] ?? 0, default: []].append(row) }
    let keys = strata.keys.sorted()
    let sizes = keys.map { strata[$0]?.count ?? 0 }
    let testCounts = Self.apportion(test, of: sizes)
    let validationCounts = Self.apportion(validation, of: sizes)
    var uses = Array(repeating: RowUse.train, count: rowCount)
    for (stratum, key) in keys.enumerated() {
      let rows = strata[key] ?? []
      var stream = random.stream("row split", index: stratum)
      let order = stream.permutation(count: rows.count)
      let testEnd = testCounts[stratum]
      let validationEnd = min(testEnd + validationCounts[stratum], rows.count)
      for position in 0..<testEnd { uses[rows[order[position]]] = .test }
      for position in testEnd..<validationEnd { uses[rows[order[position]]] = .validation }
    }
    self.uses = uses
  }

  /// The rows of one use, in order.
  public func rows(_ use: RowUse) -> [Int] { uses.indices.filter { uses[$0] == use } }

  /// Whole numbers near fraction · size whose sum is the rounded fraction of the whole: the strata with the
  /// largest remainders are rounded up (the first of equals).
  static func apportion(_ fraction: Double, of sizes: [Int]) -> [Int] {
    let exact = sizes.map { fraction * Double($0) }
    var counts = exact.map { Int($0.rounded(.down)) }
    let total = Int((fraction * Double(sizes.reduce(0, +))).rounded())
    let order = sizes.indices.sorted { a, b in
      let (left, right) = (exact[a] - Double(counts[a]), exact[b] - Double(counts[b]))
      return left == right ? a < b : left > right
    }
    for index in order.prefix(max(0, total - counts.reduce(0, +)))
    where counts[index] < sizes[index] {
      counts[index] += 1
    }
    return counts
  }
}
