package import Concurrency
package import Modeling
import RealModule
package import Sums

/// How well rows that did not take part in the fit are predicted.
///
///     deviance = 2 (ℓ_saturated − ℓ),   deviance explained = 1 − deviance / deviance of the genes' rates alone
///     R²_j = 1 − Σ_n (y_nj − ŷ_nj)² / Σ_n (y_nj − ȳ_j)²,   ŷ_nj = s_n μ_nj;   R² = mean over genes
///
/// The paper's R² subtracts ȳ from both, which changes nothing. A gene that does not vary among these rows has
/// no R² and is left out of the mean (scikit-learn counts it as 0 or 1).
package struct CountEvaluation: Codable, Sendable, Equatable {
  /// How many rows were judged.
  package var rowCount: Int
  /// ℓ, with all constants.
  package var logLikelihood: Double
  /// 2 (ℓ_saturated − ℓ).
  package var deviance: Double
  /// The share of the deviance of the null model that is explained; the null model has each gene's rate in the
  /// training rows and nothing else.
  package var devianceExplained: Double
  /// The mean of the genes' R².
  package var rSquared: Double
  /// R² of every gene; NaN where the gene does not vary.
  package var geneRSquared: [Double]

  /// For the history and the table of a sweep.
  package var measures: [StepReport.Measure] {
    [
      .init("heldOutDeviance", deviance), .init("heldOutDevianceExplained", devianceExplained),
      .init("heldOutRSquared", rSquared),
    ]
  }

  /// As the fit file states it.
  package var storedTree: StoredTree {
    .group([
      "rows": .integer(Int64(rowCount)), "log_likelihood": .number(logLikelihood),
      "deviance": .number(deviance), "deviance_explained": .number(devianceExplained),
      "r_squared": .number(rSquared),
    ])
  }
}

/// What is wanted of a finished fit besides; nil, with a remark that says why, where it cannot be computed: the fit
/// stands without it.
func unlessFault<Wanted>(
  _ what: String, _ remarks: inout [String], _ body: () throws -> Wanted?
) -> Wanted? {
  do {
    return try body()
  } catch {
    remarks.append("\(what): left out, because of \(error)")
    return nil
  }
}

/// Sums over held-out rows: what ``CountEvaluation`` is made of.
///
/// Collective; three passes' worth of arithmetic over the held-out rows only.
/// - Parameters:
///   - lanes: blocks of rows, never merged.
///   - means: the means of some genes in the rows of a block, replaced in a tile of genes × rows.
///   - nullRates: rates of the null model.
/// - Returns: nil without rows.
/// - Throws: `SumFault` where a number could not be summed.
package func countEvaluation<Everyone: Team & ~Copyable>(
  lanes: [[PoissonBlock]], constants: [(constant: Double, saturated: Double)],
  nullRates: [Double], with everyone: borrowing Everyone, on workers: Workers,
  means: (_ lane: Int, _ block: Int, _ gene: Int) -> [Double]
) throws(SumFault) -> CountEvaluation? {
  let geneCount = nullRates.count
  var partials = PartialSums([
    .wide("held-out constants", count: 2, unitExponent: 10),
    .wide("held-out rows", count: 1),
    .wide("held-out likelihood", count: 2, unitExponent: 10),
    .wide("held-out genes", count: 3 * geneCount, unitExponent: 10),
  ])
  let places = lanes.indices.flatMap { lane in
    lanes[lane].indices.map { (lane: lane, block: $0) }
  }
  for constant in constants { partials.add([constant.constant, constant.saturated], to: 0) }
  let parts = workers.map(places.count) { place in
    heldOutPart(
      lanes[places[place].lane][places[place].block], geneCount: geneCount, nullRates: nullRates
    ) { means(places[place].lane, places[place].block, $0) }
  }
  for (place, part) in zip(places, parts) {
    partials.add(Double(lanes[place.lane][place.block].rowCount), to: 1)
    partials.add(part.likelihood, to: 2)
    partials.add(part.genes, to: 3)
  }
  let sums = try everyone.sum(consume partials)
  let rowCount = sums.value(of: 1)
  guard rowCount > 0 else { return nil }
  let constants = sums.values(of: 0)
  let likelihoods = sums.values(of: 2)
  let logLikelihood = likelihoods[0] + constants[0]
  let nullDeviance = 2 * (constants[1] - likelihoods[1] - constants[0])
  let deviance = 2 * (constants[1] - logLikelihood)
  let genes = sums.values(of: 3)
  let rSquared = (0..<geneCount).map { gene -> Double in
    let total = genes[3 * gene + 1] - genes[3 * gene] * genes[3 * gene] / rowCount
    // Sums of squares of whole numbers are exact; below this the gene is constant.
    return total > 1e-9 * max(genes[3 * gene + 1], 1e-300) ? 1 - genes[3 * gene + 2] / total : .nan
  }
  let known = rSquared.filter { !$0.isNaN }
  return CountEvaluation(
    rowCount: Int(rowCount), logLikelihood: logLikelihood, deviance: deviance,
    devianceExplained: 1 - deviance / nullDeviance,
    rSquared: known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count),
    geneRSquared: rSquared)
}

/// Σ y log μ/s − μ under the model and under the null model; Σ y, Σ y², Σ (y − μ)² of each gene.
private func heldOutPart(
  _ block: PoissonBlock, geneCount: Int, nullRates: [Double], means: (Int) -> [Double]
) -> (likelihood: [Double], genes: [Double]) {
  var likelihood = [0.0, 0.0]
  var genes = Array(repeating: 0.0, count: 3 * geneCount)
  let exposure = block.exposure.reduce(0, +)
  for gene in 0..<geneCount {
    let mean = means(gene)
    let nullRate = max(nullRates[gene], 1e-300)
    likelihood[1] -= exposure * nullRate
    var squares = 0.0
    for value in mean {
      likelihood[0] -= value
      squares += value * value
    }
    for place in Int(block.geneStarts[gene])..<Int(block.geneStarts[gene + 1]) {
      let count = Double(block.entryCounts[place])
      let row = Int(block.entryRows[place])
      let size = max(block.exposure[row], 1e-300)
      likelihood[0] += count * .log(max(mean[row] / size, 1e-300))
      likelihood[1] += count * .log(nullRate)
      genes[3 * gene] += count
      genes[3 * gene + 1] += count * count
      squares += count * (count - 2 * mean[row])
    }
    genes[3 * gene + 2] = squares
  }
  return (likelihood, genes)
}
