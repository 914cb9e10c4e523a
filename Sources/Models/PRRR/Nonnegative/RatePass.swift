package import Concurrency
package import LinearAlgebra
import Modeling
package import Sums

/// What a step of nn-PRRR needs, summed over all rows of everyone: only counts that are not 0 take part.
package struct RateSums: Sendable {
  /// Σ y log r.
  package var logRates: Double
  /// Xᵀ (W V), W = Y / r, p × k.
  package var covariates: Matrix<Double>
  /// Wᵀ (X U), q × k.
  package var genes: Matrix<Double>
  /// The counts of this rank's rows that go to each factor, z_nr = (X U)_nr (W V)_nr, block by block: R × k.
  package var allotted: [Matrix<Double>]
}

/// Which gradients are wanted.
package enum RateSide: Sendable {
  /// Of the covariates' loadings.
  case covariates
  /// Of the genes' loadings.
  case genes
  /// Sums of both kinds in one pass.
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
///   - side: which gradients are wanted; for the genes' alone Σ y log r is not summed and is 0.
/// - Throws: `SumFault` where a number could not be summed.
/// - Complexity: O(non-zeros · k); blocks with few zeros go through tiles of rows × genes.
package func rateSums<Everyone: Team & ~Copyable>(
  lanes: [[PoissonBlock]], covariates: Matrix<Double>, genes: Matrix<Double>, side: RateSide,
  with everyone: borrowing Everyone, on workers: Workers
) throws(SumFault) -> RateSums {
  let blocks = lanes.flatMap(\.self)
  let (p, k, q) = (covariates.rowCount, covariates.columnCount, genes.rowCount)
  let empty = PartialSums([
    .wide("log rates", count: 1, unitExponent: 10),
    .wide("update of U", count: side == .genes ? 0 : p * k, unitExponent: 10),
    .wide("update of V", count: side == .covariates ? 0 : q * k, unitExponent: 10),
  ])
  let groupCount = min(blocks.count, workers.threadCount)
  let loadings = VectorRows(genes, width: k)
  let groups = workers.map(groupCount) { group in
    var part = empty
    var allotted: [Matrix<Double>] = []
    let scratch = RateScratch(covariates, genes, loadings, side)
    for index in blocks.count * group / groupCount..<blocks.count * (group + 1) / groupCount {
      allotted.append(scratch.go(through: blocks[index], adding: &part))
    }
    return (part: part, allotted: allotted)
  }
  var partials = empty
  for group in groups { partials.add(group.part) }
  let sums = try everyone.sum(consume partials)
  return RateSums(
    logRates: sums.value(of: 0),
    covariates: side == .genes
      ? covariates : Matrix(rowCount: p, columnCount: k, elements: sums.values(of: 1)),
    genes: side == .covariates
      ? genes : Matrix(rowCount: q, columnCount: k, elements: sums.values(of: 2)),
    allotted: groups.flatMap(\.allotted))
}

/// Xᵀ (Z / X U) for other loadings than those that the counts were allotted by, p × k.
///
/// Collective.
/// - Parameters:
///   - allotted: Z, ``RateSums/allotted``.
///   - covariates: U.
/// - Throws: `SumFault` where a number could not be summed.
/// - Complexity: O(rows · p · k), whatever the number of genes.
package func allottedSums<Everyone: Team & ~Copyable>(
  _ lanes: [[PoissonBlock]], _ allotted: [Matrix<Double>], covariates: Matrix<Double>,
  with everyone: borrowing Everyone, on workers: Workers
) throws(SumFault) -> Matrix<Double> {
  let blocks = lanes.flatMap(\.self)
  let (p, k) = (covariates.rowCount, covariates.columnCount)
  let empty = PartialSums([.wide("update of U", count: p * k, unitExponent: 10)])
  let groupCount = min(blocks.count, workers.threadCount)
  let groups = workers.map(groupCount) { group in
    var part = empty
    for index in blocks.count * group / groupCount..<blocks.count * (group + 1) / groupCount
    where blocks[index].rowCount > 0 {
      let scores = matrixProduct(blocks[index].design, covariates)
      // Rows without a covariate have no counts.
      let ratios = zip(allotted[index].elements, scores.elements).map { $1 > 0 ? $0 / $1 : 0 }
      part.add(
        matrixProduct(
          blocks[index].design,
          Matrix(rowCount: scores.rowCount, columnCount: k, elements: ratios), transposing: .first
        ).elements, to: 0)
    }
    return part
  }
  var partials = empty
  for group in groups { partials.add(group) }
  let sums = try everyone.sum(consume partials)
  return Matrix(rowCount: p, columnCount: k, elements: sums.values(of: 0))
}
