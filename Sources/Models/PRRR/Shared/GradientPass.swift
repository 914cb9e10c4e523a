package import Concurrency
import Kernels
package import LinearAlgebra
import Modeling
package import Sums

/// The log-likelihood (without constants) and its gradient at one point, summed over everyone.
package struct LikelihoodGradient: Sendable {
  /// Σ_nj y_nj η_nj − μ_nj.
  package var value: Double
  /// ∂/∂U = Xᵀ (Y − μ) Vᵀ, p × k.
  package var covariateLoadings: Matrix<Double>
  /// ∂/∂(V, v0) = (Y − μ)ᵀ (X U, 1), q × (k + 1).
  package var geneCoefficients: Matrix<Double>
  /// Linear predictors that were clipped.
  package var clippedCount: Int
}

/// One pass over all rows: each mean is computed once and used for both gradients.
///
/// Collective. Threads share out blocks of rows; a block is rounded once.
/// - Throws: `SumFault` where a number could not be summed.
package func likelihoodGradient<Everyone: Team & ~Copyable>(
  lanes: [[PoissonBlock]], at coefficients: ReducedRankCoefficients,
  with everyone: borrowing Everyone, on workers: Workers
) throws(SumFault) -> LikelihoodGradient {
  let blocks = lanes.flatMap(\.self)
  let (p, k, q) = (
    coefficients.covariateCount, coefficients.factorCount, coefficients.geneCount
  )
  let scores = scores(of: blocks, at: coefficients.covariateLoadings, on: workers)
  let empty = PartialSums([
    .wide("log-likelihood", count: 1, unitExponent: 10),
    .wide("gradient of U", count: p * k, unitExponent: 10),
    .wide("gradient of V", count: q * (k + 1), unitExponent: 10),
    .wide("clipped predictors", count: 1),
  ])
  let groupCount = min(blocks.count, workers.threadCount)
  let rowCapacity = blocks.map(\.rowCount).max() ?? 0
  let groups = workers.map(groupCount) { group in
    var part = empty
    let scratch = GradientScratch(coefficients, rowCapacity: rowCapacity)
    for index in blocks.count * group / groupCount..<blocks.count * (group + 1) / groupCount {
      scratch.go(through: blocks[index], scores: scores[index], adding: &part)
    }
    return part
  }
  var partials = empty
  for group in groups { partials.add(group) }
  let sums = try everyone.sum(consume partials)
  return LikelihoodGradient(
    value: sums.value(of: 0),
    covariateLoadings: Matrix(rowCount: p, columnCount: k, elements: sums.values(of: 1)),
    geneCoefficients: Matrix(rowCount: q, columnCount: k + 1, elements: sums.values(of: 2)),
    clippedCount: Int(sums.value(of: 3)))
}

/// One thread's memory for going through blocks.
private final class GradientScratch {
  private let kernels = Kernels.current.poisson
  private let tile: PoissonTile
  private let coefficients: ReducedRankCoefficients
  /// (V, v0) of each gene.
  private let loadings: VectorRows
  private let width: Int
  private var sums = Array(repeating: 0.0, count: PoissonTile.geneCapacity)
  /// Σ_j (μ − y)_nj (v_j, v0_j), R × width.
  private var residuals: VectorRows
  /// Σ_n (μ − y)_nj h_n, q × width.
  private var geneGradient: VectorRows

  init(_ coefficients: ReducedRankCoefficients, rowCapacity: Int) {
    self.coefficients = coefficients
    width = coefficients.factorCount + 1
    loadings = VectorRows(coefficients.geneCoefficients, width: width)
    tile = PoissonTile(rowCapacity: rowCapacity, width: width)
    residuals = VectorRows(rowCount: rowCapacity, width: width)
    geneGradient = VectorRows(rowCount: coefficients.geneCount, width: width)
  }

  /// Adds the value and the gradients of a block.
  func go(through block: PoissonBlock, scores: VectorRows, adding part: inout PartialSums) {
    guard block.rowCount > 0 else { return }
    var value = 0.0
    var clipped = 0
    residuals.reset()
    geneGradient.reset()
    tile.load(block, scores: scores)
    for start in stride(from: 0, to: coefficients.geneCount, by: PoissonTile.geneCapacity) {
      let genes = start..<min(start + PoissonTile.geneCapacity, coefficients.geneCount)
      setResiduals(of: genes, in: block, &value, &clipped)
      addGradients(of: genes, in: block, scores)
    }
    part.add(value, to: 0)
    part.add(geneGradient.numbers(width: width).map { -$0 }, to: 2)
    part.add(Double(clipped), to: 3)
    let residualMatrix = Matrix(
      rowCount: block.rowCount, columnCount: width - 1,
      elements: Array(
        residuals.numbers(width: width - 1).prefix(block.rowCount * (width - 1))))
    part.add(
      matrixProduct(block.design, residualMatrix, transposing: .first).elements.map { -$0 }, to: 1)
  }

  /// The tile ← μ − Y of some genes; adds Σ y η − μ to the value.
  private func setResiduals(
    of genes: Range<Int>, in block: PoissonBlock, _ value: inout Double, _ clipped: inout Int
  ) {
    coefficients.geneCoefficients.withUnsafeElements { b in
      guard let b = b.baseAddress else { return }
      tile.setPredictors(coefficients: b + genes.lowerBound * width, geneCount: genes.count)
    }
    sums.withUnsafeMutableBufferPointer { sums in
      guard let sums = sums.baseAddress else { return }
      block.withEntries(of: genes) {
        kernels.counts(
          $0, tile.means, stride: tile.stride, limit: PoissonLimits.largestPredictor, nil,
          width: 0, residuals: nil, sums: sums)
      }
    }
    clipped += tile.setMeans(geneCount: genes.count)
    for gene in 0..<genes.count { value += sums[gene] - tile.sums[gene] }
    block.withEntries(of: genes) { entries in
      for gene in 0..<genes.count {
        let means = tile.means + gene * tile.stride
        for place in Int(entries.starts[gene])..<Int(entries.starts[gene + 1]) {
          means[Int(entries.rows[place])] -= Double(entries.counts[place])
        }
      }
    }
  }

  private func addGradients(of genes: Range<Int>, in block: PoissonBlock, _ scores: VectorRows) {
    let vectorCount = loadings.vectorsPerRow
    scores.withVectors { h in
      geneGradient.withMutableVectors {
        kernels.addProduct(
          tile.means, rowStride: tile.stride, depthStride: 1, rowCount: genes.count,
          depth: block.rowCount, h, width: vectorCount, to: $0 + genes.lowerBound * vectorCount)
      }
    }
    loadings.withVectors { v in
      residuals.withMutableVectors {
        kernels.addProduct(
          tile.means, rowStride: 1, depthStride: tile.stride, rowCount: block.rowCount,
          depth: genes.count, v + genes.lowerBound * vectorCount, width: vectorCount, to: $0)
      }
    }
  }
}
