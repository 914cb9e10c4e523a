import Foundation
import LinearAlgebra
import Modeling
import Networks
import Probability

func logOnePlus(_ value: Double) -> Double { log1p(value) }

extension DGDModel {
  /// A step of the spectral start: moments of the genes, an iteration of the subspace, at last scores and
  /// mixture.
  func startingStep<Everyone: Team & ~Copyable>(
    _ shared: inout Shared, _ lanes: inout [Lane], with everyone: borrowing Everyone,
    on workers: Workers
  ) -> StepReport {
    var remark: String?
    if var start = shared.start {
      let width = start.basis.columnCount
      let (image, gram) = subspaceImage(start, lanes, with: everyone, on: workers)
      if start.iterations < SpectralStart.iterationCount {
        // Q ← orth(Aᵀ A Q)
        start.basis = (try? QR(image))?.orthonormal ?? start.basis
        start.iterations += 1
        shared.start = start
      } else {
        start.basis = loadings(start.basis, gram, width: width)
        for index in lanes.indices { project(&lanes[index], start) }
        remark = fitMixture(&shared, lanes, with: everyone)
        shared.start = nil
        shared.phase = .training
      }
    } else {
      shared.start = geneMoments(lanes, with: everyone)
    }
    return StepReport(
      stage: "start: principal components", progress: 0, rowsProcessed: 0, endsEpoch: false,
      remark: remark)
  }

  /// Training cells that the start's sums go over: all, or a keyed sample.
  private func sampled(_ lane: Lane) -> [Int] {
    guard trainCount > SpectralStart.sampleSize else { return lane.trainRows }
    let fraction = Double(SpectralStart.sampleSize) / Double(trainCount)
    return lane.trainRows.filter { position in
      var stream = random.stream("start sample", index: lane.rows.lowerBound + position)
      return stream.uniform() < fraction
    }
  }

  /// Depth, means and deviations of the genes' log counts, and a random basis.
  private func geneMoments<Everyone: Team & ~Copyable>(
    _ lanes: [Lane], with everyone: borrowing Everyone
  ) -> SpectralStart {
    let G = data.columnCount
    var totals = PartialSums([.wide("totals", count: 2)])
    for lane in lanes {
      var part = [0.0, 0]
      for position in sampled(lane) {
        guard case .counts(let counts) = lane.matrix else {
          part[1] += 1
          continue
        }
        let total = Double(counts.total(ofRow: position))
        guard total > 0 else { continue }
        part[0] += log(total)
        part[1] += 1
      }
      totals.add(part, to: 0)
    }
    everyone.sum(&totals)
    let sums = totals.values(of: 0)
    let count = max(sums[1], 1)
    let depth = exp(sums[0] / count)
    var moments = PartialSums([.wide("moments of the genes", count: 2 * G)])
    for lane in lanes {
      var part = [Double](repeating: 0, count: 2 * G)
      for position in sampled(lane) {
        ScaledRow.forEachLogCount(position, of: lane.matrix, depth: depth) { column, value in
          part[column] += value
          part[G + column] += value * value
        }
      }
      moments.add(part, to: 0)
    }
    everyone.sum(&moments)
    let values = moments.values(of: 0)
    var inverse = [Double](repeating: 0, count: G)
    var zeros = inverse
    for g in 0..<G {
      let mean = values[g] / count
      let variance = max(0, values[G + g] - count * mean * mean) / max(count - 1, 1)
      guard variance > 1e-12 else { continue }
      inverse[g] = 1 / variance.squareRoot()
      zeros[g] = -mean * inverse[g]
    }
    var start = SpectralStart(
      depth: depth, inverseDeviations: inverse, zeros: zeros,
      offsets: Array(repeating: 0, count: G), basis: Matrix(rowCount: 0, columnCount: 0))
    start.offsets = meanAboveZeros(start, lanes, count: count, with: everyone)
    let width = min(configuration.latent + SpectralStart.oversampling, G)
    var stream = random.stream("start basis")
    start.basis = Matrix(
      rowCount: G, columnCount: width, elements: (0..<G * width).map { _ in stream.normal() })
    return start
  }

  private func meanAboveZeros<Everyone: Team & ~Copyable>(
    _ start: SpectralStart, _ lanes: [Lane], count: Double, with everyone: borrowing Everyone
  ) -> [Double] {
    var sums = PartialSums([.wide("scaled means", count: data.columnCount)])
    var row = ScaledRow()
    for lane in lanes {
      var part = [Double](repeating: 0, count: data.columnCount)
      for position in sampled(lane) {
        row.fill(position, of: lane.matrix, start)
        for (column, value) in zip(row.columns, row.values) { part[column] += value }
      }
      sums.add(part, to: 0)
    }
    everyone.sum(&sums)
    return sums.values(of: 0).map { $0 / count }
  }

  /// Aᵀ (A Q), G × width, and (A Q)ᵀ (A Q), for the centred, scaled training cells A.
  private func subspaceImage<Everyone: Team & ~Copyable>(
    _ start: SpectralStart, _ lanes: [Lane], with everyone: borrowing Everyone,
    on workers: Workers
  ) -> (image: Matrix<Double>, gram: Matrix<Double>) {
    let (G, W) = (start.basis.rowCount, start.basis.columnCount)
    let shift = product(start.offsets, start.basis)
    var sums = PartialSums([
      .wide("image of the basis", count: G * W), .wide("sum of scores", count: W),
      .wide("products of scores", count: W * W),
    ])
    for first in stride(from: 0, to: lanes.count, by: workers.threadCount) {
      let some = Array(lanes[first..<min(first + workers.threadCount, lanes.count)])
      var parts = Array(repeating: SubspacePart(G, W), count: some.count)
      parts.withUnsafeMutableBufferPointer { parts in
        nonisolated(unsafe) let parts = parts
        workers.perform(some.count) { index in
          parts[index].add(sampled(some[index]), of: some[index].matrix, start, shift: shift)
        }
      }
      for part in parts {
        sums.add(part.image, to: 0)
        sums.add(part.scores, to: 1)
        sums.add(part.products, to: 2)
      }
    }
    everyone.sum(&sums)
    var image = sums.values(of: 0)
    let scores = sums.values(of: 1)
    for g in 0..<G {
      for w in 0..<W { image[g * W + w] -= start.offsets[g] * scores[w] }
    }
    return (
      Matrix(rowCount: G, columnCount: W, elements: image),
      Matrix(rowCount: W, columnCount: W, elements: sums.values(of: 2))
    )
  }

  /// The L leading eigenvectors within the basis, scaled so that the first score has variance 1.
  private func loadings(
    _ basis: Matrix<Double>, _ gram: Matrix<Double>, width: Int
  ) -> Matrix<Double> {
    let L = configuration.latent
    let columns = min(L, width)
    guard let eigen = try? SymmetricEigen(gram, largest: columns) else { return basis }
    let order = (0..<columns).sorted { eigen.values[$0] > eigen.values[$1] }
    let largest = max(eigen.values[order[0]], .leastNormalMagnitude)
    let scale = (Double(max(min(trainCount, SpectralStart.sampleSize) - 1, 1)) / largest)
      .squareRoot()
    var result = Matrix<Double>(rowCount: basis.rowCount, columnCount: L)
    for g in 0..<basis.rowCount {
      for (l, column) in order.enumerated() {
        var sum = 0.0
        for w in 0..<width { sum += basis[g, w] * eigen.vectors[w, column] }
        result[g, l] = sum * scale
      }
    }
    return result
  }

  /// z = Vᵀ (a − ā) of every cell of a lane.
  private func project(_ lane: inout Lane, _ start: SpectralStart) {
    let L = configuration.latent
    let shift = product(start.offsets, start.basis)
    var row = ScaledRow()
    for position in 0..<lane.rows.count {
      row.fill(position, of: lane.matrix, start)
      let scores = score(row, start.basis, shift)
      for l in 0..<L { lane.saved.representations[position * L + l] = Scalar(scores[l]) }
    }
  }
}

/// vᵀ M.
private func product(_ vector: [Double], _ matrix: Matrix<Double>) -> [Double] {
  var result = [Double](repeating: 0, count: matrix.columnCount)
  for row in vector.indices where vector[row] != 0 {
    for column in result.indices { result[column] += vector[row] * matrix[row, column] }
  }
  return result
}

/// (a − ā)ᵀ Q of one cell.
private func score(_ row: ScaledRow, _ basis: Matrix<Double>, _ shift: [Double]) -> [Double] {
  let W = basis.columnCount
  var result = shift.map { -$0 }
  basis.withUnsafeElements { basis in
    result.withUnsafeMutableBufferPointer { result in
      for (column, value) in zip(row.columns, row.values) {
        for w in 0..<W { result[w] += value * basis[column * W + w] }
      }
    }
  }
  return result
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
    _ positions: [Int], of matrix: RowMatrix, _ start: SpectralStart, shift: [Double]
  ) {
    let W = scores.count
    var row = ScaledRow()
    for position in positions {
      row.fill(position, of: matrix, start)
      let score = score(row, start.basis, shift)
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
