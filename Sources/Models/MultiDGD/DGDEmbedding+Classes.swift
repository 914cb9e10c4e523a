import LinearAlgebra
import Modeling
import Networks
import Probability

extension DGDArchitecture {
  /// The spaces in which rows start at their classes.
  var classSpaces: [Int] { spaces.indices.filter { spaces[$0].startsAtClasses } }

  /// Puts rows with a class at the mean of its first component, at rest, in every space where rows start so.
  func placeAtClassMeans(_ lane: inout DGDLane, _ rows: [Int], of spaces: [LatentSpace]) {
    for s in classSpaces {
      guard let mixture = spaces[s].mixture, let owners = self.spaces[s].owners else { continue }
      for position in rows where lane.labels[s][position] >= 0 {
        let component = Int(lane.labels[s][position]) * owners.componentsPerClass
        lane.saved.spaces[s].place(position, at: mixture.meanPoint(component))
      }
    }
  }
}

extension GaussianMixture {
  /// A component's mean in the precision of representations.
  func meanPoint(_ component: Int) -> [Float] {
    means[component * dimension..<(component + 1) * dimension].map { Float($0) }
  }
}

extension DGDEmbedding {
  /// Puts every cell, in one of these spaces after the other, at the mean of the component that explains it best, its
  /// representations in the other spaces as they are:
  ///
  ///     argmin over k of −log p(x_i | z_i, μ_k)
  ///
  /// Local.
  func placeAtBestComponents(
    _ lanes: inout [DGDLane], _ rows: [[Int]], ofSpaces chosen: [Int], on workers: Workers
  ) {
    for s in chosen {
      guard let mixture = spaces[s].mixture else { continue }
      for piece in Self.pieces(of: rows, size: rowLimit) {
        var smallest = [Double](repeating: .infinity, count: piece.positions.count)
        var best = [Int](repeating: 0, count: piece.positions.count)
        for k in 0..<mixture.componentCount {
          let mean = mixture.meanPoint(k)
          for position in piece.positions {
            lanes[piece.lane].saved.spaces[s].place(position, at: mean)
          }
          let found = losses(lanes[piece.lane], piece.positions, on: workers)
          for (row, loss) in found.enumerated() where loss < smallest[row] {
            (smallest[row], best[row]) = (loss, k)
          }
        }
        for (row, position) in piece.positions.enumerated() {
          lanes[piece.lane].saved.spaces[s].place(position, at: mixture.meanPoint(best[row]))
        }
      }
    }
  }

  /// −log p(x | z) of some cells of a lane over all kinds of data that each has.
  private func losses(
    _ lane: DGDLane, _ positions: ArraySlice<Int>, on workers: Workers
  ) -> [Double] {
    var batch = DecoderBatch([(lane, positions)], for: decoder)
    var result = [Double](repeating: 0, count: positions.count)
    for (h, output) in decoder.outputBatches(&batch, on: workers).enumerated() {
      let losses = decoder.heads[h].output.losses(output, on: workers)
      let places = batch.heads[h].places(rowCount: positions.count)
      for (row, place) in places.enumerated() { result[row] += place.map { losses[$0] } ?? 0 }
    }
    return result
  }
}
