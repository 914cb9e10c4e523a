import Kernels

/// How the rows of a batch lie in the kernels' memory: whole lanes side by side in groups of about 128 rows,
/// each group filled up to blocks of sixteen.
struct RowLayout {
  /// Lanes that are worked on together.
  struct Group {
    /// Rows of the batch.
    let rows: Range<Int>
    /// First block of the group.
    let firstBlock: Int
    /// Blocks of sixteen rows.
    let blockCount: Int
    /// Bounds of the lanes with rows, counted from the group's first row.
    let bounds: [Int]

    /// Lanes that have rows.
    var laneCount: Int { bounds.count - 1 }
  }

  /// The groups that have rows.
  private(set) var groups: [Group] = []
  /// Blocks in all.
  private(set) var blockCount = 0
  /// The largest group's blocks.
  private(set) var largestBlockCount = 0

  /// Rows at which a group is full.
  private static let fullGroup = 128

  init(_ lanes: LaneGroups) {
    var bounds = [0]
    var first = 0
    for lane in 0..<lanes.count {
      let count = lanes[lane].count
      guard count > 0 else { continue }
      if bounds.count > 1, bounds[bounds.count - 1] + count > Self.fullGroup {
        close(first: first, &bounds)
        first = lanes[lane].lowerBound
      }
      bounds.append(bounds[bounds.count - 1] + count)
    }
    close(first: first, &bounds)
  }

  private mutating func close(first: Int, _ bounds: inout [Int]) {
    let rowCount = bounds[bounds.count - 1]
    guard rowCount > 0 else { return }
    let blocks = (rowCount + blockRows - 1) / blockRows
    groups.append(
      Group(
        rows: first..<first + rowCount, firstBlock: blockCount, blockCount: blocks, bounds: bounds))
    blockCount += blocks
    largestBlockCount = max(largestBlockCount, blocks)
    bounds = [0]
  }
}
