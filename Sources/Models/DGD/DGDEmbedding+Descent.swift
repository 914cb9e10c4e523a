import Concurrency
import Modeling
import Networks
import Probability
import Sums

/// How cells got to their representations.
struct DescentOutcome {
  /// Cells that were represented.
  var cellCount = 0
  /// Cells that were still going down when their evaluations were used up.
  var unfinishedCount = 0
}

/// One cell of a lane.
private struct Cell {
  let lane: Int
  let position: Int
}

extension DGDEmbedding {
  /// Takes cells to the bottom of their loss from each of several starts, and leaves them at the lowest:
  ///
  ///     minimise −log p(x_i | z_i, θ) − log p(z_i | φ)  from  the projection,  and from the component mean where
  ///     −log p(x_i | μ_k, θ) − log p(μ_k | φ) is smallest
  ///
  /// by `QuasiNewtonDescent`, each cell until its loss falls no more.
  ///
  /// Local.
  /// - Parameters:
  ///   - projection: of the first space; nil without.
  ///   - limit: most evaluations of a cell from one start.
  func converge(
    _ lanes: inout [DGDLane], _ rows: [[Int]], from projection: SpectralProjection?, limit: Int,
    on workers: Workers
  ) -> DescentOutcome {
    var outcome = DescentOutcome()
    for pieces in fullPieces(of: rows) {
      outcome.cellCount += pieces.reduce(0) { $0 + $1.positions.count }
      var best: [QuasiNewtonDescent] = []
      let hasComponents = spaces.contains { $0.mixture != nil }
      if projection != nil || !hasComponents {
        if let projection { place(pieces, of: &lanes, by: projection) }
        best = descend(pieces, of: &lanes, limit: limit, on: workers)
      }
      if hasComponents {
        placeAtBestComponents(&lanes, pieces, weighingMeans: true, on: workers)
        let others = descend(pieces, of: &lanes, limit: limit, on: workers)
        best = best.isEmpty ? others : zip(best, others).map { $1.value < $0.value ? $1 : $0 }
      }
      var number = 0
      for piece in pieces {
        for position in piece.positions {
          put(best[number].point, at: position, of: &lanes[piece.lane])
          if !best[number].isConverged, best[number].value.isFinite { outcome.unfinishedCount += 1 }
          number += 1
        }
      }
    }
    return outcome
  }

  /// Puts cells at their projection.
  ///
  /// Local.
  func place(_ lanes: inout [DGDLane], _ rows: [[Int]], by projection: SpectralProjection) {
    place(Self.pieces(of: rows, size: rowLimit), of: &lanes, by: projection)
  }

  private func place(
    _ pieces: [Piece], of lanes: inout [DGDLane], by projection: SpectralProjection
  ) {
    var scorer = SpectralScorer(projection)
    for piece in pieces {
      let matrix = lanes[piece.lane].values[0].matrix
      for position in piece.positions {
        let place = lanes[piece.lane].values[0].place(of: position)
        guard place >= 0 else { continue }
        lanes[piece.lane].saved.spaces[0].place(
          position, at: scorer.score(of: place, in: matrix).map { Float($0) })
      }
    }
  }

  /// Descents of the cells of some pieces, in order, from where they are.
  private func descend(
    _ pieces: [Piece], of lanes: inout [DGDLane], limit: Int, on workers: Workers
  ) -> [QuasiNewtonDescent] {
    let cells = pieces.flatMap { piece in
      piece.positions.map { Cell(lane: piece.lane, position: $0) }
    }
    var descents = cells.map { cell in
      QuasiNewtonDescent(
        from: lanes[cell.lane].saved.spaces.flatMap { $0[cell.position].map { Double($0) } })
    }
    var active = Array(cells.indices)
    while !active.isEmpty {
      for number in active {
        put(descents[number].trial, at: cells[number].position, of: &lanes[cells[number].lane])
      }
      let found = evaluate(active.map { cells[$0] }, of: &lanes, on: workers)
      for (place, number) in active.enumerated() {
        descents[number].evaluated(found[place].loss, gradient: found[place].gradient, limit: limit)
      }
      active.removeAll { descents[$0].isDone }
    }
    return descents
  }

  /// Loss and gradient of each of some cells at their representations.
  private func evaluate(
    _ cells: [Cell], of lanes: inout [DGDLane], on workers: Workers
  ) -> [(loss: Double, gradient: [Double])] {
    // Neighbours of one lane together.
    var pieces: [Piece] = []
    for cell in cells {
      if let last = pieces.last, last.lane == cell.lane {
        pieces[pieces.count - 1] = Piece(
          lane: cell.lane, positions: last.positions + [cell.position])
      } else {
        pieces.append(Piece(lane: cell.lane, positions: [cell.position]))
      }
    }
    var batch = DecoderBatch(pieces.map { (lanes[$0.lane], $0.positions) }, for: decoder)
    let result = decoder.backpropagate(&batch, on: workers)
    let places = batch.heads.map { $0.places(rowCount: batch.groups.rowCount) }
    var found: [(loss: Double, gradient: [Double])] = []
    for (index, piece) in pieces.enumerated() {
      let terms = mixtureTerms(
        piece, result.inputGradient, firstRow: batch.groups[index].lowerBound, in: &lanes)
      for (offset, position) in piece.positions.enumerated() {
        let row = batch.groups[index].lowerBound + offset
        var loss = terms.reduce(0) { $0 + $1.losses[offset] }
        for (losses, places) in zip(result.losses, places) {
          loss += places[row].map { losses[$0] } ?? 0
        }
        found.append(
          (
            loss,
            lanes[piece.lane].saved.spaces.flatMap { table in
              table.gradients[table.entries(of: position)].map { Double($0) }
            }
          ))
      }
    }
    return found
  }

  /// Puts a cell at a point of all spaces side by side.
  private func put(_ point: [Double], at position: Int, of lane: inout DGDLane) {
    var start = 0
    for s in lane.saved.spaces.indices {
      let L = lane.saved.spaces[s].dimension
      lane.saved.spaces[s].place(position, at: point[start..<start + L].map { Float($0) })
      start += L
    }
  }
}
