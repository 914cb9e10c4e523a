public import Modeling
import Synchronization

/// Bytes that a test keeps in memory as if they were elsewhere; from some reading on they are lost.
public final class MemoryStore: ByteStore {
  private let state = Mutex<(bytes: [UInt8], readings: Int)>(([], 0))
  private let goodReadings: Int

  /// Nothing yet.
  ///
  /// - Parameter goodReadings: after so many nothing can be read.
  public init(goodReadings: Int = .max) { self.goodReadings = goodReadings }

  /// Readings so far.
  public var readings: Int { state.withLock(\.readings) }

  /// Adds bytes at the end.
  public func append(_ bytes: [UInt8]) -> Int {
    state.withLock { state in
      defer { state.bytes += bytes }
      return state.bytes.count
    }
  }

  /// Bytes that were added; zeros where they are lost.
  public func read(_ range: Range<Int>) -> [UInt8] {
    state.withLock { state in
      state.readings += 1
      guard state.readings <= goodReadings else { return Array(repeating: 0, count: range.count) }
      return Array(state.bytes[range])
    }
  }

  /// Set when something was lost.
  public var failure: ModelError? {
    readings > goodReadings ? ModelError("lost after \(goodReadings) readings") : nil
  }
}
