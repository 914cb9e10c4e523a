/// How rows are cut into lanes, and lanes dealt to ranks.
///
///     lane v holds rows  ⌊v N / V⌋ ..< ⌊(v+1) N / V⌋        rank r owns lanes  ⌊r V / R⌋ ..< ⌊(r+1) V / R⌋
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | N | rows | `rowCount` |
/// | V | lanes | `laneCount` |
/// | R | ranks | argument |
///
/// The cut depends on N and V only, so the arithmetic inside a lane is the same wherever it runs.
/// Edge cases: more lanes than rows leaves lanes empty; more ranks than lanes leaves ranks idle.
public struct LanePlan: Sendable, Equatable {
  /// Rows of the data.
  public let rowCount: Int
  /// Lanes they are cut into.
  public let laneCount: Int

  /// A cut.
  ///
  /// - Precondition: at least one lane, no negative count.
  public init(rowCount: Int, laneCount: Int) {
    precondition(rowCount >= 0 && laneCount >= 1)
    self.rowCount = rowCount
    self.laneCount = laneCount
  }

  /// The rows of a lane.
  public func rows(ofLane lane: Int) -> Range<Int> {
    share(lane, of: rowCount, among: laneCount)
  }

  /// The lanes of a rank: a contiguous run, possibly empty.
  public func lanes(ofRank rank: Int, of rankCount: Int) -> Range<Int> {
    share(rank, of: laneCount, among: rankCount)
  }

  /// The rows of all lanes of a rank.
  public func rows(ofRank rank: Int, of rankCount: Int) -> Range<Int> {
    let lanes = lanes(ofRank: rank, of: rankCount)
    return rows(ofLane: lanes.lowerBound)
      .lowerBound..<(lanes.isEmpty
      ? rows(ofLane: lanes.lowerBound).lowerBound
      : rows(ofLane: lanes.upperBound - 1).upperBound)
  }

  private func share(_ index: Int, of total: Int, among parts: Int) -> Range<Int> {
    index * total / parts..<(index + 1) * total / parts
  }
}
