import Concurrency

/// How fast messages travel between ranks.
///
/// An all-reduce of n bytes over P ranks, by halving and doubling (Rabenseifner 2004), takes
///
///     T = 2 ⌈log₂ P⌉ α  +  (P − 1)/P · n (2 β + γ)
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | α | time of an empty message | `latency` |
/// | β | time of a byte on the wire | 1 / `bytesPerSecond` |
/// | γ | time to add a byte of one message to another | `addition` |
///
/// Every rank is taken to have a network port of its own: ranks that share one, or talk through memory, are
/// slower or faster than this.
public struct Network: Sendable {
  /// What people call it.
  public let name: String
  /// α in seconds.
  public let latency: Double
  /// Bytes a second.
  public let bytesPerSecond: Double

  /// A network with these figures, latency in seconds.
  public init(_ name: String, latency: Double, bytesPerSecond: Double) {
    self.name = name
    self.latency = latency
    self.bytesPerSecond = bytesPerSecond
  }

  /// Ten-gigabit Ethernet: 30 µs, 1.25 GB/s.
  public static let ethernet = Network("10 GbE", latency: 30e-6, bytesPerSecond: 1.25e9)
  /// InfiniBand EDR: 1.5 µs, 12.5 GB/s.
  public static let infiniBand = Network(
    "100 Gb/s InfiniBand", latency: 1.5e-6, bytesPerSecond: 12.5e9)

  /// Seconds that all-reduces take: so many messages with so many bytes in all.
  ///
  /// - Parameter addition: γ, seconds a byte.
  public func seconds(messages: Int, bytes: Int, ranks: Int, addition: Double) -> Double {
    guard ranks > 1 else { return 0 }
    let rounds = Int.bitWidth - (ranks - 1).leadingZeroBitCount
    let share = Double(ranks - 1) / Double(ranks)
    return 2 * Double(rounds * messages) * latency
      + share * Double(bytes) * (2 / bytesPerSecond + addition)
  }

  /// γ of this machine: the median of a few additions of messages of this size.
  public static func measuredAddition(bytes: Int) throws(ModelError) -> Double {
    let count = max(1024, bytes / MemoryLayout<Int64>.stride)
    var sum = [Int64](repeating: 1, count: count)
    let other = [Int64](repeating: 2, count: count)
    let seconds = try Stopwatch.medianSeconds(on: Workers(threadCount: 1)) {
      sum.withUnsafeMutableBufferPointer { sum in
        other.withUnsafeBufferPointer { other in
          for index in sum.indices { sum[index] &+= other[index] }
        }
      }
    }
    return seconds / Double(count * MemoryLayout<Int64>.stride)
  }
}
