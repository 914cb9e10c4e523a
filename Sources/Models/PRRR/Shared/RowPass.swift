package import Concurrency
import Kernels
package import LinearAlgebra
import Modeling
package import Sums

/// What a Newton step of U needs of one block, for every row.
package struct RowMoments: Sendable {
  /// Σ_j (y_nj − μ_nj) v_j, R × k.
  package var residuals: [Double]
  /// Σ_j μ_nj v_jr v_jt, packed, R × k (k + 1) / 2.
  package var curvatures: [Double]
}

/// One pass over all rows with the genes' coefficients given.
package struct RowPass: Sendable {
  /// For each lane and block.
  package var moments: [[RowMoments]]
  /// Σ_n y_nj η_nj − μ_nj of every gene: its log-likelihood without constants, summed over everyone.
  package var geneLogLikelihoods: [Double]
  /// Linear predictors that were clipped.
  package var clippedCount: Int
}

/// Moments of every row, and every gene's log-likelihood.
///
///     ∂ℓ/∂U = Xᵀ P,  P_n = Σ_j (y_nj − μ_nj) v_j         −∂²ℓ = Σ_n (x_n x_nᵀ) ⊗ M_n,  M_n = Σ_j μ_nj v_j v_jᵀ
///
/// Collective. Threads share out blocks of rows; a block is rounded once.
/// - Parameter genes: some genes, increasing, and their coefficients; rows' moments are wanted only for all genes.
/// - Throws: `SumFault` where a number could not be summed.
package func rowPass<Everyone: Team & ~Copyable>(
  lanes: [[PoissonBlock]], scores: [[VectorRows]],
  genes: (chosen: [Int], coefficients: Matrix<Double>), wantsMoments: Bool,
  with everyone: borrowing Everyone, on workers: Workers
) throws(SumFault) -> RowPass {
  let places = lanes.indices.flatMap { lane in lanes[lane].indices.map { (lane, $0) } }
  let own = RowPassGenes(genes.chosen, genes.coefficients, wantsMoments: wantsMoments)
  let rowCapacity = lanes.joined().map(\.rowCount).max() ?? 0
  let groupCount = min(places.count, 4 * workers.threadCount)
  let groups = workers.map(groupCount) { group in
    var sums = logLikelihoodSums(geneCount: own.chosen.count)
    var moments: [RowMoments] = []
    let scratch = RowScratch(rowCapacity: rowCapacity, own)
    for place in places.count * group / groupCount..<places.count * (group + 1) / groupCount {
      let (lane, block) = places[place]
      moments.append(
        scratch.go(
          through: lanes[lane][block], scores: scores[lane][block], own, adding: &sums))
    }
    return (sums: sums, moments: moments)
  }
  var partials = logLikelihoodSums(geneCount: own.chosen.count)
  var moments: [RowMoments] = []
  for group in groups.indices {
    partials.add(0, of: groups[group].sums, to: 0, at: 0)
    partials.add(1, of: groups[group].sums, to: 1, at: 0)
    moments += groups[group].moments
  }
  let sums = try everyone.sum(consume partials)
  var next = moments.startIndex
  let byLane = lanes.map { blocks in
    defer { next += blocks.count }
    return Array(moments[next..<next + blocks.count])
  }
  return RowPass(
    moments: byLane, geneLogLikelihoods: sums.values(of: 0), clippedCount: Int(sums.value(of: 1)))
}

private func logLikelihoodSums(geneCount: Int) -> PartialSums {
  PartialSums([
    .wide("log-likelihood", count: geneCount, unitExponent: 10),
    .wide("clipped predictors", count: 1),
  ])
}

/// v_j and the packed products of its entries, gene by gene.
private func momentWeights(_ coefficients: Matrix<Double>) -> VectorRows {
  let (geneCount, stride) = (coefficients.rowCount, coefficients.columnCount)
  let factorCount = stride - 1
  var weights = VectorRows(
    rowCount: geneCount, width: factorCount + packedCount(factorCount))
  let apart = weights.stride
  coefficients.withUnsafeElements { coefficients in
    weights.withMutableNumbers { weights in
      for gene in 0..<geneCount {
        let first = gene * stride
        var target = weights + gene * apart
        for a in 0..<factorCount { target[a] = coefficients[first + a] }
        target += factorCount
        for a in 0..<factorCount {
          for b in a..<factorCount {
            target.pointee = coefficients[first + a] * coefficients[first + b]
            target += 1
          }
        }
      }
    }
  }
  return weights
}

/// What a pass over rows needs to know of its genes.
private struct RowPassGenes {
  let chosen: [Int]
  let coefficients: Matrix<Double>
  /// V in whole vectors.
  let loadings: VectorRows
  /// v_j and the packed products of its entries; nil where no moments are wanted.
  let weights: VectorRows?

  /// k + 1.
  var width: Int { coefficients.columnCount }
  /// k.
  var factorCount: Int { width - 1 }
  /// Numbers of a row's moments; 0: none are wanted.
  var weightWidth: Int { weights == nil ? 0 : factorCount + packedCount(factorCount) }

  init(_ chosen: [Int], _ coefficients: Matrix<Double>, wantsMoments: Bool) {
    self.chosen = chosen
    self.coefficients = coefficients
    loadings = VectorRows(coefficients, width: coefficients.columnCount - 1)
    weights = wantsMoments ? momentWeights(coefficients) : nil
  }
}

/// One thread's memory for going through blocks of rows.
private final class RowScratch {
  private let kernels = Kernels.current.poisson
  private let tile: PoissonTile
  private var accumulated: VectorRows
  private var likelihoods = Array(repeating: 0.0, count: PoissonTile.geneCapacity)

  init(rowCapacity: Int, _ genes: RowPassGenes) {
    tile = PoissonTile(rowCapacity: rowCapacity, width: genes.width)
    accumulated = VectorRows(
      rowCount: genes.weights == nil ? 0 : rowCapacity, width: genes.weightWidth)
  }

  /// The moments of a block (empty where none are wanted); log-likelihoods are added to the sums.
  func go(
    through block: PoissonBlock, scores: VectorRows, _ genes: RowPassGenes,
    adding sums: inout PartialSums
  ) -> RowMoments {
    let (weights, factorCount) = (genes.weights, genes.factorCount)
    guard block.rowCount > 0 else { return RowMoments(residuals: [], curvatures: []) }
    var residuals = VectorRows(
      rowCount: weights == nil ? 0 : block.rowCount, width: factorCount)
    accumulated.reset()
    tile.load(block, scores: scores)
    var clipped = 0
    for start in stride(from: 0, to: genes.chosen.count, by: PoissonTile.geneCapacity) {
      let chunk = start..<min(start + PoissonTile.geneCapacity, genes.chosen.count)
      genes.coefficients.withUnsafeElements { coefficients in
        guard let base = coefficients.baseAddress else { return }
        tile.setPredictors(coefficients: base + start * genes.width, geneCount: chunk.count)
      }
      addCounts(of: genes.chosen, chunk, in: block, loadings: genes.loadings, to: &residuals)
      clipped += tile.setMeans(geneCount: chunk.count)
      for position in 0..<chunk.count { likelihoods[position] -= tile.sums[position] }
      likelihoods.withUnsafeBufferPointer {
        sums.add(UnsafeBufferPointer(rebasing: $0[..<chunk.count]), to: 0, at: start)
      }
      if let weights { accumulate(block, weights, chunk) }
    }
    sums.add(Double(clipped), to: 1)
    guard weights != nil else { return RowMoments(residuals: [], curvatures: []) }
    var differences = residuals.numbers(width: factorCount)
    let packed = packedCount(factorCount)
    var curvatures = Array(repeating: 0.0, count: block.rowCount * packed)
    accumulated.withNumbers { moments in
      for row in 0..<block.rowCount {
        let source = moments + row * accumulated.stride
        for factor in 0..<factorCount { differences[row * factorCount + factor] -= source[factor] }
        for place in 0..<packed { curvatures[row * packed + place] = source[factorCount + place] }
      }
    }
    return RowMoments(residuals: differences, curvatures: curvatures)
  }

  /// likelihoods ← Σ_n y_nj η_nj of a chunk of genes; adds y_nj v_j to the residuals of the rows where there
  /// are any.
  private func addCounts(
    of genes: [Int], _ chunk: Range<Int>, in block: PoissonBlock, loadings: VectorRows,
    to residuals: inout VectorRows
  ) {
    let limit = PoissonLimits.largestPredictor
    let wantsResiduals = residuals.rowCount > 0
    let vectorCount = loadings.vectorsPerRow
    residuals.withMutableVectors { residuals in
      loadings.withVectors { loadings in
        likelihoods.withUnsafeMutableBufferPointer { likelihoods in
          guard let likelihoods = likelihoods.baseAddress else { return }
          var first = chunk.lowerBound
          while first < chunk.upperBound {
            // Genes that follow each other lie together in the block.
            var end = first + 1
            while end < chunk.upperBound, genes[end] == genes[end - 1] + 1 { end += 1 }
            let place = first - chunk.lowerBound
            block.withEntries(of: genes[first]..<genes[end - 1] + 1) {
              kernels.counts(
                $0, tile.means + place * tile.stride, stride: tile.stride, limit: limit,
                loadings + first * vectorCount, width: vectorCount,
                residuals: wantsResiduals ? residuals : nil, sums: likelihoods + place)
            }
            first = end
          }
        }
      }
    }
  }

  /// accumulated += μᵀ · weights over a chunk of genes.
  private func accumulate(_ block: PoissonBlock, _ weights: VectorRows, _ chunk: Range<Int>) {
    let vectorCount = weights.vectorsPerRow
    weights.withVectors { weights in
      accumulated.withMutableVectors { target in
        kernels.addProduct(
          tile.means, rowStride: 1, depthStride: tile.stride, rowCount: block.rowCount,
          depth: chunk.count, weights + chunk.lowerBound * vectorCount, width: vectorCount,
          to: target)
      }
    }
  }
}
