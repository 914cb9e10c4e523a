import Probability

/// Kendall's rank correlation τ_b and its two-sided p value.
///
///     τ_b = (concordant − discordant) / √((n₀ − n₁)(n₀ − n₂)),  n₀ = n(n−1)/2, n₁ and n₂ pairs tied in x, y
///
/// The p value is exact where there are no ties and n ≤ 33 or only a few pairs disagree, otherwise from the
/// normal approximation with the variance for ties (scipy's rule).
/// Source: W. R. Knight, A computer method for calculating Kendall's tau, JASA 61:436–439, 1966; M. G.
/// Kendall, Rank correlation methods, 1970.
public struct KendallTau: Sendable {
  /// τ_b; NaN where one side is constant.
  public let tau: Double
  /// The chance of a |τ_b| as large if x and y were independent.
  public let pValue: Double

  /// Compares two lists.
  ///
  /// - Precondition: equally long; no NaN.
  /// - Complexity: O(n log n), and O(n · discordant) for the exact p value.
  public init(_ x: [Double], _ y: [Double]) {
    precondition(x.count == y.count, "\(x.count) and \(y.count) numbers")
    let n = x.count
    let order = x.indices.sorted { (x[$0], y[$0]) < (x[$1], y[$1]) }
    var sorted = order.map { y[$0] }
    let both = tiePairs(order.map { x[$0] }, sorted)
    let xTies = TieSums(order.map { x[$0] })
    let discordant = exchanges(&sorted)  // sorts y
    let yTies = TieSums(sorted)
    let pairs = n * (n - 1) / 2
    guard xTies.pairs < pairs, yTies.pairs < pairs else {
      (tau, pValue) = (.nan, .nan)
      return
    }
    let excess = pairs - xTies.pairs - yTies.pairs + both - 2 * discordant
    let scale =
      Double(pairs - xTies.pairs).squareRoot() * Double(pairs - yTies.pairs).squareRoot()
    tau = min(max(Double(excess) / scale, -1), 1)
    let fewer = min(discordant, pairs - discordant)
    if xTies.pairs == 0, yTies.pairs == 0, n <= 33 || fewer <= 1 {
      pValue = exactKendallPValue(n, fewer)
    } else {
      let m = Double(n) * Double(n - 1)
      var variance = (m * Double(2 * n + 5) - xTies.second - yTies.second) / 18
      variance += 2 * Double(xTies.pairs) * Double(yTies.pairs) / m
      if n > 2 { variance += xTies.first * yTies.first / (9 * m * Double(n - 2)) }
      pValue = 2 * normalCDF(-abs(Double(excess)) / variance.squareRoot())
    }
  }
}

/// Sums over groups of t equal numbers.
private struct TieSums {
  var pairs = 0  // t (t − 1) / 2
  var first = 0.0  // t (t − 1)(t − 2)
  var second = 0.0  // t (t − 1)(2t + 5)

  init(_ sorted: [Double]) {
    var start = 0
    while start < sorted.count {
      var end = start + 1
      while end < sorted.count, sorted[end] == sorted[start] { end += 1 }
      let t = end - start
      pairs += t * (t - 1) / 2
      first += Double(t) * Double(t - 1) * Double(t - 2)
      second += Double(t) * Double(t - 1) * Double(2 * t + 5)
      start = end
    }
  }
}

/// Pairs tied in both lists, which are sorted by both.
private func tiePairs(_ x: [Double], _ y: [Double]) -> Int {
  var (pairs, run) = (0, 0)
  for index in x.indices.dropFirst() {
    run = x[index] == x[index - 1] && y[index] == y[index - 1] ? run + 1 : 0
    pairs += run
  }
  return pairs
}

/// Sorts by merging and counts the pairs that were in the wrong order.
private func exchanges(_ values: inout [Double]) -> Int {
  var count = 0
  var width = 1
  var merged = values
  while width < values.count {
    for start in stride(from: 0, to: values.count, by: 2 * width) {
      let middle = min(start + width, values.count)
      let end = min(start + 2 * width, values.count)
      var (left, right) = (start, middle)
      for place in start..<end {
        if left < middle, right >= end || values[left] <= values[right] {
          merged[place] = values[left]
          left += 1
        } else {
          merged[place] = values[right]
          right += 1
          count += middle - left
        }
      }
    }
    swap(&values, &merged)
    width *= 2
  }
  return count
}

/// Twice the share of the permutations of n with at most c inversions.
private func exactKendallPValue(_ n: Int, _ c: Int) -> Double {
  if 4 * c >= n * (n - 1) { return 1 }
  // shares[i]: share of permutations of j elements with i inversions; j + 1 elements: a running mean
  var shares = [Double](repeating: 0, count: c + 1)
  shares[0] = 1
  for j in 2..<max(n + 1, 2) {
    var sums = shares
    for i in 1..<max(c + 1, 1) { sums[i] += sums[i - 1] }
    for i in 0...c { shares[i] = (sums[i] - (i >= j ? sums[i - j] : 0)) / Double(j) }
  }
  return min(2 * shares.reduce(0, +), 1)
}
