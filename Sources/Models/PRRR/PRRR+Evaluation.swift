import Concurrency
import LinearAlgebra
import Modeling
import RealModule
import Sums

extension PRRR {
  /// How well the held-out rows are predicted; nil without any.
  ///
  /// Collective.
  func evaluation<Everyone: Team & ~Copyable>(
    _ shared: PRRRState, _ lanes: [CountRegressionLane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> CountEvaluation? {
    guard configuration.testFraction > 0, let totals = shared.totals else { return nil }
    let coefficients = shared.coefficients
    let blocks = lanes.map(\.heldOut)
    let scores = blocks.map {
      Models.scores(of: $0, at: coefficients.covariateLoadings, on: workers)
    }
    let width = coefficients.factorCount + 1
    return try countEvaluation(
      lanes: blocks, constants: lanes.map(\.heldOutConstants), nullRates: totals.rates,
      with: everyone, on: workers
    ) { lane, block, gene in
      let coefficient = Array(coefficients.geneCoefficients.row(gene))
      let h = scores[lane][block]
      return h.withNumbers { score in
        blocks[lane][block].exposure.enumerated().map { row, size in
          var predictor = 0.0
          for index in 0..<width { predictor += coefficient[index] * score[row * h.stride + index] }
          return size * .exp(min(predictor, PoissonLimits.largestPredictor))
        }
      }
    }
  }
}
