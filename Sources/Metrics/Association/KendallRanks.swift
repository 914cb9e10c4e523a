/// A list prepared for Kendall's τ_b with many others: its order is found once.
///
///     τ_b = (concordant − discordant) / √((pairs − pairs tied in x) (pairs − pairs tied in y))
///
/// Discordant pairs are counted by merging the ranks of one list in the order of the other.
///
/// Source: W. R. Knight, A computer method for calculating Kendall's tau, JASA 61:436–439, 1966.
public struct KendallRanks: Sendable {
  /// Ranks from 0 on; equal numbers have equal ranks.
  private let ranks: [Int32]
  /// Places by rank.
  private let order: [Int32]
  /// Where runs of equal numbers begin and end in `order`, those of two and more.
  private let ties: [Range<Int>]
  /// Pairs of equal numbers.
  public let tiedPairs: Int

  /// Sorts a list.
  ///
  /// - Precondition: no NaN.
  public init(_ values: [Double]) {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = [Int32](repeating: 0, count: values.count)
    var ties: [Range<Int>] = []
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Int32(start) }
      if end - start > 1 { ties.append(start..<end) }
      start = end
    }
    self.ranks = ranks
    self.order = order.map { Int32($0) }
    self.ties = ties
    tiedPairs = ties.reduce(0) { $0 + $1.count * ($1.count - 1) / 2 }
  }

  /// n, the length of the list.
  public var count: Int { ranks.count }

  /// n (n − 1) / 2, the number of pairs of places.
  public var pairs: Int { ranks.count * (ranks.count - 1) / 2 }

  /// √(1 − tied pairs / pairs): what τ_b divides by for this list.
  public var scale: Double { (Double(pairs - tiedPairs) / Double(max(1, pairs))).squareRoot() }

  /// Whether the number at a place is larger than that at another, equal, or smaller: 1, 0, −1.
  public func comparison(_ place: Int, _ other: Int) -> Int {
    let (a, b) = (ranks[place], ranks[other])
    return a > b ? 1 : a < b ? -1 : 0
  }

  /// τ_b with another list; NaN where one of them is constant.
  ///
  /// - Precondition: equally long.
  /// - Complexity: O(n log n), without sorting.
  public func tau(_ other: KendallRanks) -> Double {
    precondition(ranks.count == other.ranks.count, "lists of different lengths")
    guard tiedPairs < pairs, other.tiedPairs < pairs else { return .nan }
    var sequence = order.map { other.ranks[Int($0)] }
    var tiedInBoth = 0
    for run in ties {
      sequence[run].sort()
      var start = run.lowerBound
      while start < run.upperBound {
        var end = start + 1
        while end < run.upperBound, sequence[end] == sequence[start] { end += 1 }
        tiedInBoth += (end - start) * (end - start - 1) / 2
        start = end
      }
    }
    let discordant = Self.exchanges(&sequence)
    let excess = pairs - tiedPairs - other.tiedPairs + tiedInBoth - 2 * discordant
    let scale =
      Double(pairs - tiedPairs).squareRoot() * Double(pairs - other.tiedPairs).squareRoot()
    return min(max(Double(excess) / scale, -1), 1)
  }

  /// Sorts by merging and counts the pairs that were in the wrong order.
  private static func exchanges(_ values: inout [Int32]) -> Int {
    var (count, width) = (0, 1)
    var merged = values
    while width < values.count {
      values.withUnsafeMutableBufferPointer { values in
        merged.withUnsafeMutableBufferPointer { merged in
          for start in stride(from: 0, to: values.count, by: 2 * width) {
            let middle = min(start + width, values.count)
            let end = min(start + 2 * width, values.count)
            var (left, right, place) = (start, middle, start)
            while left < middle, right < end {
              let isInOrder = values[left] <= values[right]
              merged[place] = isInOrder ? values[left] : values[right]
              count += isInOrder ? 0 : middle - left
              left += isInOrder ? 1 : 0
              right += isInOrder ? 0 : 1
              place += 1
            }
            while left < middle {
              merged[place] = values[left]
              (left, place) = (left + 1, place + 1)
            }
            while right < end {
              merged[place] = values[right]
              (right, place) = (right + 1, place + 1)
            }
          }
        }
      }
      swap(&values, &merged)
      width *= 2
    }
    return count
  }
}
