package import LinearAlgebra
package import Networks
import RealModule

/// From counts to mean and variance of a normal distribution of K numbers.
///
///     h = ReLU(BN(W log(1 + x) + b)), dropout, further such layers      m = A h + a      v = exp(B h + c) + 10⁻⁴
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | W, b | first layer, by non-zero counts | G × H, H | `first` |
/// | A, a, B, c | the two heads as one layer of 2K outputs | 2K × H, 2K | the last layer of `rest` |
package struct CountEncoder<Scalar: NetworkScalar>: Codable, Sendable {
  /// The first layer.
  package var first: SparseDense<Scalar>
  /// What follows it.
  package var rest: Networks.Network<Scalar>

  /// Added to every variance, as in the reference code.
  static var smallestVariance: Double { 1e-4 }

  /// An encoder of these layers.
  package init(first: SparseDense<Scalar>, rest: Networks.Network<Scalar>) {
    self.first = first
    self.rest = rest
  }

  /// The layers after the first: normalisation, ReLU and dropout after every hidden one.
  package static func rest(
    hidden: [DenseWeights<Scalar>], heads: DenseWeights<Scalar>, dropout: Double, key: Int
  ) -> Networks.Network<Scalar> {
    let width = heads.inputCount
    func block(_ layer: Int) -> [Layer<Scalar>] {
      [
        .normalization(
          BatchNormalization(unitCount: width, momentum: 0.01, epsilon: 1e-3)),
        .activation(.relu),
      ] + (dropout > 0 ? [.dropout(Dropout(dropout, key: 100 * key + layer))] : [])
    }
    return Networks.Network(
      inputCount: width,
      block(0)
        + hidden.enumerated().flatMap { [.dense(Dense($1))] + block($0 + 1) }
        + [.dense(Dense(heads))])
  }

  /// K, the numbers it knows the distribution of.
  var dimension: Int { rest.outputCount / 2 }

  /// The distributions of rows of counts, evaluating.
  ///
  /// Local.
  package func posterior(
    of counts: SparseBatch<Scalar>, on workers: Workers
  ) -> NormalPosterior<Scalar> {
    let hidden = first.forward(counts, on: workers)
    let output = rest.forward(hidden, rowCount: counts.rowCount, on: workers).output
    return NormalPosterior(output, dimension: dimension)
  }
}

/// Independent normal distributions of K numbers for each of some rows.
///
///     v = eᵃ + 10⁻⁴      z = m + ε √v      KL(N(m, v) ‖ N(μ, σ²)) = ½ Σ [ (m − μ)²/σ² + v/σ² − 1 − log(v/σ²) ]
package struct NormalPosterior<Scalar: NetworkScalar>: Sendable {
  /// K, the numbers of a row.
  package let dimension: Int
  /// m, the means: rows × K.
  package private(set) var means: [Scalar] = []
  /// v, the variances: rows × K.
  package private(set) var variances: [Scalar] = []

  /// The distributions that an encoder's output, m and then a of each row, stands for.
  init(_ output: [Scalar], dimension: Int) {
    self.dimension = dimension
    for start in stride(from: 0, to: output.count, by: 2 * dimension) {
      for k in start..<start + dimension {
        means.append(output[k])
        variances.append(
          Scalar.exp(output[k + dimension]) + Scalar(CountEncoder<Scalar>.smallestVariance))
      }
    }
  }

  /// m + ε √v.
  func draw(_ noise: [Scalar]) -> [Scalar] {
    means.indices.map { means[$0] + noise[$0] * variances[$0].squareRoot() }
  }

  /// KL of a row from N(μ, σ²).
  func divergence(ofRow row: Int, from prior: NormalPrior = .standard) -> Double {
    var sum = 0.0
    for k in row * dimension..<(row + 1) * dimension {
      let (m, v) = (Double(means[k]) - prior.mean, Double(variances[k]) / prior.variance)
      sum += m * m / prior.variance + v - 1 - Double.log(v)
    }
    return sum / 2
  }

  /// log N(z; μ, σ²) − log N(z; m, v) of a row's draw: the weight of importance sampling.
  func logWeight(ofRow row: Int, draw: [Scalar], prior: NormalPrior = .standard) -> Double {
    var sum = 0.0
    for k in row * dimension..<(row + 1) * dimension {
      let (z, v) = (Double(draw[k]), Double(variances[k]))
      let (own, other) = (z - Double(means[k]), z - prior.mean)
      sum += own * own / v + Double.log(v / prior.variance) - other * other / prior.variance
    }
    return sum / 2
  }

  /// ∂ loss/∂ encoder output from ∂ loss/∂ draws and the divergence of each row times a factor.
  func gradient(
    byDraw: [Scalar], noise: [Scalar], priors: [NormalPrior], times factor: Double
  ) -> [Scalar] {
    let rowCount = means.count / dimension
    var result = [Scalar](repeating: 0, count: 2 * means.count)
    for row in 0..<rowCount {
      let prior = priors.count == 1 ? priors[0] : priors[row]
      for k in 0..<dimension {
        let place = row * dimension + k
        let v = Double(variances[place])
        let byDraw = Double(byDraw[place])
        let byMean = byDraw + factor * (Double(means[place]) - prior.mean) / prior.variance
        let byVariance =
          byDraw * Double(noise[place]) / (2 * v.squareRoot())
          + factor / 2 * (1 / prior.variance - 1 / v)
        result[2 * row * dimension + k] = Scalar(byMean)
        result[(2 * row + 1) * dimension + k] = Scalar(
          byVariance * (v - CountEncoder<Scalar>.smallestVariance))
      }
    }
    return result
  }
}

/// A normal prior of one number.
package struct NormalPrior: Codable, Sendable, Equatable {
  /// μ, the mean.
  package var mean: Double
  /// σ², the variance.
  package var variance: Double

  /// A prior with these moments.
  package init(mean: Double, variance: Double) {
    self.mean = mean
    self.variance = variance
  }

  /// The standard normal prior, N(0, 1).
  package static let standard = NormalPrior(mean: 0, variance: 1)
}
