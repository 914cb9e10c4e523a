/// What writing together needs of a communicator: rank 0 writes, the others hand over what they compressed.
///
/// `Communicator` has these verbs as they are; one process is `SingleRank`.
public protocol RankGathering: ~Copyable {
  /// The number of this rank, from 0.
  var rank: Int { get }
  /// How many ranks.
  var size: Int { get }
  /// Everyone's values at `root`, in the order of the ranks; nil elsewhere.
  ///
  /// Collective.
  borrowing func gather<Value: BitwiseCopyable>(_ values: [Value], at root: Int) -> [[Value]]?
  /// Everyone's values on every rank, in the order of the ranks.
  ///
  /// Collective.
  borrowing func allGather<Value: BitwiseCopyable>(_ values: [Value]) -> [[Value]]
}

/// One process, all rows.
public struct SingleRank: RankGathering, Sendable {
  /// A team of one process, for programs without MPI.
  public init() {}
  /// The only rank is 0.
  public var rank: Int { 0 }
  /// There is one rank.
  public var size: Int { 1 }

  /// The values.
  ///
  /// Local.
  public func gather<Value: BitwiseCopyable>(_ values: [Value], at root: Int) -> [[Value]]? {
    [values]
  }

  /// The values.
  ///
  /// Local.
  public func allGather<Value: BitwiseCopyable>(_ values: [Value]) -> [[Value]] { [values] }
}
