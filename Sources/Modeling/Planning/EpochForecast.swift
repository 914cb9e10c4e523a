public import Concurrency

/// A model whose epochs can be timed before there are data.
public protocol TimedModel: PlannableModel {
  /// Seconds that the rank with most lanes computes in an epoch, for each of these numbers of ranks.
  ///
  /// Measured here and now, by steps on stand-in rows of this shape: takes seconds, and this machine must be
  /// like the one that will do the work.
  ///
  /// Local.
  /// - Throws: `ModelError` where settings and shape do not go together.
  static func measuredEpochs(
    _ configuration: Configuration, _ shape: DataShape, ranks: [Int], on workers: Workers
  ) throws(ModelError) -> [Double]
}

/// What an epoch is expected to take on a number of ranks.
public struct EpochForecast: Sendable {
  /// How many ranks the epoch runs on.
  public let ranks: Int
  /// Seconds of computing of the rank with most lanes.
  public let computing: Double
  /// Seconds of messages.
  public let messages: Double

  /// A forecast from measured computing and a network.
  ///
  /// - Parameter addition: see `Network`.
  public init(
    _ plan: FitPlan, ranks: Int, computing: Double, over network: Network, addition: Double
  ) {
    self.ranks = ranks
    self.computing = computing
    messages = network.seconds(
      messages: plan.messagesPerEpoch, bytes: plan.bytesPerEpoch, ranks: ranks, addition: addition)
  }

  /// Seconds of an epoch: nothing overlaps.
  public var seconds: Double { computing + messages }

  /// Parallel efficiency T₁ / (P T_P).
  ///
  /// - Parameter alone: seconds of an epoch on one rank.
  public func efficiency(alone: Double) -> Double { alone / (Double(ranks) * seconds) }
}
