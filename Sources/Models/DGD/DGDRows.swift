import LinearAlgebra
import Modeling
import Networks

/// Cells of several lanes side by side, as the networks take them.
struct DGDRows<Scalar: NetworkScalar> {
  /// Representations, rows × L.
  var inputs: [Scalar] = []
  private var scales: [Scalar] = []
  /// Rows of counts, gathered when the batch is taken.
  private var countRows: [(counts: CompressedCounts, row: Int)] = []
  /// Real values.
  private var reals: SparseBatch<Scalar>
  /// Which rows belong to which lane.
  private(set) var groups: LaneGroups
  private let columnCount: Int

  init(groups: LaneGroups, columnCount: Int) {
    self.groups = groups
    self.columnCount = columnCount
    reals = SparseBatch(columnCount: columnCount)
  }

  /// Adds a cell.
  mutating func append(
    _ position: Int, of lane: DGDLane<Scalar>, representation: ArraySlice<Scalar>
  ) {
    inputs += representation
    scales.append(lane.scales[position])
    switch lane.matrix {
    case .counts(let matrix):
      countRows.append((matrix, position))
    case .reals(let matrix):
      for column in 0..<matrix.columnCount {
        reals.append(column: column, value: Scalar(matrix[position, column]))
      }
      reals.endRow()
    }
  }

  /// The batch with these hidden activations; the values move into it.
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
}

extension DGDModel {
  /// Cells at these positions of these lanes, with the representations they have.
  ///
  /// Models are called through their protocol, which knows no concrete type: what touches single numbers asks for
  /// its single-precision version (some 30 times faster).
  @specialized(where Hidden == FusedHiddenLayers, Output == FusedOutputLayer)
  func gather(_ lanes: [Lane], _ positions: [ArraySlice<Int>]) -> DGDRows<Scalar> {
    let L = configuration.latent
    var rows = DGDRows<Scalar>(
      groups: LaneGroups(sizes: positions.map(\.count)), columnCount: data.columnCount)
    for (lane, positions) in zip(lanes, positions) {
      for position in positions {
        rows.append(
          position, of: lane,
          representation: lane.saved.representations[position * L..<(position + 1) * L])
      }
    }
    return rows
  }

  /// Calls `body` with the cells in pieces of at most a minibatch, cut at the same places on any number of
  /// ranks: each lane on its own.
  func forEachPiece(
    of lanes: [Lane], _ rows: (Lane) -> [Int], size: Int? = nil,
    _ body: (_ lane: Int, ArraySlice<Int>) -> Void
  ) {
    let size = size ?? configuration.batch
    for (index, lane) in lanes.enumerated() {
      let positions = rows(lane)
      for start in stride(from: 0, to: positions.count, by: size) {
        body(index, positions[start..<min(start + size, positions.count)])
      }
    }
  }

  /// Calls `body` with such pieces of one lane or several side by side, together at most a minibatch: the
  /// networks are slow with few cells. For work whose results do not depend on which cells go together.
  func forEachFullPiece(
    of lanes: [Lane], _ rows: (Lane) -> [Int], _ body: ([DGDPiece]) -> Void
  ) {
    var some: [DGDPiece] = []
    var count = 0
    forEachPiece(of: lanes, rows) { lane, positions in
      if count + positions.count > configuration.batch, !some.isEmpty {
        body(some)
        (some, count) = ([], 0)
      }
      some.append(DGDPiece(lane: lane, positions: positions))
      count += positions.count
    }
    if !some.isEmpty { body(some) }
  }
}

/// Some cells of a lane.
struct DGDPiece {
  /// The lane's place among a rank's lanes.
  let lane: Int
  /// Positions within the lane.
  let positions: ArraySlice<Int>
}
