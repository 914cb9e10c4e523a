import LinearAlgebra
import Modeling
import Sums

/// Which pieces of work that everyone needs one member does: those whose place among all pieces is the place of one
/// of the member's rows among all rows.
///
/// Each piece is computed whole by one member in a fixed order and handed to all others as its bits, so that results
/// do not depend on who did what.
struct WorkShare: Sendable {
  /// The member's rows; nil: it does every piece itself.
  private let rows: [Range<Int>]?
  private let rowCount: Int

  /// Everyone does everything.
  static let whole = WorkShare()

  /// The smallest order of a matrix for which sending its blocks takes less time than computing them.
  static let smallestOrder = 256

  private init() {
    rows = nil
    rowCount = 1
  }

  /// The share of the member with these lanes in work on matrices of this order.
  ///
  /// Collective where the matrices are large enough.
  static func of<Everyone: Team & ~Copyable>(
    _ lanes: [NetworkLane], rowCount: Int, order: Int, with everyone: borrowing Everyone
  ) -> WorkShare {
    guard order >= smallestOrder else { return .whole }
    return WorkShare(ofRows: lanes.map(\.rows), rowCount: rowCount, with: everyone)
  }

  /// The share of the member with these rows.
  ///
  /// Collective: one maximum. Where one member has all rows, others may have none, and everyone does everything.
  init<Everyone: Team & ~Copyable>(
    ofRows rows: [Range<Int>], rowCount: Int, with everyone: borrowing Everyone
  ) {
    let most = everyone.maximum(Double(rows.reduce(0) { $0 + $1.count }))
    self.rows = Int(most) < rowCount ? rows : nil
    self.rowCount = rowCount
  }

  /// Whether pieces are sent.
  var isDivided: Bool { rows != nil }

  /// Whether the member does the piece at this place, 0 ..< 1.
  func includes(_ place: Double) -> Bool {
    guard let rows else { return true }
    let row = min(Int(place * Double(rowCount)), rowCount - 1)
    return rows.contains { $0.contains(row) }
  }

  /// Everyone's numbers: in each place one member has a number and the others nothing, whose bits are zero.
  ///
  /// Collective, unless everyone does everything.
  func exchange<Everyone: Team & ~Copyable>(
    count: Int, with everyone: borrowing Everyone,
    fill: (UnsafeMutableBufferPointer<Int64>) -> Void,
    read: (UnsafeMutableBufferPointer<Int64>) -> Void
  ) {
    var message = [Int64](repeating: 0, count: count)
    message.withUnsafeMutableBufferPointer { message in
      fill(message)
      everyone.addUp(message)
      read(message)
    }
  }
}
