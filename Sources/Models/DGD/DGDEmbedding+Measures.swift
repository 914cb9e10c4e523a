import Concurrency
import Networks

extension DGDEmbedding {
  /// Losses, squared errors and calibration of all cells of the lanes, kept with them.
  ///
  ///     Σ_g (x_g − m_g)² / G,  with Σ_g m_g² corrected where x_g is not zero
  ///
  /// Local.
  func measure(_ lanes: inout [DGDLane], on workers: Workers) {
    let dispersions = decoder.heads.map { head in
      head.output.specification.likelihood.hasDispersion
        ? head.output.logDispersions.map {
          head.output.specification.dispersion.value(Double($0))
        } : []
    }
    for piece in Self.pieces(of: lanes.map { Array(0..<$0.rows.count) }, size: 64) {
      var batch = DecoderBatch([(lanes[piece.lane], piece.positions)], for: decoder)
      for (h, output) in decoder.outputBatches(&batch, on: workers).enumerated() {
        let layer = decoder.heads[h].output
        let losses = layer.losses(output, on: workers)
        let means = layer.means(hidden: output.hidden, scales: output.scales, on: workers)
        let G = layer.specification.outputCount
        let places = batch.heads[h].places(rowCount: batch.groups.rowCount)
        for (row, position) in zip(places, piece.positions) {
          guard let row else { continue }
          let own = means[row * G..<(row + 1) * G]
          let entries = output.values.entries(ofRow: row).map {
            (column: Int(output.values.columns[$0]), value: Double(output.values.values[$0]))
          }
          lanes[piece.lane].saved.losses[h][position] = losses[row]
          lanes[piece.lane].saved.squaredErrors[h][position] = Self.squaredError(own, entries)
          guard !dispersions[h].isEmpty else { continue }
          lanes[piece.lane].saved.calibrations[h].measure(
            row: position, means: own, dispersions: dispersions[h], entries: entries)
        }
      }
    }
  }

  /// Mean squared difference of values and expected values.
  private static func squaredError(
    _ means: ArraySlice<Float>, _ entries: [(column: Int, value: Double)]
  ) -> Double {
    var squares = means.reduce(0.0) { $0 + Double($1) * Double($1) }
    for (column, value) in entries {
      let mean = Double(means[means.startIndex + column])
      squares += (value - mean) * (value - mean) - mean * mean
    }
    return squares / Double(means.count)
  }
}
