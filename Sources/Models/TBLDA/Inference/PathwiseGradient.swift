package import LinearAlgebra
package import Probability
import RealModule

/// A draw from each row's Dirichlet distribution, and what the gradient by the concentrations needs.
///
///     g_i ~ Gamma(a_i),  p = g / Σ g,      f = log p(data | p) + log Dirichlet(p; prior) − log Dirichlet(p; a)
///     h_i = ∂ log p(data | p)/∂p_i + (prior − a_i)/p_i
///     ∂f/∂a_i = (h_i − Σ_j h_j p_j) p_i · ∂ log g_i/∂a_i − (log p_i − ψ(a_i) + ψ(Σ a))
///
/// The second part is the explicit derivative of −log q; its mean is zero and the published inference keeps it.
/// Source: M. Figurnov, S. Mohamed, A. Mnih, Implicit reparameterization gradients, NeurIPS 2018,
/// arXiv:1805.08498.
package struct DirichletDraw: Sendable {
  /// p, a point of the simplex in each row.
  package private(set) var points: Matrix<Double>
  /// ∂ log g/∂a.
  private var slopes: Matrix<Double>
  /// log p.
  private var logarithms: Matrix<Double>
  private let concentrations: Matrix<Double>

  /// Draws; row r with the stream `stream(r)`.
  package init(_ concentrations: Matrix<Double>, stream: (Int) -> RandomStream) {
    self.concentrations = concentrations
    points = concentrations
    slopes = concentrations
    logarithms = concentrations
    let width = concentrations.columnCount
    for row in 0..<concentrations.rowCount {
      var stream = stream(row)
      let values = concentrations.row(row)
      var logs = values.map { stream.logGamma(shape: $0) }
      slopes.setRow(row, to: zip(logs, values).map { Self.slope(logGamma: $0, shape: $1) })
      let total = logSumExp(logs)
      for index in 0..<width { logs[index] -= total }
      logarithms.setRow(row, to: logs)
      points.setRow(row, to: logs.map { .exp($0) })
    }
  }

  /// ∂ log g/∂a; where g is too small for a number, g ≈ U^{1/a} and it is −log g / a.
  private static func slope(logGamma: Double, shape: Double) -> Double {
    let value = Double.exp(logGamma)
    guard value > 1e-290 else { return -logGamma / shape }
    return gammaPathwiseDerivative(value, shape: shape) / value
  }

  /// log Dirichlet(p; prior) − log Dirichlet(p; a), summed over the rows whose flag is set.
  ///
  /// - Parameter prior: a number for each column.
  package func logRatio(prior: [Double], uses: [Bool]? = nil) -> Double {
    let ofPrior = logGamma(prior.reduce(0, +)) - prior.reduce(0) { $0 + logGamma($1) }
    var sum = 0.0
    for row in 0..<concentrations.rowCount where uses?[row] ?? true {
      var total = 0.0
      for (index, a) in concentrations.row(row).enumerated() {
        total += a
        sum += (prior[index] - a) * logarithms[row, index] + logGamma(a)
      }
      sum += ofPrior - logGamma(total)
    }
    return sum
  }

  /// ∂f/∂ log a = a ∂f/∂a.
  ///
  /// - Parameter data: p_i ∂ log p(data | p)/∂p_i.
  package func gradient(data: Matrix<Double>, prior: [Double]) -> Matrix<Double> {
    var result = concentrations
    for row in 0..<concentrations.rowCount {
      let (a, p) = (Array(concentrations.row(row)), Array(points.row(row)))
      let (own, slope, log) = (
        Array(data.row(row)), Array(slopes.row(row)), Array(logarithms.row(row))
      )
      var (mean, total) = (0.0, 0.0)
      for index in a.indices {
        mean += own[index] + prior[index] - a[index]
        total += a[index]
      }
      let ofTotal = digamma(total)
      result.setRow(
        row,
        to: a.indices.map { index in
          let weighted = own[index] + prior[index] - a[index] - mean * p[index]
          let explicit = log[index] - digamma(a[index]) + ofTotal
          return a[index] * (weighted * slope[index] - explicit)
        })
    }
    return result
  }
}
