import LinearAlgebra

/// Means of a few genes in the rows of a block, gene by gene: the only place where something of the size rows
/// × genes exists, and it fits the second-level cache.
///
///     μ_gn = s_n exp(Σ_c b_gc h_nc)
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | b | coefficients of the genes, intercept included | T × c | `coefficients` |
/// | h | scores of the rows, a column of ones included | R × c | `scores` |
/// | μ | means | T × stride | `means` |
///
/// A class: it owns memory that a thread uses again and again.
package final class PoissonTile {
  /// The most genes at a time.
  package static let geneCapacity = 64

  /// η, then μ; `stride` apart for each gene.
  package let means: UnsafeMutablePointer<Double>
  /// s with zeros behind it.
  private let exposure: UnsafeMutablePointer<Double>
  /// From a gene to the next.
  package private(set) var stride = 0
  private var rowCount = 0

  /// Memory for one thread.
  package init() {
    means = .allocate(capacity: Self.geneCapacity * PoissonBlock.capacity)
    means.initialize(repeating: 0, count: Self.geneCapacity * PoissonBlock.capacity)
    exposure = .allocate(capacity: PoissonBlock.capacity)
    exposure.initialize(repeating: 0, count: PoissonBlock.capacity)
  }

  deinit {
    means.deallocate()
    exposure.deallocate()
  }

  /// Turns to a block.
  package func load(_ block: PoissonBlock) {
    rowCount = block.rowCount
    stride = (rowCount + 7) & ~7
    for row in 0..<rowCount { exposure[row] = block.exposure[row] }
    for row in rowCount..<max(stride, rowCount) { exposure[row] = 0 }
  }

  /// η of some genes.
  ///
  /// - Parameters:
  ///   - scores: R × width.
  ///   - coefficients: geneCount × width.
  package func setPredictors(
    scores: UnsafePointer<Double>, coefficients: UnsafePointer<Double>, geneCount: Int, width: Int
  ) {
    precondition(geneCount <= Self.geneCapacity)
    Double.gemm(
      rowCount: geneCount, columnCount: rowCount, depth: width, alpha: 1,
      a: Operand(coefficients, stride: width), b: Operand(scores, stride: width, .transposed),
      beta: 0, c: means, cStride: stride)
    for gene in 0..<geneCount {
      for row in rowCount..<max(stride, rowCount) { means[gene * stride + row] = 0 }
    }
  }

  /// Replaces η of one gene by μ.
  package func setMeans(gene: Int) -> (sum: Double, clipped: Int) {
    replacePredictorsByMeans(means + gene * stride, exposure: exposure, count: rowCount)
  }
}

/// Pairs a ≤ b of `width` things, (0,0), (0,1) …: how symmetric matrices are packed.
@inline(__always)
package func packedCount(_ width: Int) -> Int { width * (width + 1) / 2 }

/// All products h_a h_b, a ≤ b, of each row.
package func setPackedProducts(
  _ products: UnsafeMutablePointer<Double>, of scores: UnsafePointer<Double>, rowCount: Int,
  width: Int
) {
  let packed = packedCount(width)
  for row in 0..<rowCount {
    let h = scores + row * width
    var target = products + row * packed
    for a in 0..<width {
      for b in a..<width {
        target.pointee = h[a] * h[b]
        target += 1
      }
    }
  }
}
