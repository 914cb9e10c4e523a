import LinearAlgebra
import Modeling
package import Networks

/// Cells of several lanes side by side, as an autoencoder takes them.
package struct CellBatch<Scalar: NetworkScalar>: Sendable {
  /// Counts, by rows.
  package var counts: SparseBatch<Scalar>
  /// The total of each row.
  package var totals: [Scalar]
  /// The batch of each row; −1: the mean of all.
  package var batches: [Int32]
  /// Whose dispersions each row has.
  package var dispersionGroups: [Int32]
  /// Which rows belong to which lane.
  package var groups: LaneGroups
  /// The number of each row in the whole data: noise is keyed by it.
  package var rows: [Int]

  /// Cells whose data are known.
  package init(
    counts: SparseBatch<Scalar>, totals: [Scalar], batches: [Int32], dispersionGroups: [Int32],
    groups: LaneGroups, rows: [Int]
  ) {
    self.counts = counts
    self.totals = totals
    self.batches = batches
    self.dispersionGroups = dispersionGroups
    self.groups = groups
    self.rows = rows
  }
}

extension CellBatch {
  /// Cells at these positions of these lanes.
  init(
    _ pieces: [(lane: AutoencoderLane, positions: ArraySlice<Int>)], columnCount: Int,
    on workers: Workers
  ) {
    let gathered = CompressedCounts.gather(
      pieces.flatMap { piece in piece.positions.map { (piece.lane.counts, $0) } }, on: workers)
    let values = (gathered.values as Any) as? [Scalar] ?? gathered.values.map { Scalar($0) }
    self.init(
      counts: SparseBatch(
        columnCount: columnCount, ends: gathered.ends, columns: gathered.columns, values: values),
      totals: pieces.flatMap { piece in piece.positions.map { Scalar(piece.lane.totals[$0]) } },
      batches: pieces.flatMap { piece in piece.positions.map { piece.lane.batches[$0] } },
      dispersionGroups: pieces.flatMap { piece in
        piece.positions.map { piece.lane.dispersionGroups[$0] }
      },
      groups: LaneGroups(sizes: pieces.map(\.positions.count)),
      rows: pieces.flatMap { piece in
        piece.positions.map { piece.lane.rows.lowerBound + $0 }
      })
  }
}

/// ε of the draws of some rows.
package struct CellNoise<Scalar: NetworkScalar>: Sendable {
  /// Of the latents: rows × L.
  package var latents: [Scalar]
  /// Of the log library: a row.
  package var library: [Scalar]

  /// Noise that is known.
  package init(latents: [Scalar], library: [Scalar]) {
    self.latents = latents
    self.library = library
  }
}
