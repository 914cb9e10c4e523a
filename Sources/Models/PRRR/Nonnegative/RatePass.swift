package import LinearAlgebra
package import Modeling
import RealModule

/// What a step of nn-PRRR needs, summed over all rows of everyone: only counts that are not 0 take part.
package struct RateSums: Sendable {
  /// Σ y log r.
  package var logRates: Double
  /// Xᵀ (W V), W = Y / r, p × k.
  package var covariates: Matrix<Double>
  /// Wᵀ (X U), q × k.
  package var genes: Matrix<Double>
}

/// Which gradients are wanted.
package enum RateSide: Sendable {
  /// Of the covariates' loadings.
  case covariates
  /// Of the genes' loadings.
  case genes
  /// Both.
  case both
}

/// One pass over the counts that are not 0.
///
///     r_nj = Σ_k (x_n U)_k v_jk,   w_nj = y_nj / r_nj        size factors cancel in W
///
/// Collective. Threads share out blocks of rows; a block is rounded once.
/// - Parameters:
///   - covariates: U, p × k.
///   - genes: V, q × k.
/// - Returns: nil where a sum was not finite, on every rank.
/// - Complexity: O(non-zeros · k).
package func rateSums<Everyone: Team & ~Copyable>(
  lanes: [[PoissonBlock]], covariates: Matrix<Double>, genes: Matrix<Double>, side: RateSide,
  with everyone: borrowing Everyone, on workers: Workers
) -> RateSums? {
  let blocks = lanes.flatMap(\.self)
  let (p, k, q) = (covariates.rowCount, covariates.columnCount, genes.rowCount)
  let empty = PartialSums([
    .wide("log rates", count: 1, unitExponent: 10),
    .wide("update of U", count: side == .genes ? 0 : p * k, unitExponent: 10),
    .wide("update of V", count: side == .covariates ? 0 : q * k, unitExponent: 10),
  ])
  let groupCount = min(blocks.count, workers.threadCount)
  let groups = mapConcurrently(groupCount, on: workers) { group in
    var part = empty
    for index in blocks.count * group / groupCount..<blocks.count * (group + 1) / groupCount {
      addRates(of: blocks[index], covariates, genes, side, to: &part)
    }
    return part
  }
  var sums = empty
  for group in groups { sums.add(group) }
  everyone.sum(&sums)
  guard sums.fault == nil else { return nil }
  return RateSums(
    logRates: sums.value(of: 0),
    covariates: side == .genes
      ? covariates : Matrix(rowCount: p, columnCount: k, elements: sums.values(of: 1)),
    genes: side == .covariates
      ? genes : Matrix(rowCount: q, columnCount: k, elements: sums.values(of: 2)))
}

/// The sums of one block.
private func addRates(
  of block: PoissonBlock, _ covariates: Matrix<Double>, _ genes: Matrix<Double>, _ side: RateSide,
  to part: inout PartialSums
) {
  let k = covariates.columnCount
  let scores = matrixProduct(block.design, covariates)
  var residuals = Array(repeating: 0.0, count: block.rowCount * k)
  var updates = Array(repeating: 0.0, count: side == .covariates ? 0 : genes.rowCount * k)
  let (wantsCovariates, wantsGenes) = (side != .genes, side != .covariates)
  var logRates = 0.0
  scores.withUnsafeElements { h in
    genes.withUnsafeElements { v in
      residuals.withUnsafeMutableBufferPointer { residuals in
        updates.withUnsafeMutableBufferPointer { updates in
          block.entryRows.withUnsafeBufferPointer { rows in
            block.entryCounts.withUnsafeBufferPointer { counts in
              for gene in 0..<genes.rowCount {
                for place in Int(block.geneStarts[gene])..<Int(block.geneStarts[gene + 1]) {
                  let row = Int(rows[place])
                  var rate = 0.0
                  for factor in 0..<k { rate += h[row * k + factor] * v[gene * k + factor] }
                  rate = max(rate, 1e-300)
                  let count = Double(counts[place])
                  let weight = count / rate
                  logRates += count * .log(rate)
                  if wantsCovariates {
                    for factor in 0..<k {
                      residuals[row * k + factor] += weight * v[gene * k + factor]
                    }
                  }
                  if wantsGenes {
                    for factor in 0..<k {
                      updates[gene * k + factor] += weight * h[row * k + factor]
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
  part.add(logRates, to: 0)
  if wantsCovariates {
    let residual = Matrix(rowCount: block.rowCount, columnCount: k, elements: residuals)
    part.add(matrixProduct(block.design, residual, transposing: .first).elements, to: 1)
  }
  if wantsGenes { part.add(updates, to: 2) }
}
