/// What all communicators of one process share.
final class Session {
  /// This process among all of the job.
  let worldRank: Int
  /// The task of the `agree` whose body is running.
  var agreeing: String?
  /// How many times this process has agreed.
  var agreementCount = 0
  /// Which agreement shall fail here.
  let failurePlan: FailurePlan?

  init(worldRank: Int, failurePlan: FailurePlan?) {
    self.worldRank = worldRank
    self.failurePlan = failurePlan
  }
}

/// A failure made on purpose: one rank fails at its n-th `agree`, although the body succeeded.
///
/// With it a test walks through every agreement of a program and sees that all ranks end with one
/// message: no rank hangs, nothing is left half done.
public struct FailurePlan: Sendable {
  /// The rank, among all of the job, that shall fail.
  public let rank: Int
  /// The agreement it shall fail at, counted from 1.
  public let agreement: Int

  /// A failure of `rank` at its agreement number `agreement`.
  public init(rank: Int, agreement: Int) {
    self.rank = rank
    self.agreement = agreement
  }
}
