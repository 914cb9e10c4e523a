/// Rows of counts in memory, or outside of it.
public enum RowCounts: Sendable {
  /// Rows that lie in memory.
  case resident(CompressedCounts)
  /// Rows outside of memory, which are read when they are wanted.
  case stored(StoredCounts)

  /// Some rows: counts, and which of their rows they are.
  ///
  /// - Parameter rows: ascending.
  public func loaded(_ rows: [Int]) -> (counts: CompressedCounts, rows: [Int]) {
    switch self {
    case .resident(let counts): (counts, rows)
    case .stored(let counts): (counts.rows(rows), Array(rows.indices))
    }
  }
}
