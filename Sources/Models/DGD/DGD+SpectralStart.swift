import Foundation
import LinearAlgebra
import Modeling
import Networks
import Probability
import Sums

func logOnePlus(_ value: Double) -> Double { log1p(value) }

extension DGDModel {
  /// A step of the spectral start: an iteration of a candidate's subspace, or its partitions, or at last the
  /// mixture.
  func startingStep<Everyone: Team & ~Copyable>(
    _ shared: inout Shared, _ lanes: inout [Lane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    var remark: String?
    var start: SpectralStart
    if let known = shared.start {
      start = known
    } else {
      start = SpectralStart(
        projection: try geneMoments(SpectralStart.pseudoCounts[0], lanes, with: everyone))
    }
    let (image, gram) = try subspaceImage(start.projection, lanes, with: everyone, on: workers)
    if start.iterations < SpectralProjection.iterationCount {
      // Q ← orth(Aᵀ A Q)
      start.projection.basis = (try? QR(image))?.orthonormal ?? start.projection.basis
      start.iterations += 1
      shared.start = start
    } else {
      start.projection.basis = loadings(start.projection.basis, gram)
      project(&lanes, start.projection, on: workers)
      try scaleFirstCoordinate(&start.projection, &lanes, with: everyone)
      if componentCount > 0 {
        let found = try partition(lanes, start, shared.mixture, with: everyone)
        if found.quality > start.best?.quality ?? -.infinity { start.best = found }
      }
      start.candidate += 1
      start.iterations = 0
      if start.candidate < candidateCount {
        start.projection = try geneMoments(
          SpectralStart.pseudoCounts[start.candidate], lanes, with: everyone)
        shared.start = start
      } else {
        let projection = start.best?.projection ?? start.projection
        if start.best != nil { project(&lanes, projection, on: workers) }
        remark = start.best.map { adopt($0, &shared) }
        shared.projection = projection
        shared.start = nil
        shared.phase = .training
      }
    }
    return StepReport(
      stage: "start: principal components", progress: 0, rowsProcessed: 0, endsEpoch: false,
      remark: remark)
  }

  /// Real values have no depth to try, and without a mixture there is nothing to choose by.
  private var candidateCount: Int {
    configuration.likelihood == .negativeBinomial && componentCount > 0
      ? SpectralStart.pseudoCounts.count : 1
  }

  /// Training cells that the start's sums go over: all, or a keyed sample.
  func sampled(_ lane: Lane) -> [Int] {
    guard trainCount > SpectralStart.sampleSize else { return lane.trainRows }
    let fraction = Double(SpectralStart.sampleSize) / Double(trainCount)
    return lane.trainRows.filter { position in
      var stream = random.stream("start sample", index: lane.rows.lowerBound + position)
      return stream.uniform() < fraction
    }
  }

  /// Depth, means and deviations of the genes' log counts, and a random basis.
  private func geneMoments<Everyone: Team & ~Copyable>(
    _ pseudoCount: Double, _ lanes: [Lane], with everyone: borrowing Everyone
  ) throws(SumFault) -> SpectralProjection {
    let G = data.columnCount
    let totals = try summed(2, lanes, with: everyone) { lane, part in
      for position in sampled(lane) {
        if case .counts(let counts) = lane.matrix {
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
      for position in sampled(lane) {
        ScaledRow.forEachLogCount(position, of: lane.matrix, depth: depth) { column, value in
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
    let width = min(configuration.latent + SpectralProjection.oversampling, G)
    var stream = random.stream("start basis")
    var projection = SpectralProjection(
      depth: depth, inverseDeviations: inverse, zeros: zeros,
      offsets: Array(repeating: 0, count: G),
      basis: Matrix(
        rowCount: G, columnCount: width, elements: (0..<G * width).map { _ in stream.normal() }))
    let above = try summed(G, lanes, with: everyone) { lane, part in
      var row = ScaledRow()
      for position in sampled(lane) {
        row.fill(position, of: lane.matrix, projection)
        for (column, value) in zip(row.columns, row.values) { part[column] += value }
      }
    }
    projection.offsets = above.map { $0 / count }
    return projection
  }

  /// Numbers summed over all lanes of everyone.
  func summed<Everyone: Team & ~Copyable>(
    _ count: Int, _ lanes: [Lane], with everyone: borrowing Everyone,
    _ add: (Lane, inout [Double]) -> Void
  ) throws(SumFault) -> [Double] {
    var partials = PartialSums([.wide("sums of the start", count: count)])
    for lane in lanes {
      var part = [Double](repeating: 0, count: count)
      add(lane, &part)
      partials.add(part, to: 0)
    }
    let sums = try everyone.sum(consume partials)
    return sums.values(of: 0)
  }

  /// Aᵀ (A Q), G × width, and (A Q)ᵀ (A Q), for the centred, scaled training cells A.
  private func subspaceImage<Everyone: Team & ~Copyable>(
    _ projection: SpectralProjection, _ lanes: [Lane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> (image: Matrix<Double>, gram: Matrix<Double>) {
    let (G, W) = (projection.basis.rowCount, projection.basis.columnCount)
    let shift = projection.shift
    var partials = PartialSums([
      .wide("image of the basis", count: G * W), .wide("sum of scores", count: W),
      .wide("products of scores", count: W * W),
    ])
    for first in stride(from: 0, to: lanes.count, by: workers.threadCount) {
      let some = Array(lanes[first..<min(first + workers.threadCount, lanes.count)])
      var parts = Array(repeating: SubspacePart(G, W), count: some.count)
      parts.withUnsafeMutableBufferPointer { parts in
        nonisolated(unsafe) let parts = parts
        workers.perform(some.count) { index in
          parts[index].add(sampled(some[index]), of: some[index].matrix, projection, shift)
        }
      }
      for part in parts {
        partials.add(part.image, to: 0)
        partials.add(part.scores, to: 1)
        partials.add(part.products, to: 2)
      }
    }
    let sums = try everyone.sum(consume partials)
    var image = sums.values(of: 0)
    let scores = sums.values(of: 1)
    for g in 0..<G {
      for w in 0..<W { image[g * W + w] -= projection.offsets[g] * scores[w] }
    }
    return (
      Matrix(rowCount: G, columnCount: W, elements: image),
      Matrix(rowCount: W, columnCount: W, elements: sums.values(of: 2))
    )
  }

  /// Q u_l / λ_l^{1/4} for the L leading eigenvectors u_l of (A Q)ᵀ (A Q), the sign such that the largest entry
  /// of each loading is positive. Dimensions beyond the rank of the data stay zero.
  private func loadings(_ basis: Matrix<Double>, _ gram: Matrix<Double>) -> Matrix<Double> {
    let (G, W, L) = (basis.rowCount, basis.columnCount, configuration.latent)
    let columns = min(L, W)
    var result = Matrix<Double>(rowCount: G, columnCount: L)
    guard let eigen = try? SymmetricEigen(gram, largest: columns) else { return result }
    let order = (0..<columns).sorted { eigen.values[$0] > eigen.values[$1] }
    let largest = max(eigen.values[order[0]], .leastNormalMagnitude)
    for (l, column) in order.enumerated() where eigen.values[column] > 1e-12 * largest {
      var loading = [Double](repeating: 0, count: G)
      for g in 0..<G {
        for w in 0..<W { loading[g] += basis[g, w] * eigen.vectors[w, column] }
      }
      let extreme = loading.max { abs($0) < abs($1) } ?? 1
      let scale =
        (extreme < 0 ? -1 : 1) / (eigen.values[column] / largest).squareRoot().squareRoot()
      for g in 0..<G { result[g, l] = loading[g] * scale }
    }
    return result
  }

  /// z of every cell of the lanes.
  func project(_ lanes: inout [Lane], _ projection: SpectralProjection, on workers: Workers) {
    let L = configuration.latent
    let shift = projection.shift
    lanes.withUnsafeMutableBufferPointer { lanes in
      nonisolated(unsafe) let lanes = lanes
      workers.perform(lanes.count) { index in
        var row = ScaledRow()
        for position in 0..<lanes[index].rows.count {
          row.fill(position, of: lanes[index].matrix, projection)
          let scores = row.product(projection.basis, shift: shift)
          for l in 0..<L {
            lanes[index].saved.representations[position * L + l] = Scalar(scores[l])
          }
        }
      }
    }
  }

  /// Brings the first coordinate's mean square over the training cells to 1.
  private func scaleFirstCoordinate<Everyone: Team & ~Copyable>(
    _ projection: inout SpectralProjection, _ lanes: inout [Lane],
    with everyone: borrowing Everyone
  ) throws(SumFault) {
    let L = configuration.latent
    let sums = try summed(2, lanes, with: everyone) { lane, part in
      for position in sampled(lane) {
        let first = Double(lane.saved.representations[position * L])
        part[0] += first * first
        part[1] += 1
      }
    }
    guard sums[0] > 0 else { return }
    let factor = (sums[1] / sums[0]).squareRoot()
    projection.basis.scale(by: factor)
    for index in lanes.indices {
      for entry in lanes[index].saved.representations.indices {
        lanes[index].saved.representations[entry] *= Scalar(factor)
      }
    }
  }
}

/// One lane's part of the subspace's image.
private struct SubspacePart: Sendable {
  var image: [Double]
  var scores: [Double]
  var products: [Double]

  init(_ geneCount: Int, _ width: Int) {
    image = Array(repeating: 0, count: geneCount * width)
    scores = Array(repeating: 0, count: width)
    products = Array(repeating: 0, count: width * width)
  }

  mutating func add(
    _ positions: [Int], of matrix: RowMatrix, _ projection: SpectralProjection, _ shift: [Double]
  ) {
    let W = scores.count
    var row = ScaledRow()
    for position in positions {
      row.fill(position, of: matrix, projection)
      let score = row.product(projection.basis, shift: shift)
      image.withUnsafeMutableBufferPointer { image in
        for (column, value) in zip(row.columns, row.values) {
          for w in 0..<W { image[column * W + w] += value * score[w] }
        }
      }
      for v in 0..<W {
        scores[v] += score[v]
        for w in 0..<W { products[v * W + w] += score[v] * score[w] }
      }
    }
  }
}
