/// Everyone who fits this model, seen from inside: it can be summed over, not inspected.
///
/// A model never learns how many ranks there are or which one it runs on; asking does not compile.
/// Three kinds of team exist: `Alone` (one process), the simulated team of the tests (any split of the
/// lanes, in one process), and `Communicator` (MPI).
public protocol Team: ~Copyable {
  /// Replaces partial sums by the sums over all lanes of everyone: the same bits however the lanes are
  /// spread.
  ///
  /// Collective; blocks of the same names and sizes on every rank.
  borrowing func sum(_ partials: inout PartialSums)

  /// Replaces each value by its maximum over everyone; NaN wins over every number.
  ///
  /// Collective; as many values on every rank.
  borrowing func maximum(_ values: inout [Double])
}

extension Team where Self: ~Copyable {
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

  /// Leaves the sums as they are.
  ///
  /// Local.
  public func sum(_ partials: inout PartialSums) {}

  /// Leaves the values as they are.
  ///
  /// Local.
  public func maximum(_ values: inout [Double]) {}
}
