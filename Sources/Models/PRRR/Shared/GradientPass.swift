package import LinearAlgebra
package import Modeling
import TileKernels

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
/// - Returns: nil where a sum was not finite, on every rank.
package func likelihoodGradient<Everyone: Team & ~Copyable>(
  lanes: [[PoissonBlock]], at coefficients: ReducedRankCoefficients,
  with everyone: borrowing Everyone, on workers: Workers
) -> LikelihoodGradient? {
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
  let groups = mapConcurrently(groupCount, on: workers) { group in
    var part = empty
    let scratch = GradientScratch(coefficients)
    for index in blocks.count * group / groupCount..<blocks.count * (group + 1) / groupCount {
      scratch.go(through: blocks[index], scores: scores[index], adding: &part)
    }
    return part
  }
  var sums = empty
  for group in groups { sums.add(group) }
  everyone.sum(&sums)
  guard sums.fault == nil else { return nil }
  return LikelihoodGradient(
    value: sums.value(of: 0),
    covariateLoadings: Matrix(rowCount: p, columnCount: k, elements: sums.values(of: 1)),
    geneCoefficients: Matrix(rowCount: q, columnCount: k + 1, elements: sums.values(of: 2)),
    clippedCount: Int(sums.value(of: 3)))
}

/// One thread's memory for going through blocks.
private final class GradientScratch {
  private let kernels = PoissonKernels.chosen
  private let tile = PoissonTile()
  private var sums = Array(repeating: 0.0, count: PoissonTile.geneCapacity)
  private let coefficients: ReducedRankCoefficients
  private var residuals: [Double]
  private var geneGradient: [Double]

  init(_ coefficients: ReducedRankCoefficients) {
    self.coefficients = coefficients
    residuals = Array(repeating: 0, count: PoissonBlock.capacity * (coefficients.factorCount + 1))
    geneGradient = Array(
      repeating: 0, count: coefficients.geneCount * (coefficients.factorCount + 1))
  }

  /// Adds the value and the gradients of a block.
  func go(through block: PoissonBlock, scores: VectorRows, adding part: inout PartialSums) {
    guard block.rowCount > 0 else { return }
    let width = coefficients.factorCount + 1
    var value = 0.0
    var clipped = 0
    residuals.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    geneGradient.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    tile.load(block)
    residuals.withUnsafeMutableBufferPointer { residuals in
      geneGradient.withUnsafeMutableBufferPointer { gradient in
        scores.withNumbers { h in
          coefficients.geneCoefficients.withUnsafeElements { b in
            guard let residuals = residuals.baseAddress, let gradient = gradient.baseAddress,
              let b = b.baseAddress
            else { return }
            for start in stride(from: 0, to: coefficients.geneCount, by: PoissonTile.geneCapacity) {
              let genes =
                start..<min(start + PoissonTile.geneCapacity, coefficients.geneCount)
              let sums = go(
                through: genes, of: block, h, scores.stride, b, width, residuals: residuals,
                gradient: gradient)
              value += sums.value
              clipped += sums.clipped
            }
          }
        }
      }
    }
    part.add(value, to: 0)
    part.add(geneGradient, to: 2)
    part.add(Double(clipped), to: 3)
    let residualMatrix = Matrix(
      rowCount: block.rowCount, columnCount: width,
      elements: Array(residuals[..<(block.rowCount * width)]))
    let withIntercept = matrixProduct(block.design, residualMatrix, transposing: .first)
    part.add(
      (0..<withIntercept.rowCount).flatMap { withIntercept.row($0).dropLast() }, to: 1)
  }

  /// E = Y − μ of a chunk: residuals += E b, gradient += Eᵀ h.
  private func go(
    through genes: Range<Int>, of block: PoissonBlock, _ h: UnsafePointer<Double>,
    _ scoreStride: Int, _ b: UnsafePointer<Double>, _ width: Int,
    residuals: UnsafeMutablePointer<Double>,
    gradient: UnsafeMutablePointer<Double>
  ) -> (value: Double, clipped: Int) {
    let chunkCoefficients = b + genes.lowerBound * width
    tile.setPredictors(
      scores: h, scoreStride: scoreStride, coefficients: chunkCoefficients,
      geneCount: genes.count, width: width)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let sums = sums.baseAddress else { return }
      block.withEntries(of: genes) {
        // Loadings are read for residuals only; these come from products below.
        kernels.counts(
          $0, tile.means, stride: tile.stride, limit: PoissonLimits.largestPredictor, nil,
          width: 0, residuals: nil, sums: sums)
      }
    }
    let clipped = tile.setMeans(geneCount: genes.count)
    var value = 0.0
    for gene in 0..<genes.count { value += sums[gene] - tile.sums[gene] }
    block.withEntries(of: genes) { entries in
      for gene in 0..<genes.count {
        let means = tile.means + gene * tile.stride
        for place in Int(entries.starts[gene])..<Int(entries.starts[gene + 1]) {
          means[Int(entries.rows[place])] -= Double(entries.counts[place])
        }
      }
    }
    Double.gemm(
      rowCount: genes.count, columnCount: width, depth: block.rowCount, alpha: -1,
      a: Operand(tile.means, stride: tile.stride), b: Operand(h, stride: scoreStride),
      beta: 1,
      c: gradient + genes.lowerBound * width, cStride: width)
    Double.gemm(
      rowCount: block.rowCount, columnCount: width, depth: genes.count, alpha: -1,
      a: Operand(tile.means, stride: tile.stride, .transposed),
      b: Operand(chunkCoefficients, stride: width), beta: 1, c: residuals, cStride: width)
    return (value, clipped)
  }
}
