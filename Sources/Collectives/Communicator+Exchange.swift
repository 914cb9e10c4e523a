import CDistfitMPI
public import Foundation

// MARK: - Broadcast

extension Communicator {
  /// Replaces the values by those of `root`; their number may differ before.
  ///
  /// Collective.
  ///
  /// - Precondition: `root` is a rank.
  public borrowing func broadcast<Value: BitwiseCopyable>(
    _ values: inout [Value], from root: Int = 0
  ) {
    begin("broadcast")
    precondition((0..<size).contains(root), "no rank \(root) among \(size)")
    let width = MemoryLayout<Value>.stride
    if size > 1 {
      let count = broadcastCount(values.count, from: root)
      if rank != root { values = uninitialized(count: count) }
      values.withUnsafeMutableBytes { bytes in
        distfit_mpi_broadcast(
          fortranHandle, bytes.baseAddress, Int64(bytes.count), Int32(root), largestMessage)
      }
    }
    counter.traffic.broadcasts.count(bytes: values.count * width)
  }

  /// Replaces the text by that of `root`.
  ///
  /// Collective.
  public borrowing func broadcast(_ text: inout String, from root: Int = 0) {
    var bytes = Array(text.utf8)
    broadcast(&bytes, from: root)
    if rank != root { text = String(decoding: bytes, as: UTF8.self) }
  }

  /// Replaces the data by that of `root`.
  ///
  /// Collective.
  public borrowing func broadcast(_ data: inout Data, from root: Int = 0) {
    var bytes = Array(data)
    broadcast(&bytes, from: root)
    if rank != root { data = Data(bytes) }
  }

  private borrowing func broadcastCount(_ count: Int, from root: Int) -> Int {
    var count = Int64(count)
    distfit_mpi_broadcast(
      fortranHandle, &count, Int64(MemoryLayout<Int64>.size), Int32(root), largestMessage)
    return Int(count)
  }
}

// MARK: - Gathering

extension Communicator {
  /// The values of every rank, in the order of the ranks, at `root`; nil elsewhere.
  ///
  /// Collective. Ranks may give different numbers of values, or none.
  ///
  /// - Precondition: `root` is a rank.
  public borrowing func gather<Value: BitwiseCopyable>(
    _ values: [Value], at root: Int = 0
  ) -> [[Value]]? {
    precondition((0..<size).contains(root), "no rank \(root) among \(size)")
    let parts = collect(values, at: root)
    return rank == root ? parts : nil
  }

  /// The values of every rank, in the order of the ranks, on every rank.
  ///
  /// Collective. Ranks may give different numbers of values, or none.
  public borrowing func allGather<Value: BitwiseCopyable>(_ values: [Value]) -> [[Value]] {
    collect(values, at: nil)
  }

  /// The text of every rank, in the order of the ranks, at `root`; nil elsewhere.
  ///
  /// Collective.
  public borrowing func gather(_ text: String, at root: Int = 0) -> [String]? {
    gather(Array(text.utf8), at: root)?.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The text of every rank, in the order of the ranks, on every rank.
  ///
  /// Collective.
  public borrowing func allGather(_ text: String) -> [String] {
    allGather(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The parts of all ranks where they are wanted, empty elsewhere; everywhere without a root.
  private borrowing func collect<Value: BitwiseCopyable>(
    _ values: [Value], at root: Int?
  ) -> [[Value]] {
    begin("gather")
    let width = MemoryLayout<Value>.stride
    counter.traffic.gathers.count(bytes: values.count * width)
    guard size > 1 else { return [values] }
    let byteCounts = allGatherIntegers(Int64(values.count * width))
    let counts = byteCounts.map { Int($0) / width }
    let isWanted = root == nil || rank == root
    var all: [Value] = isWanted ? uninitialized(count: counts.reduce(0, +)) : []
    values.withUnsafeBytes { mine in
      all.withUnsafeMutableBytes { everyone in
        distfit_mpi_gather(
          fortranHandle, mine.baseAddress, byteCounts, everyone.baseAddress, Int32(root ?? -1),
          largestMessage)
      }
    }
    guard isWanted else { return [] }
    var start = 0
    return counts.map { count in
      defer { start += count }
      return Array(all[start..<start + count])
    }
  }

  /// One integer of every rank, neither checked nor counted.
  borrowing func allGatherIntegers(_ value: Int64) -> [Int64] {
    guard size > 1 else { return [value] }
    var all = [Int64](repeating: 0, count: size)
    distfit_mpi_all_gather_int64(fortranHandle, value, &all)
    return all
  }
}

/// Room for values that MPI will write.
private func uninitialized<Value: BitwiseCopyable>(count: Int) -> [Value] {
  Array(unsafeUninitializedCapacity: count) { _, initializedCount in initializedCount = count }
}
