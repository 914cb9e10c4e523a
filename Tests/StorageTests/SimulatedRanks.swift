import Foundation
import Storage

/// Ranks as threads of this process that meet at every collective call.
final class SimulatedRanks: @unchecked Sendable {
  private let size: Int
  private let condition = NSCondition()
  private var deposits: [Int: [UInt8]] = [:]
  private var collected: [[UInt8]] = []
  private var leaving = 0

  private init(_ size: Int) { self.size = size }

  /// Runs `body` once for every rank, at the same time.
  static func run(_ size: Int, _ body: @escaping @Sendable (borrowing Member) -> Void) {
    let everyone = SimulatedRanks(size)
    let group = DispatchGroup()
    for rank in 0..<size {
      group.enter()
      let thread = Thread {
        body(Member(rank: rank, size: size, everyone: everyone))
        group.leave()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    group.wait()
  }

  struct Member: RankGathering, ~Copyable {
    let rank: Int
    let size: Int
    fileprivate let everyone: SimulatedRanks

    borrowing func gather<Value: BitwiseCopyable>(_ values: [Value], at root: Int) -> [[Value]]? {
      let all = allGather(values)
      return rank == root ? all : nil
    }

    borrowing func allGather<Value: BitwiseCopyable>(_ values: [Value]) -> [[Value]] {
      everyone.exchange(values.withUnsafeBytes { Array($0) }, from: rank).map { bytes in
        let count = bytes.count / MemoryLayout<Value>.stride
        return [Value](unsafeUninitializedCapacity: count) { out, initialized in
          UnsafeMutableRawBufferPointer(out).copyBytes(from: bytes)
          initialized = count
        }
      }
    }
  }

  private func exchange(_ bytes: [UInt8], from rank: Int) -> [[UInt8]] {
    condition.lock()
    defer { condition.unlock() }
    while leaving > 0 { condition.wait() }
    deposits[rank] = bytes
    if deposits.count == size {
      collected = (0..<size).map { deposits[$0] ?? [] }
      deposits = [:]
      leaving = size
      condition.broadcast()
    } else {
      while leaving == 0 { condition.wait() }
    }
    let result = collected
    leaving -= 1
    if leaving == 0 { condition.broadcast() }
    return result
  }
}

/// A folder of its own for a test, deleted afterwards.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("distfit-storage-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}
