import Concurrency
import Foundation
import LinearAlgebra
import Modeling
import Probability
import Sums

/// The spectral start between two of its steps: what everyone shares.
///
/// Candidates are tried one after the other, each with its own depth of the log counts: a random basis is iterated
/// to the leading principal components, rows are projected, and classes are looked for among them. The candidate
/// whose classes explain the raw counts best places the rows.
public struct SpectralStart: Codable, Sendable {
  /// Pseudo-counts c that compete: which one separates the cells best depends on the depth of the data.
  static let pseudoCounts = [1.0, 2, 4]
  /// The sums of the start go over at most about so many rows.
  static let sampleSize = 20_000

  /// Which of `pseudoCounts` is being tried.
  var candidate = 0
  /// Iterations of its subspace that are done.
  var iterations = 0
  /// Its projection so far.
  var projection: SpectralProjection
  /// The best partition so far.
  var best: StartPartition?

  /// Where the start ended.
  struct End {
    /// What places rows.
    let projection: SpectralProjection
    /// The classes that become the mixture; nil without one.
    let partition: StartPartition?
  }
}

/// The rows of a lane as the spectral start sees them.
struct StartLane: Sendable {
  /// The values of the rows.
  let matrix: RowMatrix
  /// The index of the first row in the whole data.
  let firstRow: Int
  /// Positions of the rows that sums go over: those that train, or a sample of them.
  let sampled: [Int]
  /// Where classes own components, the component of each sampled row, −1 for none.
  let components: [Int]
}

/// Takes the steps of a spectral start.
struct SpectralStarter: Sendable {
  /// L, the dimension of the representations.
  let dimension: Int
  /// K: classes to look for; 0: none.
  let componentCount: Int
  /// Columns of the data.
  let columnCount: Int
  /// Whether values are counts: real values have no depth to try.
  let countsDepth: Bool
  /// Whether classes of the rows own components; otherwise classes are to be found.
  let ownsComponents: Bool
  /// What bases and seedings are drawn with.
  let random: RandomSource

  /// Candidates: without classes there is nothing to choose by.
  private var candidateCount: Int {
    countsDepth && componentCount > 0 ? SpectralStart.pseudoCounts.count : 1
  }

  /// An iteration of a candidate's subspace, or its classes.
  ///
  /// Collective.
  /// - Parameter tables: representations of the lanes' rows: rows are placed when a candidate is complete.
  /// - Returns: the end, when the last candidate is.
  func step<Everyone: Team & ~Copyable>(
    _ state: inout SpectralStart?, _ lanes: [StartLane], _ tables: inout [Representations],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> SpectralStart.End? {
    var start: SpectralStart
    if let state {
      start = state
    } else {
      let pseudoCount = SpectralStart.pseudoCounts[0]
      start = SpectralStart(projection: try moments(pseudoCount, lanes, with: everyone))
    }
    let (image, gram) = try subspaceImage(start.projection, lanes, with: everyone, on: workers)
    if start.iterations < SpectralProjection.iterationCount {
      // Q ← orth(Aᵀ A Q)
      start.projection.basis = try orthonormal(image)
      start.iterations += 1
      state = start
      return nil
    }
    start.projection.basis = try loadings(start.projection.basis, gram)
    start.projection.place(lanes.map(\.matrix), in: &tables, on: workers)
    try scaleFirstCoordinate(&start.projection, lanes, &tables, with: everyone)
    if componentCount > 0 {
      let name = "\(Int(SpectralStart.pseudoCounts[start.candidate])) pseudo-counts"
      let found = try partition(lanes, tables, start.projection, name, with: everyone)
      if found.quality > start.best?.quality ?? -.infinity { start.best = found }
    }
    start.candidate += 1
    start.iterations = 0
    guard start.candidate == candidateCount else {
      let pseudoCount = SpectralStart.pseudoCounts[start.candidate]
      start.projection = try moments(pseudoCount, lanes, with: everyone)
      state = start
      return nil
    }
    if let best = start.best {
      best.projection.place(lanes.map(\.matrix), in: &tables, on: workers)
    }
    state = nil
    return SpectralStart.End(
      projection: start.best?.projection ?? start.projection, partition: start.best)
  }

  /// Depth, means and deviations of the columns' log counts, and a random basis.
  private func moments<Everyone: Team & ~Copyable>(
    _ pseudoCount: Double, _ lanes: [StartLane], with everyone: borrowing Everyone
  ) throws(SumFault) -> SpectralProjection {
    let G = columnCount
    let totals = try summed(2, lanes, with: everyone) { lane, part in
      for position in lanes[lane].sampled {
        if case .counts(let counts) = lanes[lane].matrix {
          let total = Double(counts.total(ofRow: position))
          guard total > 0 else { continue }
          part[0] += log(total)
        }
        part[1] += 1
      }
    }
    let count = max(totals[1], 1)
    let depth = pseudoCount * exp(totals[0] / count)
    let moments = try summed(2 * G, lanes, with: everyone) { lane, part in
      for position in lanes[lane].sampled {
        ScaledRow.forEachLogCount(position, of: lanes[lane].matrix, depth: depth) {
          column, value in
          part[column] += value
          part[G + column] += value * value
        }
      }
    }
    var inverse = [Double](repeating: 0, count: G)
    var zeros = inverse
    for g in 0..<G {
      let mean = moments[g] / count
      let variance = max(0, moments[G + g] - count * mean * mean) / max(count - 1, 1)
      guard variance > 1e-24 else { continue }
      inverse[g] = 1 / variance.squareRoot()
      zeros[g] = -mean * inverse[g]
    }
    let width = min(dimension + SpectralProjection.oversampling, G)
    var stream = random.stream("start basis")
    var projection = SpectralProjection(
      depth: depth, inverseDeviations: inverse, zeros: zeros,
      offsets: Array(repeating: 0, count: G),
      basis: Matrix(
        rowCount: G, columnCount: width, elements: (0..<G * width).map { _ in stream.normal() }),
      intercept: Array(repeating: 0, count: dimension))
    let above = try summed(G, lanes, with: everyone) { lane, part in
      var row = ScaledRow()
      for position in lanes[lane].sampled {
        row.fill(position, of: lanes[lane].matrix, projection)
        for (column, value) in zip(row.columns, row.values) { part[column] += value }
      }
    }
    projection.offsets = above.map { $0 / count }
    return projection
  }

  /// Numbers summed over all lanes of everyone; `add` makes one lane's part.
  func summed<Everyone: Team & ~Copyable>(
    _ count: Int, _ lanes: [StartLane], with everyone: borrowing Everyone,
    _ add: (Int, inout [Double]) -> Void
  ) throws(SumFault) -> [Double] {
    var partials = PartialSums([.wide("sums of the start", count: count)])
    for lane in lanes.indices {
      var part = [Double](repeating: 0, count: count)
      add(lane, &part)
      partials.add(part, to: 0)
    }
    return try everyone.sum(consume partials).values(of: 0)
  }
}
