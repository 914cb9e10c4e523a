/// What a communicator has sent: exact, the same for the same program and data, hence testable.
public struct Traffic: Sendable, Equatable {
  /// Calls and bytes of one verb.
  public struct Count: Sendable, Equatable {
    /// How many calls.
    public var calls: Int
    /// Payload of this rank in all of them: what it gave, or received in a broadcast.
    public var bytes: Int

    /// A count, e.g. what a test expects.
    public init(calls: Int = 0, bytes: Int = 0) {
      self.calls = calls
      self.bytes = bytes
    }

    mutating func count(bytes: Int) {
      calls += 1
      self.bytes += bytes
    }
  }

  /// `sum`: the traffic of the steps.
  public var sums = Count()
  /// Calls of `maximum`: agreed stops, largest values.
  public var maxima = Count()
  /// `broadcast`, of values; the counts sent ahead are not included.
  public var broadcasts = Count()
  /// `gather` and `allGather`.
  public var gathers = Count()
  /// Calls of `agree`, one message of 32 bytes each.
  public var agreements = Count()
  /// Calls of `barrierAsleep`, which carry no bytes.
  public var barriers = Count()

  /// Nothing sent yet.
  public init() {}

  /// All verbs together.
  public var total: Count {
    var total = Count()
    for count in [sums, maxima, broadcasts, gathers, agreements, barriers] {
      total.calls += count.calls
      total.bytes += count.bytes
    }
    return total
  }
}

/// The counts of one communicator, which is passed `borrowing` and so cannot hold them itself.
final class TrafficCounter {
  var traffic = Traffic()
}
