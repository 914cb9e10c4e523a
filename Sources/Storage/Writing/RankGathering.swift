/// What writing together needs of a communicator: rank 0 writes, the others hand over what they compressed.
///
/// `Communicator` has these verbs as they are; one process is `SingleRank`.
public protocol RankGathering: ~Copyable {
  /// This rank.
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
  /// One process.
  public init() {}
  /// 0.
  public var rank: Int { 0 }
  /// 1.
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
