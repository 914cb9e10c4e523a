package import LinearAlgebra
import Probability
import RealModule

/// Gamma distributions of the entries of a matrix, independent of each other.
///
///     q(θ_ik) = Gamma(shape_ik, rate_ik),  E θ = shape / rate,  exp E log θ = exp(ψ(shape)) / rate
package struct GammaFactors: Codable, Sendable, Equatable {
  /// Shapes.
  package var shape: Matrix<Double>
  /// Rates.
  package var rate: Matrix<Double>

  /// E θ.
  package var mean: Matrix<Double> { combine { $0 / $1 } }
  /// exp E log θ.
  package var geometricMean: Matrix<Double> { combine { .exp(digamma($0)) / $1 } }
  /// Standard deviations.
  package var deviation: Matrix<Double> { combine { $0.squareRoot() / $1 } }

  private func combine(_ body: (Double, Double) -> Double) -> Matrix<Double> {
    Matrix(
      rowCount: shape.rowCount, columnCount: shape.columnCount,
      elements: zip(shape.elements, rate.elements).map(body))
  }

  /// KL(q ‖ Gamma(a, b)), summed over the entries.
  ///
  ///     (α − a) ψ(α) − log Γ(α) + log Γ(a) + a (log β − log b) + α (b − β) / β
  package func divergence(fromShape a: Double, rate b: Double) -> Double {
    var sum = 0.0
    for (alpha, beta) in zip(shape.elements, rate.elements) {
      sum += (alpha - a) * digamma(alpha) - logGamma(alpha) + logGamma(a)
      sum += a * (.log(beta) - .log(b)) + alpha * (b - beta) / beta
    }
    return sum
  }
}

/// Σ log Gamma(θ | a, b) over all entries.
package func logGammaPrior(_ values: [Double], shape a: Double, rate b: Double) -> Double {
  var sum = Double(values.count) * (a * .log(b) - logGamma(a))
  for value in values { sum += (a == 1 ? 0 : (a - 1) * .log(value)) - b * value }
  return sum
}

/// The sums of the columns.
package func columnSums(_ matrix: Matrix<Double>) -> [Double] {
  var sums = Array(repeating: 0.0, count: matrix.columnCount)
  for row in 0..<matrix.rowCount {
    for (column, value) in matrix.row(row).enumerated() { sums[column] += value }
  }
  return sums
}
