import LinearAlgebra
import Modeling

/// The values of some rows as a spectral start sees them: the columns of all kinds of data side by side, each kind a block
/// of which rows may have nothing.
struct StartValues: Sendable {
  /// One kind of data.
  struct Block: Sendable {
    /// The values of the rows that have it.
    let matrix: RowMatrix
    /// The row of the matrix of each row, −1 where it has none; empty: row for row.
    let places: [Int32]

    /// The row of the matrix of a row; nil where it has none.
    func place(of position: Int) -> Int? {
      guard !places.isEmpty else { return position }
      return places[position] < 0 ? nil : Int(places[position])
    }

    /// How many columns it has.
    var columnCount: Int {
      switch matrix {
      case .counts(let counts): counts.columnCount
      case .reals(let matrix): matrix.columnCount
      }
    }
  }

  /// The kinds of data, in the order of the columns.
  let blocks: [Block]

  /// Calls for each block that a row has: its number, its matrix, the row's place there, its first column.
  func forEachBlock(
    of position: Int,
    _ body: (_ index: Int, _ matrix: RowMatrix, _ place: Int, _ first: Int) -> Void
  ) {
    var first = 0
    for (index, block) in blocks.enumerated() {
      if let place = block.place(of: position) { body(index, block.matrix, place, first) }
      first += block.columnCount
    }
  }
}
