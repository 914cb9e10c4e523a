import Concurrency
import Modeling
import Networks
import Probability
import Sums

/// Represents cells by a decoder and latent spaces that stand still: cells outside training, and cells that are new
/// to a fit.
///
///     z_i ← start      z_i ← z_i − η Adam( ∂[−log p(x_i | z_i, θ) − log p(z_i | φ)] / ∂z_i ),  some steps
///
/// Every cell is on its own: which cells are worked on together changes no bit of any. A cell whose gradient is not
/// finite stays where it is; one whose loss is not finite, or too large to be summed, counts nowhere.
struct DGDEmbedding: Sendable {
  /// θ, the decoder, which stands still.
  let decoder: DecoderNetwork
  /// φ, the latent spaces, which stand still.
  let spaces: [LatentSpace]
  /// What moves representations, for each space.
  let optimizers: [RepresentationOptimizer]
  /// Most cells that are worked on together.
  let rowLimit: Int

  /// Some cells of a lane.
  struct Piece {
    /// The lane's place among the lanes.
    let lane: Int
    /// Positions within the lane.
    let positions: ArraySlice<Int>
  }

  /// Where losses stand in a block of sums.
  private var layout: DGDLossSums.Layout {
    DGDLossSums.Layout(headCount: decoder.heads.count, spaceCount: spaces.count)
  }

  /// The block that `differentiate` adds to.
  var lossBlock: SumBlock { .wide("loss", count: layout.count) }

  /// Cells of the lanes in pieces of one lane, of at most so many cells.
  static func pieces(of rows: [[Int]], size: Int) -> [Piece] {
    rows.enumerated().flatMap { lane, positions in
      stride(from: 0, to: positions.count, by: size).map { start in
        Piece(lane: lane, positions: positions[start..<min(start + size, positions.count)])
      }
    }
  }

  /// Such pieces, several side by side, together at most `rowLimit` cells: networks are slow with few cells.
  func fullPieces(of rows: [[Int]]) -> [[Piece]] {
    var result: [[Piece]] = []
    var count = 0
    for piece in Self.pieces(of: rows, size: rowLimit) {
      if result.isEmpty || count + piece.positions.count > rowLimit {
        result.append([])
        count = 0
      }
      result[result.count - 1].append(piece)
      count += piece.positions.count
    }
    return result
  }

  /// Losses of some cells, whose gradients by representation stay with them.
  ///
  /// Local.
  /// - Parameters:
  ///   - rows: positions of the cells in each lane.
  ///   - sums: whose first block is `lossBlock`; the losses are added to it.
  func differentiate(
    _ lanes: inout [DGDLane], _ rows: [[Int]], into sums: inout PartialSums, on workers: Workers
  ) -> Outcome {
    var outcome = Outcome(movable: rows.map { _ in [] })
    for pieces in fullPieces(of: rows) {
      var batch = DecoderBatch(pieces.map { (lanes[$0.lane], $0.positions) }, for: decoder)
      let result = decoder.backpropagate(&batch, on: workers)
      let rowCount = batch.groups.rowCount
      let places = batch.heads.map { $0.places(rowCount: rowCount) }
      for (index, piece) in pieces.enumerated() {
        let losses = batch.groups[index].map { row in
          zip(result.losses, places).map { losses, places in places[row].map { losses[$0] } }
        }
        let terms = mixtureTerms(
          piece, result.inputGradient, firstRow: batch.groups[index].lowerBound, in: &lanes)
        add(losses, terms, of: piece, in: lanes, to: &sums, &outcome)
      }
    }
    return outcome
  }

  /// What a pass over cells found.
  struct Outcome {
    /// Positions in each lane of cells whose gradients are finite.
    var movable: [[Int]]
    /// The first row of the data whose loss counts nowhere.
    var firstUncounted: Int?
  }

  /// Adds the mixtures' part to the gradients of a piece's cells.
  ///
  /// Cells outside training are modelled without their class: it would not be known for new cells.
  /// - Parameter firstRow: the first cell's row of the input gradient.
  /// - Returns: what each mixture says about the cells.
  func mixtureTerms(
    _ piece: Piece, _ gradient: [Float], firstRow: Int, in lanes: inout [DGDLane]
  ) -> [LatentSpace.Terms] {
    let width = spaces.reduce(0) { $0 + $1.dimension }
    var column = 0
    return spaces.enumerated().map { s, space in
      defer { column += space.dimension }
      return space.differentiate(
        piece.positions, of: &lanes[piece.lane].saved.spaces[s],
        dataGradient: InputGradient(
          values: gradient, width: width, firstColumn: column, firstRow: firstRow))
    }
  }

  /// Adds the losses of a piece's cells to the sums.
  ///
  /// - Parameter losses: for each cell, −log p(x | z) of each head; nil where it lacks the data.
  private func add(
    _ losses: [[Double?]], _ mixtures: [LatentSpace.Terms], of piece: Piece, in lanes: [DGDLane],
    to sums: inout PartialSums, _ outcome: inout Outcome
  ) {
    let lane = lanes[piece.lane]
    var counted: [Int] = []
    for (offset, position) in piece.positions.enumerated() {
      let isCounted =
        losses[offset].allSatisfy { $0.map(Self.isSummable) ?? true }
        && mixtures.allSatisfy { Self.isSummable($0.losses[offset]) }
      if isCounted {
        counted.append(offset)
      } else {
        outcome.firstUncounted = min(
          outcome.firstUncounted ?? .max, lane.rows.lowerBound + position)
      }
      let isMovable = lane.saved.spaces.allSatisfy {
        $0.gradients[$0.entries(of: position)].allSatisfy(\.isFinite)
      }
      if isMovable { outcome.movable[piece.lane].append(position) }
    }
    for offset in counted {
      for (h, loss) in losses[offset].enumerated() {
        guard let loss else { continue }
        sums.add(loss, to: 0, at: h)
        if layout.headCount > 1 { sums.add(1, to: 0, at: layout.rows(ofHead: h)) }
      }
    }
    for (s, terms) in mixtures.enumerated() {
      // A piece's loss by a mixture is rounded once: pieces are the same on any number of ranks.
      sums.add(counted.reduce(0) { $0 + terms.losses[$1] }, to: 0, at: layout.mixture(s))
    }
    sums.add(Double(counted.count), to: 0, at: layout.rows)
  }

  /// Whether a cell's loss can be part of a sum over millions of cells.
  static func isSummable(_ loss: Double) -> Bool { loss.magnitude < 1e12 }

  /// Moves cells along their gradients, in each space by step number t ≥ 1.
  func move(_ lanes: inout [DGDLane], _ rows: [[Int]], steps: [Int]) {
    for lane in lanes.indices {
      for s in spaces.indices {
        lanes[lane].saved.spaces[s].move(rows[lane], by: optimizers[s], step: steps[s])
      }
    }
  }

}

// MARK: - Where cells start

extension DGDEmbedding {
  /// Puts every cell at the means of the components whose decoded profiles explain it best, at rest:
  ///
  ///     argmin over k, l … of −log p(x_i | μ_k, ν_l …),  one component of each latent space
  ///
  /// A space without a mixture stays at zero.
  ///
  /// Local.
  /// Source: Schuster and Krogh 2023, doi:10.1093/bioinformatics/btad497.
  func placeAtBestComponents(_ lanes: inout [DGDLane], _ rows: [[Int]], on workers: Workers) {
    for pieces in fullPieces(of: rows) {
      placeAtBestComponents(&lanes, pieces, weighingMeans: false, on: workers)
    }
  }

  /// Puts the cells of some pieces at the means of the components that explain them best.
  ///
  /// - Parameter weighingMeans: whether −log p(μ_k) counts, too: of two components with about the same profile the one
  ///   is taken that has cells.
  func placeAtBestComponents(
    _ lanes: inout [DGDLane], _ pieces: [Piece], weighingMeans: Bool, on workers: Workers
  ) {
    let candidates = componentMeans()
    guard candidates.count > 0 else { return }
    let inputs = candidates.map { $0.flatMap(\.self) }
    let hidden = decoder.heads.indices.map { head in
      inputs.map { decoder.hidden($0, rowCount: 1, head: head, on: workers) }
    }
    let costs = candidates.map { weighingMeans ? cost(of: $0) : 0 }
    var batch = DecoderBatch(pieces.map { (lanes[$0.lane], $0.positions) }, for: decoder)
    let best = bestCandidates(&batch, hidden, costs: costs, on: workers)
    for (index, piece) in pieces.enumerated() {
      for (row, position) in zip(batch.groups[index], piece.positions) {
        for s in spaces.indices where spaces[s].mixture != nil {
          lanes[piece.lane].saved.spaces[s].place(position, at: candidates[best[row]][s])
        }
      }
    }
  }

  /// −log p of a point of all spaces.
  private func cost(of point: [[Float]]) -> Double {
    zip(spaces, point).reduce(0) { sum, place in
      let (space, mean) = place
      guard let mixture = space.mixture else { return sum }
      var gradient = GaussianMixtureGradient(of: mixture)
      return sum + gradient.add(mean.map { Double($0) }, of: mixture).loss
    }
  }

  /// Every choice of one component mean of each space; none without any mixture.
  private func componentMeans() -> [[[Float]]] {
    guard spaces.contains(where: { $0.mixture != nil }) else { return [] }
    return spaces.reduce([[]]) { candidates, space in
      let L = space.dimension
      let means = space.mixture.map { mixture in
        (0..<mixture.componentCount).map { k in
          mixture.means[k * L..<(k + 1) * L].map { Float($0) }
        }
      }
      return candidates.flatMap { chosen in
        (means ?? [Array(repeating: 0, count: L)]).map { chosen + [$0] }
      }
    }
  }

  /// For each row of a batch the first candidate with the smallest loss.
  ///
  /// - Parameters:
  ///   - hidden: for each head and candidate the inputs of the output layer.
  ///   - costs: what is added to the loss of each candidate.
  private func bestCandidates(
    _ batch: inout DecoderBatch<Float>, _ hidden: [[[Float]]], costs: [Double],
    on workers: Workers
  ) -> [Int] {
    let rowCount = batch.groups.rowCount
    var losses = Array(repeating: costs, count: rowCount)
    for h in decoder.heads.indices {
      let places = batch.heads[h].places(rowCount: rowCount)
      var values = batch.heads[h].takeBatch([], on: workers)
      values.rowsShareHidden = true
      for k in costs.indices {
        values.hidden = (0..<values.groups.rowCount).flatMap { _ in hidden[h][k] }
        let found = decoder.heads[h].output.losses(values, on: workers)
        for (row, place) in places.enumerated() { losses[row][k] += place.map { found[$0] } ?? 0 }
      }
    }
    return losses.map { losses in
      var best = (loss: Double.infinity, candidate: 0)
      for (k, loss) in losses.enumerated() where loss < best.loss { best = (loss, k) }
      return best.candidate
    }
  }
}

extension DecoderBatch<Float> {
  /// Cells at these positions of these lanes, with the representations they have.
  init(_ pieces: [(lane: DGDLane, positions: ArraySlice<Int>)], for decoder: DecoderNetwork) {
    groups = LaneGroups(sizes: pieces.map(\.positions.count))
    inputs = []
    for (lane, positions) in pieces {
      for position in positions {
        for space in lane.saved.spaces { inputs += space[position] }
      }
    }
    heads = decoder.heads.enumerated().map { index, head in
      HeadBatch(
        pieces.map { lane, positions in
          let values = lane.values[index]
          return HeadBatch.Piece(
            matrix: values.matrix, scales: values.scales, places: positions.map(values.place))
        }, columnCount: head.output.specification.outputCount)
    }
  }
}
