/// Rows of counts in memory, or outside of it.
public enum RowCounts: Sendable {
  /// In memory.
  case resident(CompressedCounts)
  /// Outside, to be read when they are wanted.
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
