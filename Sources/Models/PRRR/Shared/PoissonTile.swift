import Kernels

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
  /// The columns of the scores, width × rows.
  private let columns: UnsafeMutablePointer<WideDoubles>
  private let width: Int
  private let kernels = Kernels.current.poisson
  private var vectorsPerGene = 0
  private var rowCount = 0

  /// From a gene to the next.
  package var stride: Int { 8 * vectorsPerGene }

  /// Memory for one thread.
  ///
  /// - Parameters:
  ///   - rowCapacity: the most rows of a block.
  ///   - width: coefficients of a gene.
  package init(rowCapacity: Int, width: Int) {
    let perGene = (rowCapacity + 7) / 8
    self.width = width
    vectors = .allocate(capacity: Self.geneCapacity * perGene)
    vectors.initialize(repeating: WideDoubles(repeating: 0), count: Self.geneCapacity * perGene)
    exposure = .allocate(capacity: perGene)
    exposure.initialize(repeating: WideDoubles(repeating: 0), count: perGene)
    columns = .allocate(capacity: width * perGene)
    columns.initialize(repeating: WideDoubles(repeating: 0), count: width * perGene)
    sums = .allocate(capacity: Self.geneCapacity)
    sums.initialize(repeating: 0, count: Self.geneCapacity)
    means = UnsafeMutableRawPointer(vectors).assumingMemoryBound(to: Double.self)
  }

  deinit {
    vectors.deallocate()
    exposure.deallocate()
    columns.deallocate()
    sums.deallocate()
  }

  /// Turns to a block with its scores, R × width.
  package func load(_ block: PoissonBlock, scores: VectorRows) {
    rowCount = block.rowCount
    vectorsPerGene = (rowCount + 7) / 8
    // Behind the rows stay zeros: predictors of 0, then means of 0.
    exposure.update(repeating: WideDoubles(repeating: 0), count: vectorsPerGene)
    columns.update(repeating: WideDoubles(repeating: 0), count: width * vectorsPerGene)
    let exposures = UnsafeMutableRawPointer(exposure).assumingMemoryBound(to: Double.self)
    for row in 0..<rowCount { exposures[row] = block.exposure[row] }
    scores.setColumns(
      UnsafeMutableRawPointer(columns).assumingMemoryBound(to: Double.self), width: width,
      stride: stride)
  }

  /// η of some genes.
  ///
  /// - Parameter coefficients: geneCount × width.
  package func setPredictors(coefficients: UnsafePointer<Double>, geneCount: Int) {
    precondition(geneCount <= Self.geneCapacity)
    kernels.predictors(
      coefficients, stride: width, geneCount: geneCount, width: width, columns,
      vectorCount: vectorsPerGene, into: vectors)
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

/// All products h_a h_b, a ≤ b, of each row of scores.
package func setPackedProducts(_ products: inout VectorRows, of scores: VectorRows, width: Int) {
  let (apart, stride, rowCount) = (products.stride, scores.stride, scores.rowCount)
  scores.withNumbers { scores in
    products.withMutableNumbers { products in
      for row in 0..<rowCount {
        let h = scores + row * stride
        var target = products + row * apart
        for a in 0..<width {
          for b in a..<width {
            target.pointee = h[a] * h[b]
            target += 1
          }
        }
      }
    }
  }
}
