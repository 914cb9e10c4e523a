import LinearAlgebra
import TileKernels

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
  /// Σ μ of each gene, after `setMeans`.
  package let sums: UnsafeMutablePointer<Double>
  private let vectors: UnsafeMutablePointer<WideDoubles>
  /// s with zeros behind it.
  private let exposure: UnsafeMutablePointer<WideDoubles>
  private let kernels = PoissonKernels.chosen
  private var vectorsPerGene = 0
  private var rowCount = 0

  /// From a gene to the next.
  package var stride: Int { 8 * vectorsPerGene }

  /// Memory for one thread.
  package init() {
    let perGene = PoissonBlock.capacity / 8
    vectors = .allocate(capacity: Self.geneCapacity * perGene)
    vectors.initialize(repeating: WideDoubles(repeating: 0), count: Self.geneCapacity * perGene)
    exposure = .allocate(capacity: perGene)
    exposure.initialize(repeating: WideDoubles(repeating: 0), count: perGene)
    sums = .allocate(capacity: Self.geneCapacity)
    sums.initialize(repeating: 0, count: Self.geneCapacity)
    means = UnsafeMutableRawPointer(vectors).assumingMemoryBound(to: Double.self)
  }

  deinit {
    vectors.deallocate()
    exposure.deallocate()
    sums.deallocate()
  }

  /// Turns to a block.
  package func load(_ block: PoissonBlock) {
    rowCount = block.rowCount
    vectorsPerGene = (rowCount + 7) / 8
    exposure.update(repeating: WideDoubles(repeating: 0), count: vectorsPerGene)
    let numbers = UnsafeMutableRawPointer(exposure).assumingMemoryBound(to: Double.self)
    for row in 0..<rowCount { numbers[row] = block.exposure[row] }
  }

  /// η of some genes.
  ///
  /// - Parameters:
  ///   - scores: R × width, `scoreStride` apart.
  ///   - coefficients: geneCount × width.
  package func setPredictors(
    scores: UnsafePointer<Double>, scoreStride: Int, coefficients: UnsafePointer<Double>,
    geneCount: Int, width: Int
  ) {
    precondition(geneCount <= Self.geneCapacity)
    Double.gemm(
      rowCount: geneCount, columnCount: rowCount, depth: width, alpha: 1,
      a: Operand(coefficients, stride: width),
      b: Operand(scores, stride: scoreStride, .transposed), beta: 0, c: means, cStride: stride)
    guard stride > rowCount else { return }
    for gene in 0..<geneCount {
      for row in rowCount..<stride { means[gene * stride + row] = 0 }
    }
  }

  /// Replaces η by μ, and sums μ over the rows for each gene; how many predictors were clipped.
  package func setMeans(geneCount: Int) -> Int {
    kernels.means(
      vectors, geneCount: geneCount, vectorCount: vectorsPerGene, exposure: exposure,
      limit: PoissonLimits.largestPredictor, sums: sums)
  }
}

/// Pairs a ≤ b of `width` things, (0,0), (0,1) …: how symmetric matrices are packed.
@inline(__always)
package func packedCount(_ width: Int) -> Int { width * (width + 1) / 2 }

/// All products h_a h_b, a ≤ b, of each row.
package func setPackedProducts(
  _ products: UnsafeMutablePointer<Double>, of scores: UnsafePointer<Double>, rowCount: Int,
  stride: Int, width: Int
) {
  let packed = packedCount(width)
  for row in 0..<rowCount {
    let h = scores + row * stride
    var target = products + row * packed
    for a in 0..<width {
      for b in a..<width {
        target.pointee = h[a] * h[b]
        target += 1
      }
    }
  }
}
