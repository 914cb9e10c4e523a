extension RandomStream {
  /// Puts the elements into a random order, every order equally likely (Fisher–Yates).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, integer(below: last + 1))
    }
  }

  /// The integers 0..<count in a random order.
  public mutating func permutation(count: Int) -> [Int] {
    var order = Array(0..<count)
    shuffle(&order)
    return order
  }

  /// An index drawn with probability proportional to its weight.
  ///
  /// - Precondition: weights are finite, none is negative, their sum is positive.
  public mutating func index(weights: [Double]) -> Int {
    let total = weights.reduce(0, +)
    precondition(total > 0 && total.isFinite, "the weights' sum is \(total), expected positive")
    let target = uniform() * total
    var sum = 0.0
    var last = 0
    for (index, weight) in weights.enumerated() where weight > 0 {
      sum += weight
      last = index
      if target < sum { return index }
    }
    return last  // rounding: target reached the total
  }
}
