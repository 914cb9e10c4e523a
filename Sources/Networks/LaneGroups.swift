/// Which rows of a batch belong to which lane: group k holds rows bounds[k] ..< bounds[k+1].
///
/// A weight gradient is summed in floating point over the rows of one group, in order, and over groups as
/// integers: so the bits do not depend on which groups share a process.
public struct LaneGroups: Sendable, Equatable {
  /// First row of each group, then the row count.
  public private(set) var bounds: [Int]

  /// Groups of these sizes, which may be zero.
  public init(sizes: some Sequence<Int>) {
    bounds = [0]
    for size in sizes { bounds.append(bounds[bounds.count - 1] + size) }
  }

  /// Rows in all.
  public var rowCount: Int { bounds[bounds.count - 1] }
  /// How many lanes have rows in the batch.
  public var count: Int { bounds.count - 1 }

  /// The rows of a group.
  public subscript(group: Int) -> Range<Int> { bounds[group]..<bounds[group + 1] }
}
