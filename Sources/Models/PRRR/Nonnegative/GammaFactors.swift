import Kernels
package import LinearAlgebra
import Probability
import RealModule

/// Gamma distributions of the entries of a matrix, independent of each other.
///
///     q(θ_ik) = Gamma(shape_ik, rate_ik),  E θ = shape / rate,  exp E log θ = exp(ψ(shape)) / rate
///     KL(q ‖ Gamma(a, b)) = (α − a) ψ(α) − log Γ(α) + log Γ(a) + a (log β − log b) + α (b − β) / β
package struct GammaFactors: Codable, Sendable, Equatable {
  /// The shapes a of the gamma distributions.
  package var shape: Matrix<Double>
  /// The rates b of the gamma distributions.
  package var rate: Matrix<Double>

  /// E θ = a/b of every entry.
  package var mean: Matrix<Double> { combine { $0 / $1 } }
  /// The standard deviations √a/b of the entries.
  package var deviation: Matrix<Double> { combine { $0.squareRoot() / $1 } }

  private func combine(_ body: (Double, Double) -> Double) -> Matrix<Double> {
    Matrix(
      rowCount: shape.rowCount, columnCount: shape.columnCount,
      elements: zip(shape.elements, rate.elements).map(body))
  }

  /// What a round of coordinate ascent asks of the distributions.
  package struct Terms {
    /// E θ of every entry.
    package var mean: Matrix<Double>
    /// exp E log θ.
    package var geometricMean: Matrix<Double>
    /// KL(q ‖ Gamma(a, b)), summed over the entries.
    package var divergence: Double
  }

  /// Moments, and the divergence from a prior.
  package func terms(priorShape a: Double, priorRate b: Double) -> Terms {
    let count = shape.elements.count
    // What fills the last vector are distributions like the prior: their divergence is 0.
    let padding = (8 - count % 8) % 8
    let shapes = shape.elements + Array(repeating: a, count: padding)
    let rates = rate.elements + Array(repeating: b, count: padding)
    var means = Array(repeating: 0.0, count: shapes.count)
    var geometricMeans = means
    var divergence = 0.0
    shapes.withUnsafeBufferPointer { shapes in
      rates.withUnsafeBufferPointer { rates in
        means.withUnsafeMutableBufferPointer { means in
          geometricMeans.withUnsafeMutableBufferPointer { geometricMeans in
            guard let shapes = shapes.baseAddress, let rates = rates.baseAddress,
              let means = means.baseAddress, let geometricMeans = geometricMeans.baseAddress
            else { return }
            divergence = Kernels.current.poisson.gammas(
              shapes, rates, vectorCount: (count + padding) / 8, priorShape: a, priorRate: b,
              means: means, geometricMeans: geometricMeans)
          }
        }
      }
    }
    divergence += Double(count + padding) * (logGamma(a) - a * .log(b))
    means.removeLast(padding)
    geometricMeans.removeLast(padding)
    func matrix(_ elements: [Double]) -> Matrix<Double> {
      Matrix(rowCount: shape.rowCount, columnCount: shape.columnCount, elements: elements)
    }
    return Terms(
      mean: matrix(means), geometricMean: matrix(geometricMeans), divergence: divergence)
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
