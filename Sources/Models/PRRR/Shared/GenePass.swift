package import LinearAlgebra
package import Modeling

/// What a Newton step of every gene's coefficients needs, summed over all rows of everyone.
package struct GeneSums: Sendable {
  /// Σ_n y_nj h_n, genes × width.
  package var countMoments: [Double]
  /// Σ_n μ_nj h_na h_nb, packed, genes × width (width + 1) / 2; the last of each gene is Σ_n μ_nj.
  package var meanMoments: [Double]
  /// Linear predictors that were clipped.
  package var clippedCount: Int
}

/// Scores of the rows of each block: X U and a column of ones.
///
/// Local.
package func scores(
  of blocks: [PoissonBlock], at loadings: Matrix<Double>, on workers: Workers
) -> [[Double]] {
  mapConcurrently(blocks.count, on: workers) { index in
    let block = blocks[index]
    let width = loadings.columnCount + 1
    var result = Array(repeating: 1.0, count: block.rowCount * width)
    guard block.rowCount > 0 else { return result }
    result.withUnsafeMutableBufferPointer { result in
      block.design.withUnsafeElements { design in
        loadings.withUnsafeElements { loadings in
          guard let target = result.baseAddress, let x = design.baseAddress,
            let u = loadings.baseAddress
          else { return }
          Double.gemm(
            rowCount: block.rowCount, columnCount: width - 1, depth: block.design.columnCount,
            alpha: 1, a: Operand(x, stride: block.design.columnCount),
            b: Operand(u, stride: width - 1), beta: 0, c: target, cStride: width)
        }
      }
    }
    return result
  }
}

/// Sums over all rows for every gene: moments of counts, of means, and with them gradient and Hessian.
///
///     ∂ℓ_j/∂b_j = Σ_n (y_nj − μ_nj) h_n         −∂²ℓ_j/∂b_j² = Σ_n μ_nj h_n h_nᵀ
///
/// Collective. Threads share out chunks of genes; a lane is rounded once a chunk.
/// - Parameters:
///   - lanes: the blocks of each lane.
///   - scores: the scores of each block of each lane.
///   - coefficients: genes × width.
/// - Returns: nil where a sum was not finite, on every rank.
package func geneSums<Everyone: Team & ~Copyable>(
  lanes: [[PoissonBlock]], scores: [[[Double]]], coefficients: Matrix<Double>,
  with everyone: borrowing Everyone, on workers: Workers
) -> GeneSums? {
  let geneCount = coefficients.rowCount
  let width = coefficients.columnCount
  let packed = packedCount(width)
  let chunkSize = PoissonTile.geneCapacity
  let chunkCount = (geneCount + chunkSize - 1) / chunkSize
  var parts = mapConcurrently(chunkCount, on: workers) { chunk in
    let genes = chunk * chunkSize..<min((chunk + 1) * chunkSize, geneCount)
    return coefficients.withUnsafeElements { coefficients in
      genePart(
        genes, lanes: lanes, scores: scores, coefficients: coefficients, width: width)
    }
  }
  var sums = PartialSums([
    .wide("counts by scores", count: geneCount * width, unitExponent: 10),
    .wide("means by scores", count: geneCount * packed, unitExponent: 10),
    .wide("clipped predictors", count: 1),
  ])
  for chunk in parts.indices {
    let first = chunk * chunkSize
    sums.addStretch(of: &parts[chunk], block: 0, to: 0, at: first * width)
    sums.addStretch(of: &parts[chunk], block: 1, to: 1, at: first * packed)
    sums.addStretch(of: &parts[chunk], block: 2, to: 2, at: 0)
  }
  everyone.sum(&sums)
  guard sums.fault == nil else { return nil }
  return GeneSums(
    countMoments: sums.values(of: 0), meanMoments: sums.values(of: 1),
    clippedCount: Int(sums.value(of: 2)))
}

/// The sums of some genes over the lanes of this rank.
private func genePart(
  _ genes: Range<Int>, lanes: [[PoissonBlock]], scores: [[[Double]]],
  coefficients: UnsafeBufferPointer<Double>, width: Int
) -> PartialSums {
  let packed = packedCount(width)
  var part = PartialSums([
    .wide("counts by scores", count: genes.count * width, unitExponent: 10),
    .wide("means by scores", count: genes.count * packed, unitExponent: 10),
    .wide("clipped predictors", count: 1),
  ])
  guard let base = coefficients.baseAddress else { return part }
  let tile = PoissonTile()
  var products = Array(repeating: 0.0, count: PoissonBlock.capacity * packed)
  var countMoments = Array(repeating: 0.0, count: genes.count * width)
  var meanMoments = Array(repeating: 0.0, count: genes.count * packed)
  for (blocks, laneScores) in zip(lanes, scores) where !blocks.isEmpty {
    var clipped = 0
    countMoments.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    meanMoments.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    for (block, blockScores) in zip(blocks, laneScores) {
      tile.load(block)
      blockScores.withUnsafeBufferPointer { h in
        products.withUnsafeMutableBufferPointer { products in
          countMoments.withUnsafeMutableBufferPointer { counts in
            meanMoments.withUnsafeMutableBufferPointer { means in
              guard let h = h.baseAddress, let products = products.baseAddress,
                let counts = counts.baseAddress, let means = means.baseAddress
              else { return }
              tile.setPredictors(
                scores: h, coefficients: base + genes.lowerBound * width, geneCount: genes.count,
                width: width)
              for gene in genes.indices.map({ $0 - genes.lowerBound }) {
                clipped += tile.setMeans(gene: gene).clipped
              }
              setPackedProducts(products, of: h, rowCount: block.rowCount, width: width)
              Double.gemm(
                rowCount: genes.count, columnCount: packed, depth: block.rowCount, alpha: 1,
                a: Operand(tile.means, stride: tile.stride), b: Operand(products, stride: packed),
                beta: 1, c: means, cStride: packed)
              addCountMoments(block, genes, scores: h, width: width, to: counts)
            }
          }
        }
      }
    }
    part.add(countMoments, to: 0)
    part.add(meanMoments, to: 1)
    part.add(Double(clipped), to: 2)
  }
  return part
}

/// Σ_n y_nj h_n of some genes over the non-zero counts of a block.
private func addCountMoments(
  _ block: PoissonBlock, _ genes: Range<Int>, scores: UnsafePointer<Double>, width: Int,
  to sums: UnsafeMutablePointer<Double>
) {
  block.geneStarts.withUnsafeBufferPointer { starts in
    block.entryRows.withUnsafeBufferPointer { rows in
      block.entryCounts.withUnsafeBufferPointer { counts in
        for gene in genes {
          let target = sums + (gene - genes.lowerBound) * width
          for place in Int(starts[gene])..<Int(starts[gene + 1]) {
            let h = scores + Int(rows[place]) * width
            let count = Double(counts[place])
            for a in 0..<width { target[a] += count * h[a] }
          }
        }
      }
    }
  }
}
