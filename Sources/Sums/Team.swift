/// Everyone who fits this model, seen from inside: it can be summed over, not inspected.
///
/// A model never learns how many ranks there are or which one it runs on; asking does not compile.
/// Three kinds of team exist: `Alone` (one process), the simulated team of the tests (any split of the
/// lanes, in one process), and `Communicator` (MPI).
public protocol Team: ~Copyable {
  /// Replaces integers by their sums over everyone, place by place: the same bits in whatever order they are added.
  ///
  /// Collective; as many integers on every rank. What a kind of team has to provide; models sum numbers, by
  /// `sum(_:)`.
  borrowing func addUp(_ integers: UnsafeMutableBufferPointer<Int64>)

  /// Replaces each value by its maximum over everyone; NaN wins over every number.
  ///
  /// Collective; as many values on every rank.
  borrowing func maximum(_ values: inout [Double])
}

extension Team where Self: ~Copyable {
  /// The sums over all lanes of everyone: the same bits however the lanes are spread.
  ///
  /// Collective; blocks of the same names and sizes on every rank. Without a copy where the partial sums are
  /// given away: `everyone.sum(consume partials)`.
  /// - Throws: `SumFault`, the same one on every rank, where anyone had a number that could not be summed.
  public borrowing func sum(_ partials: consuming PartialSums) throws(SumFault) -> Sums {
    var partials = partials
    partials.withMessage { addUp($0) }
    return try Sums(complete: partials)
  }

  /// The sums over everyone of whole numbers, such as counts of rows.
  ///
  /// Collective; as many numbers on every rank. Whole numbers below 2⁶³ in all: no fault is possible.
  public borrowing func sum(_ numbers: consuming [Int64]) -> [Int64] {
    var sums = numbers
    sums.withUnsafeMutableBufferPointer { addUp($0) }
    return sums
  }

  /// The largest of everyone's values.
  ///
  /// Collective.
  public borrowing func maximum(_ value: Double) -> Double {
    var values = [value]
    maximum(&values)
    return values[0]
  }
}

/// A team of one: its partial sums are the sums.
public struct Alone: Team, Sendable {
  /// A team of one.
  public init() {}

  /// Leaves the integers as they are.
  ///
  /// Local.
  public func addUp(_ integers: UnsafeMutableBufferPointer<Int64>) {}

  /// Leaves the values as they are.
  ///
  /// Local.
  public func maximum(_ values: inout [Double]) {}
}
