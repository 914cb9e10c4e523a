import Kernels
package import LinearAlgebra
package import Modeling

/// One pass over the reads of a lane: the responsibilities of topics for reads, summed.
///
///     R = X / (Φ̃ Ψ̃)  where X > 0       P = R Ψ̃ᵀ       G = Φ̃ᵀ R
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | Φ̃ | exp E[log φ], samples × topics | `weights` |
/// | Ψ̃ | exp E[log ψ], topics × genes | `topics` |
/// | P | what updates σ̂, samples × topics | `sampleSums` |
/// | G | what updates ξ̂, topics × genes | `geneSums` |
///
/// Samples go through in blocks, so that R never exists as a whole; their size depends on the number of genes
/// only.
package struct ReadPass {
  /// P = R Ψ̃ᵀ, samples × topics, what updates σ̂.
  package private(set) var sampleSums: Matrix<Double>
  /// G = Φ̃ᵀ R, topics × genes, what updates ξ̂.
  package private(set) var geneSums: Matrix<Double>
  /// Σ x log (Φ̃ Ψ̃); 0 unless asked for.
  package private(set) var logLikelihood = 0.0

  /// A pass over samples that were read for it.
  ///
  /// - Parameter samples: their counts, and which rows of these they are.
  init(
    _ samples: (counts: CompressedCounts, rows: [Int]), weights: Matrix<Double>,
    topics: Matrix<Double>, wantsLikelihood: Bool
  ) {
    self.init(
      samples.counts, rows: samples.rows, weights: weights, topics: topics,
      wantsLikelihood: wantsLikelihood)
  }

  /// A pass over some samples.
  ///
  /// - Parameter rows: which, a row of `weights` for each.
  package init(
    _ counts: CompressedCounts, rows: [Int], weights: Matrix<Double>, topics: Matrix<Double>,
    wantsLikelihood: Bool
  ) {
    let (L, K, G) = (rows.count, topics.rowCount, topics.columnCount)
    sampleSums = Matrix(rowCount: L, columnCount: K, repeating: 0)
    geneSums = Matrix(rowCount: K, columnCount: G, repeating: 0)
    guard L > 0, G > 0 else { return }
    var likelihood = 0.0
    sampleSums.withUnsafeMutableBase { sampleSums in
      geneSums.withUnsafeMutableBase { geneSums in
        weights.withUnsafeBase { weights in
          topics.withUnsafeBase { topics in
            let blocks = ReadBlocks(
              counts: counts, rows: rows, topicCount: K, weights: weights, topics: topics)
            likelihood = blocks.pass(
              sampleSums: sampleSums, geneSums: geneSums, wantsLikelihood: wantsLikelihood)
          }
        }
      }
    }
    logLikelihood = likelihood
  }
}

/// The samples of a pass, block by block.
private struct ReadBlocks {
  let counts: CompressedCounts
  let rows: [Int]
  let topicCount: Int
  let weights: UnsafePointer<Double>
  let topics: UnsafePointer<Double>

  /// Adds up P and G.
  ///
  /// - Returns: the log-likelihood; 0 unless asked for.
  func pass(
    sampleSums: UnsafeMutablePointer<Double>, geneSums: UnsafeMutablePointer<Double>,
    wantsLikelihood: Bool
  ) -> Double {
    let (L, K, G) = (rows.count, topicCount, counts.columnCount)
    let blockRows = min(128, max(16, 131_072 / G))
    let blockCount = (L + blockRows - 1) / blockRows
    let ratios = UnsafeMutablePointer<Double>.allocate(capacity: blockRows * G)
    let reads = UnsafeMutablePointer<Double>.allocate(capacity: G)
    defer {
      ratios.deallocate()
      reads.deallocate()
    }
    var logLikelihood = 0.0
    for block in 0..<blockCount {
      let range = block * L / blockCount..<(block + 1) * L / blockCount
      let own = weights + range.lowerBound * K
      Double.gemm(
        rowCount: range.count, columnCount: G, depth: K, alpha: 1, a: Operand(own, stride: K),
        b: Operand(topics, stride: G), beta: 0, c: ratios, cStride: G)
      for index in range {
        let denominators = ratios + (index - range.lowerBound) * G
        logLikelihood += divide(rows[index], denominators, reads, wantsLikelihood: wantsLikelihood)
      }
      Double.gemm(
        rowCount: range.count, columnCount: K, depth: G, alpha: 1, a: Operand(ratios, stride: G),
        b: Operand(topics, stride: G, .transposed), beta: 0, c: sampleSums + range.lowerBound * K,
        cStride: K)
      Double.gemm(
        rowCount: K, columnCount: G, depth: range.count, alpha: 1,
        a: Operand(own, stride: K, .transposed), b: Operand(ratios, stride: G),
        beta: block == 0 ? 0 : 1, c: geneSums, cStride: G)
    }
    return logLikelihood
  }

  /// Replaces a row of Φ̃ Ψ̃ by x / (Φ̃ Ψ̃), zero where there is no read.
  private func divide(
    _ row: Int, _ denominators: UnsafeMutablePointer<Double>,
    _ reads: UnsafeMutablePointer<Double>, wantsLikelihood: Bool
  ) -> Double {
    let G = counts.columnCount
    reads.update(repeating: 0, count: G)
    counts.forEachNonZero(inRow: row) { reads[$0] = Double($1) }
    let kernels = Kernels.current.topics
    let likelihood =
      wantsLikelihood ? kernels.logLikelihood(reads: reads, denominators, count: G) : 0
    kernels.divide(reads: reads, denominators, count: G)
    return likelihood
  }
}
