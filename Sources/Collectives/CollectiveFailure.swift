/// A failure that all ranks have agreed upon: the same on each of them.
public struct CollectiveFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was being done.
  public let task: String
  /// The lowest rank that failed.
  public let rank: Int
  /// Whether all ranks failed, as they do when a file is missing.
  public let isOnEveryRank: Bool
  /// What that rank had to say.
  public let message: String
  /// Whether its machine was at fault, such as by a full disk: another attempt may succeed.
  public let isPassing: Bool

  /// A failure of one rank or of all.
  public init(
    task: String, rank: Int, isOnEveryRank: Bool, message: String, isPassing: Bool = false
  ) {
    self.isPassing = isPassing
    self.task = task
    self.rank = rank
    self.isOnEveryRank = isOnEveryRank
    self.message = message
  }

  /// The message; with the rank where only some failed.
  public var description: String { isOnEveryRank ? message : "\(message) (rank \(rank))" }
}
