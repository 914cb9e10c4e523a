package import LinearAlgebra
package import Modeling

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
/// - Parameter genes: the genes whose coefficients are given, increasing; rows' moments are wanted only for
///   all genes.
/// - Returns: nil where a sum was not finite, on every rank.
package func rowPass<Everyone: Team & ~Copyable>(
  lanes: [[PoissonBlock]], scores: [[[Double]]], coefficients: Matrix<Double>, genes: [Int],
  wantsMoments: Bool, with everyone: borrowing Everyone, on workers: Workers
) -> RowPass? {
  let places = lanes.indices.flatMap { lane in lanes[lane].indices.map { (lane, $0) } }
  let width = coefficients.columnCount
  let factorCount = width - 1
  let weightWidth = factorCount + packedCount(factorCount)
  let weights = wantsMoments ? momentWeights(coefficients) : []
  let groupCount = min(places.count, 4 * workers.threadCount)
  var groups = mapConcurrently(groupCount, on: workers) { group in
    var sums = logLikelihoodSums(geneCount: genes.count)
    var moments: [RowMoments] = []
    let scratch = RowScratch(weightWidth: weightWidth)
    for place in places.count * group / groupCount..<places.count * (group + 1) / groupCount {
      let (lane, block) = places[place]
      moments.append(
        scratch.go(
          through: lanes[lane][block], scores: scores[lane][block], coefficients: coefficients,
          genes: genes, weights: weights, adding: &sums))
    }
    return (sums, moments)
  }
  var sums = logLikelihoodSums(geneCount: genes.count)
  var moments: [RowMoments] = []
  for group in groups.indices {
    sums.addStretch(of: &groups[group].0, block: 0, to: 0, at: 0)
    sums.addStretch(of: &groups[group].0, block: 1, to: 1, at: 0)
    moments += groups[group].1
  }
  everyone.sum(&sums)
  guard sums.fault == nil else { return nil }
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
private func momentWeights(_ coefficients: Matrix<Double>) -> [Double] {
  let factorCount = coefficients.columnCount - 1
  var weights: [Double] = []
  weights.reserveCapacity(coefficients.rowCount * (factorCount + packedCount(factorCount)))
  for gene in 0..<coefficients.rowCount {
    let v = Array(coefficients.row(gene).dropLast())
    weights += v
    for a in v.indices {
      for b in a..<v.count { weights.append(v[a] * v[b]) }
    }
  }
  return weights
}

/// One thread's memory for going through blocks of rows.
private final class RowScratch {
  private let tile = PoissonTile()
  private let weightWidth: Int
  private var accumulated: [Double]
  private var likelihoods = Array(repeating: 0.0, count: PoissonTile.geneCapacity)

  init(weightWidth: Int) {
    self.weightWidth = weightWidth
    accumulated = Array(repeating: 0, count: PoissonBlock.capacity * weightWidth)
  }

  /// The moments of a block (empty without weights); log-likelihoods are added to the sums.
  func go(
    through block: PoissonBlock, scores: [Double], coefficients: Matrix<Double>, genes: [Int],
    weights: [Double], adding sums: inout PartialSums
  ) -> RowMoments {
    let width = coefficients.columnCount
    let factorCount = width - 1
    var residuals = Array(repeating: 0.0, count: weights.isEmpty ? 0 : block.rowCount * factorCount)
    accumulated.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    tile.load(block)
    var clipped = 0
    for start in stride(from: 0, to: genes.count, by: PoissonTile.geneCapacity) {
      let chunk = start..<min(start + PoissonTile.geneCapacity, genes.count)
      coefficients.withUnsafeElements { coefficients in
        scores.withUnsafeBufferPointer { scores in
          guard let base = coefficients.baseAddress, let h = scores.baseAddress else { return }
          tile.setPredictors(
            scores: h, coefficients: base + start * width, geneCount: chunk.count, width: width)
          for position in chunk {
            let predictors = tile.means + (position - start) * tile.stride
            let counted = addCounts(
              of: genes[position], in: block, predictors: predictors,
              loadings: base + position * width, factorCount: factorCount, to: &residuals)
            let mean = tile.setMeans(gene: position - start)
            likelihoods[position - start] = counted - mean.sum
            clipped += mean.clipped
          }
        }
      }
      likelihoods.withUnsafeBufferPointer {
        sums.add(UnsafeBufferPointer(rebasing: $0[..<chunk.count]), to: 0, at: start)
      }
      if !weights.isEmpty { accumulate(block, weights, chunk) }
    }
    sums.add(Double(clipped), to: 1)
    if weights.isEmpty { return RowMoments(residuals: [], curvatures: []) }
    var curvatures: [Double] = []
    curvatures.reserveCapacity(block.rowCount * packedCount(factorCount))
    for row in 0..<block.rowCount {
      let moments = accumulated[row * weightWidth..<(row + 1) * weightWidth]
      for (factor, mean) in moments.prefix(factorCount).enumerated() {
        residuals[row * factorCount + factor] -= mean
      }
      curvatures += moments.dropFirst(factorCount)
    }
    return RowMoments(residuals: residuals, curvatures: curvatures)
  }

  /// Σ_n y_nj η_nj; adds y_nj v_j to every row's residual where there is one.
  private func addCounts(
    of gene: Int, in block: PoissonBlock, predictors: UnsafePointer<Double>,
    loadings: UnsafePointer<Double>, factorCount: Int, to residuals: inout [Double]
  ) -> Double {
    var sum = 0.0
    block.entryRows.withUnsafeBufferPointer { rows in
      block.entryCounts.withUnsafeBufferPointer { counts in
        residuals.withUnsafeMutableBufferPointer { residuals in
          for place in Int(block.geneStarts[gene])..<Int(block.geneStarts[gene + 1]) {
            let row = Int(rows[place])
            let count = Double(counts[place])
            sum += count * min(predictors[row], PoissonLimits.largestPredictor)
            guard !residuals.isEmpty, let target = residuals.baseAddress else { continue }
            for factor in 0..<factorCount {
              target[row * factorCount + factor] += count * loadings[factor]
            }
          }
        }
      }
    }
    return sum
  }

  /// accumulated += μᵀ · weights over a chunk of genes.
  private func accumulate(_ block: PoissonBlock, _ weights: [Double], _ chunk: Range<Int>) {
    accumulated.withUnsafeMutableBufferPointer { target in
      weights.withUnsafeBufferPointer { weights in
        guard let target = target.baseAddress, let weights = weights.baseAddress else { return }
        Double.gemm(
          rowCount: block.rowCount, columnCount: weightWidth, depth: chunk.count, alpha: 1,
          a: Operand(tile.means, stride: tile.stride, .transposed),
          b: Operand(weights + chunk.lowerBound * weightWidth, stride: weightWidth),
          beta: 1, c: target, cStride: weightWidth)
      }
    }
  }
}
