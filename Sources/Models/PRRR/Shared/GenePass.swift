package import Concurrency
import Kernels
package import LinearAlgebra
import Modeling
package import Sums

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
) -> [VectorRows] {
  workers.map(blocks.count) { index in
    var result = blocks[index].scores(at: loadings, width: loadings.columnCount + 1)
    let stride = result.stride
    result.withMutableNumbers { target in
      for row in 0..<blocks[index].rowCount { target[row * stride + loadings.columnCount] = 1 }
    }
    return result
  }
}

extension PoissonBlock {
  /// X U, with zeros behind it up to `width` and the next whole vector.
  func scores(at loadings: Matrix<Double>, width: Int) -> VectorRows {
    var result = VectorRows(rowCount: rowCount, width: width)
    guard rowCount > 0 else { return result }
    let (stride, factorCount) = (result.stride, loadings.columnCount)
    let covariateCount = design.columnCount
    result.withMutableNumbers { target in
      design.withUnsafeElements { design in
        loadings.withUnsafeElements { loadings in
          guard let x = design.baseAddress, let u = loadings.baseAddress else { return }
          Double.gemm(
            rowCount: rowCount, columnCount: factorCount, depth: covariateCount, alpha: 1,
            a: Operand(x, stride: covariateCount), b: Operand(u, stride: factorCount), beta: 0,
            c: target, cStride: stride)
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
/// - Throws: `SumFault` where a number could not be summed.
package func geneSums<Everyone: Team & ~Copyable>(
  lanes: [[PoissonBlock]], scores: [[VectorRows]], coefficients: Matrix<Double>,
  with everyone: borrowing Everyone, on workers: Workers
) throws(SumFault) -> GeneSums {
  let geneCount = coefficients.rowCount
  let width = coefficients.columnCount
  let packed = packedCount(width)
  let chunkSize = PoissonTile.geneCapacity
  let chunkCount = (geneCount + chunkSize - 1) / chunkSize
  let parts = workers.map(chunkCount) { chunk in
    let genes = chunk * chunkSize..<min((chunk + 1) * chunkSize, geneCount)
    return coefficients.withUnsafeElements { coefficients in
      genePart(
        genes, lanes: lanes, scores: scores, coefficients: coefficients, width: width)
    }
  }
  var partials = PartialSums([
    .wide("counts by scores", count: geneCount * width, unitExponent: 10),
    .wide("means by scores", count: geneCount * packed, unitExponent: 10),
    .wide("clipped predictors", count: 1),
  ])
  for chunk in parts.indices {
    let first = chunk * chunkSize
    partials.add(0, of: parts[chunk], to: 0, at: first * width)
    partials.add(1, of: parts[chunk], to: 1, at: first * packed)
    partials.add(2, of: parts[chunk], to: 2, at: 0)
  }
  let sums = try everyone.sum(consume partials)
  return GeneSums(
    countMoments: sums.values(of: 0), meanMoments: sums.values(of: 1),
    clippedCount: Int(sums.value(of: 2)))
}

/// The sums of some genes over the lanes of this rank.
private func genePart(
  _ genes: Range<Int>, lanes: [[PoissonBlock]], scores: [[VectorRows]],
  coefficients: UnsafeBufferPointer<Double>, width: Int
) -> PartialSums {
  let packed = packedCount(width)
  var part = PartialSums([
    .wide("counts by scores", count: genes.count * width, unitExponent: 10),
    .wide("means by scores", count: genes.count * packed, unitExponent: 10),
    .wide("clipped predictors", count: 1),
  ])
  guard let base = coefficients.baseAddress else { return part }
  let kernels = Kernels.current.poisson
  let rowCapacity = lanes.joined().map(\.rowCount).max() ?? 0
  let tile = PoissonTile(rowCapacity: rowCapacity, width: width)
  var products = VectorRows(rowCount: rowCapacity, width: packed)
  var countMoments = VectorRows(rowCount: genes.count, width: width)
  var meanMoments = VectorRows(rowCount: genes.count, width: packed)
  for (blocks, laneScores) in zip(lanes, scores) where !blocks.isEmpty {
    var clipped = 0
    countMoments.reset()
    meanMoments.reset()
    for (block, blockScores) in zip(blocks, laneScores) where block.rowCount > 0 {
      tile.load(block, scores: blockScores)
      tile.setPredictors(
        coefficients: base + genes.lowerBound * width, geneCount: genes.count)
      clipped += tile.setMeans(geneCount: genes.count)
      setPackedProducts(&products, of: blockScores, width: width)
      products.withVectors { products in
        meanMoments.withMutableVectors { moments in
          kernels.addProduct(
            tile.means, rowStride: tile.stride, depthStride: 1, rowCount: genes.count,
            depth: block.rowCount, products, width: (packed + 7) / 8, to: moments)
        }
      }
      blockScores.withVectors { h in
        countMoments.withMutableVectors { moments in
          block.withEntries(of: genes) {
            kernels.moments($0, h, width: blockScores.vectorsPerRow, into: moments)
          }
        }
      }
    }
    part.add(countMoments.numbers(width: width), to: 0)
    part.add(meanMoments.numbers(width: packed), to: 1)
    part.add(Double(clipped), to: 2)
  }
  return part
}
