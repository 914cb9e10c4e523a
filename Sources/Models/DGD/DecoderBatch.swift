import Concurrency
import LinearAlgebra
import Modeling
import Networks

/// Rows of several lanes side by side, as a decoder takes them.
struct DecoderBatch<Scalar: NetworkScalar> {
  /// Representations, all latent spaces side by side: rows × ΣL.
  var inputs: [Scalar]
  /// Which rows belong to which lane.
  let groups: LaneGroups
  /// The rows' values, for every head.
  var heads: [HeadBatch<Scalar>]
}

/// One kind of data of a batch's rows.
struct HeadBatch<Scalar: NetworkScalar> {
  /// Rows of a lane's matrix that go into the batch.
  struct Piece {
    /// The lane's values of this kind.
    let matrix: RowMatrix
    /// s of each row of the matrix.
    let scales: [Scalar]
    /// For the piece's rows of the batch, their rows in the matrix; −1 where this kind of data is missing.
    let places: [Int]
  }

  /// Which rows belong to which lane, of those that have this kind of data.
  let groups: LaneGroups
  /// The batch's rows that have it; nil: all.
  private let rows: [Int]?
  private let scales: [Scalar]
  private let columnCount: Int
  /// Rows of counts, gathered when the batch is taken.
  private var countRows: [(counts: CompressedCounts, row: Int)] = []
  /// The values of rows of real numbers; empty for counts.
  private var reals: SparseBatch<Scalar>

  init(_ pieces: [Piece], columnCount: Int) {
    self.columnCount = columnCount
    reals = SparseBatch(columnCount: columnCount)
    groups = LaneGroups(sizes: pieces.map { piece in piece.places.count { $0 >= 0 } })
    var scales: [Scalar] = []
    var rows: [Int] = []
    var first = 0
    for piece in pieces {
      for (offset, place) in piece.places.enumerated() where place >= 0 {
        scales.append(piece.scales[place])
        rows.append(first + offset)
        switch piece.matrix {
        case .counts(let matrix): countRows.append((matrix, place))
        case .reals(let matrix): reals.append(row: place, of: matrix)
        }
      }
      first += piece.places.count
    }
    self.scales = scales
    self.rows = rows.count == first ? nil : rows
  }

  /// The batch with these inputs of the output layer; the values move into it.
  mutating func takeBatch(_ hidden: [Scalar], on workers: Workers) -> OutputBatch<Scalar> {
    var values = reals
    if reals.rowCount == 0 {
      let gathered = CompressedCounts.gather(countRows, on: workers)
      values = SparseBatch(
        columnCount: columnCount, ends: gathered.ends, columns: gathered.columns,
        values: converted(gathered.values))
    }
    countRows = []
    reals = SparseBatch(columnCount: columnCount)
    return OutputBatch(hidden: hidden, scales: scales, values: values, groups: groups)
  }

  private func converted(_ counts: [Float]) -> [Scalar] {
    // The same array, if that is what it holds already.
    (counts as Any) as? [Scalar] ?? counts.map { Scalar($0) }
  }

  /// The rows that have this kind of data, of values for all rows of the batch.
  func present(in values: [Scalar], width: Int) -> [Scalar] {
    guard let rows else { return values }
    return rows.flatMap { values[$0 * width..<($0 + 1) * width] }
  }

  /// Adds a gradient of the rows that have this kind of data to that of all rows of the batch.
  ///
  /// - Parameter sum: empty before the first head.
  func add(_ gradient: [Scalar], to sum: inout [Scalar], rowCount: Int, width: Int) {
    guard let rows else {
      if sum.isEmpty { sum = gradient } else { for i in sum.indices { sum[i] += gradient[i] } }
      return
    }
    if sum.isEmpty { sum = Array(repeating: 0, count: rowCount * width) }
    for (place, row) in rows.enumerated() {
      for i in 0..<width { sum[row * width + i] += gradient[place * width + i] }
    }
  }

  /// The place of each row of the batch among those that have this kind of data; nil where it lacks it.
  func places(rowCount: Int) -> [Int?] {
    guard let rows else { return Array(0..<rowCount) }
    var places = [Int?](repeating: nil, count: rowCount)
    for (place, row) in rows.enumerated() { places[row] = place }
    return places
  }
}

extension SparseBatch {
  /// Adds a row of a matrix of real values.
  fileprivate mutating func append(row: Int, of matrix: Matrix<Double>) {
    for column in 0..<matrix.columnCount {
      append(column: column, value: Scalar(matrix[row, column]))
    }
    endRow()
  }
}
