import Concurrency
import LinearAlgebra
import Modeling
import Sums

extension SpectralStarter {
  /// Aᵀ (A Q), G × width, and (A Q)ᵀ (A Q), for the centred, scaled rows A.
  func subspaceImage<Everyone: Team & ~Copyable>(
    _ projection: SpectralProjection, _ lanes: [StartLane], with everyone: borrowing Everyone,
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
          parts[index].add(some[index], projection, shift)
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

  /// The columns of a matrix made orthonormal.
  ///
  /// - Throws: `SumFault` where they cannot be, because numbers are too large.
  func orthonormal(_ image: Matrix<Double>) throws(SumFault) -> Matrix<Double> {
    guard let factors = try? QR(image) else {
      throw SumFault(block: "image of the basis", kind: .outOfRange, count: image.elements.count)
    }
    return factors.orthonormal
  }

  /// Q u_l / λ_l^{1/4} for the L leading eigenvectors u_l of (A Q)ᵀ (A Q), the sign such that the largest entry
  /// of each loading is positive. Dimensions beyond the rank of the data stay zero.
  ///
  /// - Throws: `SumFault` where the products have no eigenvectors, because they are too large.
  func loadings(
    _ basis: Matrix<Double>, _ gram: Matrix<Double>
  ) throws(SumFault) -> Matrix<Double> {
    let (G, W, L) = (basis.rowCount, basis.columnCount, dimension)
    let columns = min(L, W)
    var result = Matrix<Double>(rowCount: G, columnCount: L)
    guard let eigen = try? SymmetricEigen(gram, largest: columns) else {
      throw SumFault(block: "products of scores", kind: .outOfRange, count: gram.elements.count)
    }
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

  /// Brings the first coordinate's mean square over the sampled rows to 1.
  func scaleFirstCoordinate<Everyone: Team & ~Copyable>(
    _ projection: inout SpectralProjection, _ lanes: [StartLane],
    _ tables: inout [Representations], with everyone: borrowing Everyone
  ) throws(SumFault) {
    let sums = try summed(2, lanes, with: everyone) { lane, part in
      for position in lanes[lane].sampled {
        let first = Double(tables[lane].values[position * dimension])
        part[0] += first * first
        part[1] += 1
      }
    }
    guard sums[0] > 0 else { return }
    let factor = (sums[1] / sums[0]).squareRoot()
    projection.basis.scale(by: factor)
    for lane in tables.indices {
      for entry in tables[lane].values.indices { tables[lane].values[entry] *= Float(factor) }
    }
  }
}

/// One lane's part of the subspace's image.
private struct SubspacePart: Sendable {
  var image: [Double]
  var scores: [Double]
  var products: [Double]

  init(_ columnCount: Int, _ width: Int) {
    image = Array(repeating: 0, count: columnCount * width)
    scores = Array(repeating: 0, count: width)
    products = Array(repeating: 0, count: width * width)
  }

  mutating func add(_ lane: StartLane, _ projection: SpectralProjection, _ shift: [Double]) {
    let W = scores.count
    var row = ScaledRow()
    for position in lane.sampled {
      row.fill(position, of: lane.matrix, projection)
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
