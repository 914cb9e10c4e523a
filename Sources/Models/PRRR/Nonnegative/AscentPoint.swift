import LinearAlgebra
import RealModule

/// Where coordinate ascent stands after a round.
///
///     q(u_pk) = Gamma(shape_pk, (b + w_p c_k) / s_k),   q(v_jk) = Gamma(shape_jk, (b + d_k) s_k)
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | w | Σ_n s_n x_np | p | `CountTotals.covariates` |
/// | c | Σ_j E v_jk | k | `geneSums` |
/// | d | Σ_n s_n (x_n E U)_k | k | `scoreSums` |
/// | s | scales that the priors like best | k | `scales` |
package struct AscentPoint: Codable, Sendable {
  /// Shapes of q(U), p × k.
  var covariateShapes: Matrix<Double>
  /// Shapes of q(V), q × k.
  var geneShapes: Matrix<Double>
  /// c = Σ_j E v_jk, for each factor the sum of the genes' mean loadings.
  var geneSums: [Double]
  /// d = Σ_n s_n (x_n E U)_k, for each factor the sum of the rows' scores.
  var scoreSums: [Double]
  /// s, the scales of the factors that the priors like best.
  var scales: [Double]

  /// q(U) and q(V).
  func factors(weights: [Double], priorRate b: Double) -> (
    covariates: GammaFactors, genes: GammaFactors
  ) {
    let rates = zip(scoreSums, scales).map { (b + $0) * $1 }
    let geneRates = Matrix(
      rowCount: geneShapes.rowCount, columnCount: rates.count,
      elements: Array(repeatElement(rates, count: geneShapes.rowCount).joined()))
    return (
      GammaFactors(
        shape: covariateShapes, rate: covariateRates(weights: weights, priorRate: b)),
      GammaFactors(shape: geneShapes, rate: geneRates)
    )
  }

  /// The rates of q(U), p × k.
  func covariateRates(weights: [Double], priorRate b: Double) -> Matrix<Double> {
    var elements: [Double] = []
    elements.reserveCapacity(weights.count * scales.count)
    for weight in weights {
      for (sum, scale) in zip(geneSums, scales) { elements.append((b + weight * sum) / scale) }
    }
    return Matrix(rowCount: weights.count, columnCount: scales.count, elements: elements)
  }

  /// The logarithms of all numbers: where extrapolation goes along a line.
  var logarithms: [Double] {
    var result: [Double] = []
    result.reserveCapacity(
      covariateShapes.elements.count + geneShapes.elements.count + 3 * scales.count)
    for list in [covariateShapes.elements, geneShapes.elements, geneSums, scoreSums, scales] {
      for value in list { result.append(.log(value)) }
    }
    return result
  }

  /// The point whose logarithms are these, of the same shape as another.
  init(logarithms: [Double], like other: AscentPoint) {
    self = other
    var next = logarithms.makeIterator()
    func take(_ values: [Double]) -> [Double] { values.map { .exp(next.next() ?? .log($0)) } }
    covariateShapes = Matrix(
      rowCount: other.covariateShapes.rowCount, columnCount: other.scales.count,
      elements: take(other.covariateShapes.elements))
    geneShapes = Matrix(
      rowCount: other.geneShapes.rowCount, columnCount: other.scales.count,
      elements: take(other.geneShapes.elements))
    geneSums = take(other.geneSums)
    scoreSums = take(other.scoreSums)
    scales = take(other.scales)
  }

  init(
    covariateShapes: Matrix<Double>, geneShapes: Matrix<Double>, geneSums: [Double],
    scoreSums: [Double], scales: [Double]
  ) {
    self.covariateShapes = covariateShapes
    self.geneShapes = geneShapes
    self.geneSums = geneSums
    self.scoreSums = scoreSums
    self.scales = scales
  }
}
