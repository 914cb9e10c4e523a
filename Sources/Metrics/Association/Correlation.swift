/// Pearson's correlation; NaN where one side is constant or there are fewer than two numbers.
public func pearsonCorrelation(_ x: [Double], _ y: [Double]) -> Double {
  precondition(x.count == y.count, "\(x.count) and \(y.count) numbers")
  let n = Double(x.count)
  let xMean = x.reduce(0, +) / n
  let yMean = y.reduce(0, +) / n
  var (xx, yy, xy) = (0.0, 0.0, 0.0)
  for (a, b) in zip(x, y) {
    xx += (a - xMean) * (a - xMean)
    yy += (b - yMean) * (b - yMean)
    xy += (a - xMean) * (b - yMean)
  }
  return min(max(xy / (xx * yy).squareRoot(), -1), 1)
}

/// Ranks from 1, equal numbers sharing their average rank.
///
/// - Precondition: no number is NaN.
public func averageRanks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start + 1
    while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
    for place in start..<end { ranks[order[place]] = 0.5 * Double(start + 1 + end) }
    start = end
  }
  return ranks
}
