import Synchronization

/// Keeps the partial sums of one step for the next, so that the system need not find and clear new pages for
/// millions of numbers each time.
public final class SumsPool: Sendable {
  private let kept = Mutex<PartialSums?>(nil)

  /// An empty pool.
  public init() {}

  /// Sums of these blocks: wide ones are zero, and nothing is counted as a fault; scaled ones hold anything,
  /// because the kernels that write them write every number.
  public func take(_ blocks: [SumBlock]) -> PartialSums {
    let found: PartialSums? = kept.withLock { kept in
      defer { kept = nil }
      return kept
    }
    guard var sums = found, sums.blocks == blocks else { return PartialSums(blocks) }
    sums.resetWideBlocks()
    return sums
  }

  /// Keeps sums whose values are no longer needed.
  public func giveBack(_ sums: consuming Sums) {
    let partials = sums.partials
    kept.withLock { $0 = partials }
  }
}
