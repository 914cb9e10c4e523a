public import Probability

/// What layers need to know of a minibatch that a network learns from, beyond its inputs.
///
/// Without one a network evaluates: batch normalisation by its running statistics, no dropout.
public struct TrainingPass: Sendable {
  /// Which rows of the minibatch belong to which lane.
  public var groups: LaneGroups
  /// The number of each row in the whole data: what dropout's masks are keyed by.
  public var rows: [Int]
  /// How many epochs have been done: a part of dropout's keys.
  public var epoch: Int
  /// The source of masks.
  public var random: RandomSource

  /// A minibatch.
  ///
  /// - Precondition: a number for every row.
  public init(groups: LaneGroups, rows: [Int], epoch: Int, random: RandomSource) {
    precondition(
      rows.count == groups.rowCount, "\(rows.count) numbers for \(groups.rowCount) rows")
    self.groups = groups
    self.rows = rows
    self.epoch = epoch
    self.random = random
  }
}
