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
  /// log p, also where p is too small for a number.
  private(set) var logarithms: Matrix<Double>
  private let concentrations: Matrix<Double>

  /// Draws; row r with the stream `stream(r)`.
  package init(_ concentrations: Matrix<Double>, stream: (Int) -> RandomStream) {
    self.concentrations = concentrations
    points = concentrations
    slopes = concentrations
    logarithms = concentrations
    let (rowCount, width) = (concentrations.rowCount, concentrations.columnCount)
    points.withUnsafeMutableBase { points in
      slopes.withUnsafeMutableBase { slopes in
        logarithms.withUnsafeMutableBase { logarithms in
          for row in 0..<rowCount {
            var stream = stream(row)
            let own = row * width..<(row + 1) * width
            var largest = -Double.infinity
            for index in own {
              // `points` still holds the concentrations.
              let value = stream.logGamma(shape: points[index])
              slopes[index] = Self.slope(logGamma: value, shape: points[index])
              logarithms[index] = value
              largest = max(largest, value)
            }
            var sum = 0.0
            for index in own {
              points[index] = .exp(logarithms[index] - largest)
              sum += points[index]
            }
            let total = largest + .log(sum)
            for index in own {
              logarithms[index] -= total
              points[index] /= sum
            }
          }
        }
      }
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
  /// - Parameter prior: a number for each column, or for each number of each row.
  package func logRatio(prior: [Double], uses: [Bool]? = nil) -> Double {
    let width = concentrations.columnCount
    let step = prior.count > width ? width : 0
    func ofPrior(_ own: ArraySlice<Double>) -> Double {
      logGamma(own.reduce(0, +)) - own.reduce(0) { $0 + logGamma($1) }
    }
    let common = step == 0 ? ofPrior(prior[...]) : 0
    var sum = 0.0
    concentrations.withUnsafeBase { a in
      logarithms.withUnsafeBase { logarithms in
        for row in 0..<concentrations.rowCount where uses?[row] ?? true {
          var total = 0.0
          for column in 0..<width {
            let index = row * width + column
            total += a[index]
            sum += (prior[row * step + column] - a[index]) * logarithms[index] + logGamma(a[index])
          }
          let own = step == 0 ? common : ofPrior(prior[row * step..<row * step + width])
          sum += own - logGamma(total)
        }
      }
    }
    return sum
  }

  /// ∂f/∂ log a = a ∂f/∂a.
  ///
  /// - Parameters:
  ///   - data: p_i ∂ log p(data | p)/∂p_i.
  ///   - prior: a number for each column, or for each number of each row.
  package func gradient(data: Matrix<Double>, prior: [Double]) -> Matrix<Double> {
    let width = concentrations.columnCount
    let step = prior.count > width ? width : 0
    let (p, slope, log) = (points.elements, slopes.elements, logarithms.elements)
    var result = concentrations
    result.withUnsafeMutableBase { result in
      data.withUnsafeBase { data in
        for row in 0..<concentrations.rowCount {
          let start = row * width
          var (mean, total) = (0.0, 0.0)
          for column in 0..<width {
            // `result` still holds the concentrations.
            mean += data[start + column] + prior[row * step + column] - result[start + column]
            total += result[start + column]
          }
          let ofTotal = digamma(total)
          for column in 0..<width {
            let index = start + column
            let a = result[index]
            let weighted = data[index] + prior[row * step + column] - a - mean * p[index]
            let explicit = log[index] - digamma(a) + ofTotal
            result[index] = a * (weighted * slope[index] - explicit)
          }
        }
      }
    }
    return result
  }

  /// A step of the natural gradient of f relative to the concentrations, F⁻¹ g / a, F the Fisher information of
  /// Dirichlet(a):
  ///
  ///     g_i = (r_i − p_i Σ_j r_j) ∂ log g_i/∂a_i        r = p ∂ log p(data | p)/∂p + prior − a
  ///     F = diag ψ′(a) − ψ′(Σ a) 1 1ᵀ
  ///
  /// Without the explicit derivative, whose mean is zero: so the variance vanishes where the Dirichlet distribution
  /// is the posterior. A step of coordinate ascent is the same with r for F⁻¹ g and all at their means.
  ///
  /// Sources: S. Amari, Natural gradient works efficiently in learning, Neural Computation 10:251–276, 1998;
  /// G. Roeder, Y. Wu, D. Duvenaud, Sticking the landing, NeurIPS 2017, arXiv:1703.09194.
  /// - Parameters:
  ///   - data: p_i ∂ log p(data | p)/∂p_i.
  ///   - prior: a number for each column, or for each number of each row.
  package func naturalStep(data: Matrix<Double>, prior: [Double]) -> Matrix<Double> {
    let width = concentrations.columnCount
    let step = prior.count > width ? width : 0
    let (p, slope, data) = (points.elements, slopes.elements, data.elements)
    var result = concentrations
    var inverses = [Double](repeating: 0, count: width)
    result.withUnsafeMutableBase { result in
      for row in 0..<concentrations.rowCount {
        let start = row * width
        // `result` still holds the concentrations.
        var (residual, total) = (0.0, 0.0)
        for column in 0..<width {
          let a = result[start + column]
          residual += data[start + column] + prior[row * step + column] - a
          total += a
        }
        var (sumOfInverses, sumOfSteps) = (0.0, 0.0)
        for column in 0..<width {
          let index = start + column
          let a = result[index]
          let inverse = 1 / trigamma(a)
          let own = data[index] + prior[row * step + column] - a - residual * p[index]
          result[index] = own * slope[index] * inverse
          sumOfSteps += result[index]
          sumOfInverses += inverse
          inverses[column] = inverse
        }
        let ofTotal = trigamma(total)
        // 0 for one number, which is 1 whatever a, and nearly so where one a is all but the sum: no shift, then.
        let rest = 1 - ofTotal * sumOfInverses
        let shift = rest > 0x1p-50 ? sumOfSteps * ofTotal / rest : 0
        for column in 0..<width {
          result[start + column] =
            (result[start + column] + shift * inverses[column])
            / concentrations.elements[start + column]
        }
      }
    }
    return result
  }
}
