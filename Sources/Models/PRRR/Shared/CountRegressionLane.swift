import LinearAlgebra
public import Modeling
import RealModule
package import Sums

/// One lane of PRRR or nn-PRRR: its rows, gathered by equal covariates.
public struct CountRegressionLane: LaneState {
  /// A lane keeps nothing between steps that the data do not say.
  public struct Saved: Codable, Sendable {}
  /// The rows of the lane.
  public let rows: Range<Int>
  /// A lane has no state of its own: parameters belong to covariates and genes.
  public var saved = Saved()

  /// Rows that the model is fitted to.
  package let training: [PoissonBlock]
  /// Rows that are held out, one by one.
  let heldOut: [PoissonBlock]
  /// Σ y log s − log y! over the training rows, and the log-likelihood of a model that knows every count.
  let trainingConstants: (constant: Double, saturated: Double)
  /// What log-likelihood and deviance of the held-out rows add that does not depend on the
  /// parameters.
  let heldOutConstants: (constant: Double, saturated: Double)
  /// Rows without any count.
  let emptyRowCount: Int
}

/// What the data say before any parameter.
package struct CountTotals: Codable, Sendable {
  /// Σ y log s − log y! of the training rows.
  package var constant: Double
  /// The log-likelihood of a model that knows every count.
  package var saturated: Double
  /// Σ s, the exposures of all rows together.
  package var exposure: Double
  /// Σ s x, p.
  package var covariates: [Double]
  /// Counts of each gene.
  package var genes: [Double]
  /// Rows without counts, in all.
  package var emptyRowCount: Int

  /// Counts of each gene per unit of exposure, with half a count more.
  package var rates: [Double] { genes.map { ($0 + 0.5) / max(exposure, 1e-300) } }

  /// The deviance of the training rows by each gene's rate and nothing else.
  package var nullDeviance: Double {
    var logLikelihood = constant
    for (count, rate) in zip(genes, rates) { logLikelihood += count * .log(rate) - exposure * rate }
    return 2 * (saturated - logLikelihood)
  }
}

extension CountRegression {
  /// What the data say before any parameter. One sum.
  ///
  /// Collective.
  /// - Throws: `SumFault` where a number could not be summed.
  package func totals<Everyone: Team & ~Copyable>(
    of lanes: [CountRegressionLane], with everyone: borrowing Everyone
  ) throws(SumFault) -> CountTotals {
    var partials = PartialSums([
      .wide("constants of the likelihood", count: 2, unitExponent: 10),
      .wide("exposure", count: 1 + covariateCount, unitExponent: 10),
      .wide("gene totals", count: geneCount, unitExponent: 10), .wide("empty rows", count: 1),
    ])
    for lane in lanes {
      partials.add([lane.trainingConstants.constant, lane.trainingConstants.saturated], to: 0)
      partials.add(Double(lane.emptyRowCount), to: 3)
      var exposure = Array(repeating: 0.0, count: 1 + covariateCount)
      var genes = Array(repeating: 0.0, count: geneCount)
      for block in lane.training {
        for row in 0..<block.rowCount {
          exposure[0] += block.exposure[row]
          for (index, value) in block.design.row(row).enumerated() {
            exposure[1 + index] += block.exposure[row] * value
          }
        }
        for gene in 0..<geneCount {
          for place in Int(block.geneStarts[gene])..<Int(block.geneStarts[gene + 1]) {
            genes[gene] += Double(block.entryCounts[place])
          }
        }
      }
      partials.add(exposure, to: 1)
      partials.add(genes, to: 2)
    }
    let sums = try everyone.sum(consume partials)
    let constants = sums.values(of: 0)
    let exposure = sums.values(of: 1)
    return CountTotals(
      constant: constants[0], saturated: constants[1], exposure: exposure[0],
      covariates: Array(exposure.dropFirst()), genes: sums.values(of: 2),
      emptyRowCount: Int(sums.value(of: 3)))
  }
}
