/// What writing together needs of a communicator: rank 0 writes, the others hand over what they compressed.
///
/// `Communicator` has these verbs as they are.
public protocol RankGathering: ~Copyable {
  /// The number of this rank, from 0.
  var rank: Int { get }
  /// Everyone's values at `root`, in the order of the ranks; nil elsewhere.
  ///
  /// Collective.
  borrowing func gather<Value: BitwiseCopyable>(_ values: [Value], at root: Int) -> [[Value]]?
  /// Everyone's values on every rank, in the order of the ranks.
  ///
  /// Collective.
  borrowing func allGather<Value: BitwiseCopyable>(_ values: [Value]) -> [[Value]]
}
