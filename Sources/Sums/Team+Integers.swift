extension Team where Self: ~Copyable {
  /// The sums over all ranks of whole numbers, such as counts of rows.
  ///
  /// Collective.
  public borrowing func sum(_ numbers: [Int64], _ name: String) -> [Int64] {
    // Whole numbers are limbs of an exact sum.
    var sums = PartialSums([.scaled(name, count: numbers.count)])
    sums.withLimbs(of: 0) { limbs in
      for index in numbers.indices { limbs[index] = numbers[index] }
    }
    sum(&sums)
    var result = numbers
    sums.withLimbs(of: 0) { limbs in
      for index in result.indices { result[index] = limbs[index] }
    }
    return result
  }
}
