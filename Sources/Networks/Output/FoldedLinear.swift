public import LinearAlgebra

/// A linear output whose batch normalisation is folded into its weights: what reaches an `OutputPass` is again one
/// weighted sum of the inputs and a bias, so nothing of the size rows × outputs is made.
///
///     a_g = BN(w_g · z)_g      m_g = w_g · z̄      v_g = w_g · C w_g      s_g = 1/√(v_g + ε)
///     w̃_g = γ_g s_g w_g        b̃_g = β_g − γ_g s_g m_g
///
/// because mean and variance of w · z over the minibatch follow from mean and covariance of z. Backwards, from the
/// gradient by w̃ and b̃ that the pass has summed over everyone:
///
///     ∂β = ∂b̃      α = ∂w̃ · w − m ∂b̃      ∂γ = s α      ∂m = −γ s ∂b̃      ∂v = −½ γ s³ α
///     ∂w = γ s ∂w̃ + ∂m z̄ + 2 ∂v C w      ∂z̄ = Σ_g ∂m_g w_g      ∂C = Σ_g ∂v_g w_g w_gᵀ
///     ∂z_i ← ∂z_i + (∂z̄ + 2 ∂C (z_i − z̄))/n
///
/// Evaluating, m and v are the running statistics M, V, and nothing goes through them.
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | w_g | weights of an output | H | `parameters[g, 0 ..< H]` |
/// | γ_g, β_g | scale and shift of an output | | `parameters[g, H]`, `parameters[g, H + 1]` |
/// | z̄, C, n | mean and covariance of the inputs over everyone, rows of everyone | H, H × H | `InputMoments` |
/// | M, V | running mean and variance of each output | G | `runningMeans`, `runningVariances` |
///
/// Without normalisation (`isNormalized` false) w̃ = w and there is no γ; b̃ = β where there are biases (`hasBiases`), else 0.
/// Source: the normalisation of Ioffe and Szegedy 2015, arXiv:1502.03167; folded here.
public struct FoldedLinear<Scalar: NetworkScalar>: Codable, Sendable {
  /// H, the number of inputs.
  public let inputCount: Int
  /// Whether there is a batch normalisation.
  public let isNormalized: Bool
  /// Whether there are biases without a batch normalisation.
  public let hasBiases: Bool
  /// w, γ and β of each output.
  public var parameters: Parameters<Scalar>
  /// M, the running means of the outputs.
  public private(set) var runningMeans: [Double]
  /// V, the running variances of the outputs.
  public private(set) var runningVariances: [Double]
  /// The weight of the newest statistics in the running ones.
  public let momentum: Double
  /// ε, which keeps the division finite.
  public let epsilon: Double

  /// Outputs with these weights (outputs × inputs, row-major) and biases, without normalisation.
  public init(inputCount: Int, weights: [Scalar], biases: [Scalar]) {
    precondition(inputCount > 0 && weights.count == biases.count * inputCount)
    self.inputCount = inputCount
    (isNormalized, hasBiases, momentum, epsilon) = (false, true, 0, 0)
    parameters = Parameters(outputCount: biases.count, width: inputCount + 1) { g, k in
      k < inputCount ? weights[g * inputCount + k] : biases[g]
    }
    runningMeans = []
    runningVariances = []
  }

  /// Outputs with these weights (outputs × inputs, row-major), γ = 1 and β = 0.
  public init(
    inputCount: Int, weights: [Scalar], isNormalized: Bool = true, momentum: Double = 0.01,
    epsilon: Double = 1e-3
  ) {
    precondition(
      inputCount > 0 && weights.count.isMultiple(of: inputCount),
      "\(weights.count) weights for outputs of \(inputCount) inputs")
    let outputCount = weights.count / inputCount
    self.inputCount = inputCount
    self.isNormalized = isNormalized
    hasBiases = false
    self.momentum = momentum
    self.epsilon = epsilon
    parameters = Parameters(
      outputCount: outputCount, width: isNormalized ? inputCount + 2 : inputCount
    ) { g, k in k < inputCount ? weights[g * inputCount + k] : k == inputCount ? 1 : 0 }
    runningMeans = Array(repeating: 0, count: isNormalized ? outputCount : 0)
    runningVariances = Array(repeating: 1, count: isNormalized ? outputCount : 0)
  }

  /// G, the number of outputs.
  public var outputCount: Int { parameters.outputCount }

  /// Mean m and variance v of every output's w · z, for inputs with these moments.
  ///
  /// - Complexity: G H² products, by blocks of 256 outputs.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func statistics(for moments: InputMoments) -> BatchStatistics {
    let H = inputCount
    var means: [Double] = []
    var variances: [Double] = []
    for first in stride(from: 0, to: outputCount, by: Self.blockSize) {
      let weights = weightBlock(first)
      let spread = matrixProduct(weights, moments.covariance).elements
      for g in 0..<weights.rowCount {
        var (mean, variance) = (0.0, 0.0)
        for h in 0..<H {
          mean += weights.elements[g * H + h] * moments.means[h]
          variance += weights.elements[g * H + h] * spread[g * H + h]
        }
        means.append(mean)
        variances.append(max(variance, 0))
      }
    }
    return BatchStatistics(count: moments.count, means: means, variances: variances)
  }

  /// Writes w̃ and b̃ over the first H + 1 numbers of each output of a pass's parameters.
  ///
  /// - Parameters:
  ///   - statistics: of the minibatch; nil: the running ones.
  ///   - stride: numbers between two outputs of `effective`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func fold(by statistics: BatchStatistics?, into effective: inout [Scalar], stride: Int) {
    precondition(effective.count == outputCount * stride && stride > inputCount)
    let H = inputCount
    let (means, scales) = scaling(statistics)
    for g in 0..<outputCount {
      let factor = isNormalized ? parameters[g, H] * Scalar(scales[g]) : 1
      for h in 0..<H { effective[g * stride + h] = factor * parameters[g, h] }
      effective[g * stride + H] =
        isNormalized
        ? parameters[g, H + 1] - factor * Scalar(means[g]) : hasBiases ? parameters[g, H] : 0
    }
  }

  /// The gradient by the parameters, and by the moments of the inputs, from that by w̃ and b̃.
  ///
  /// Local; the same on every rank, because the pass's gradient is a sum over everyone.
  /// - Parameters:
  ///   - effective: ∂w̃ and ∂b̃ in the layout that `fold` writes.
  ///   - statistics: those that were folded in; nil: the running ones.
  ///   - moments: those that the statistics are of; nil with the running ones.
  /// - Complexity: 2 G H² products, by blocks of 256 outputs.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func unfold(
    _ effective: [Scalar], stride: Int, by statistics: BatchStatistics?, _ moments: InputMoments?
  ) -> FoldedGradient<Scalar> {
    precondition(effective.count == outputCount * stride)
    let (H, S) = (inputCount, parameters.stride)
    var result = FoldedGradient<Scalar>(parameterCount: parameters.values.count, inputCount: H)
    guard isNormalized else {
      for g in 0..<outputCount {
        for h in 0..<(hasBiases ? H + 1 : H) {
          result.parameters[g * S + h] = effective[g * stride + h]
        }
      }
      return result
    }
    let (means, scales) = scaling(statistics)
    for first in Swift.stride(from: 0, to: outputCount, by: Self.blockSize) {
      let weights = weightBlock(first)
      let spread = moments.map { matrixProduct(weights, $0.covariance).elements } ?? []
      // Row g of the second is ∂v_g w_g: the first, transposed, times it is this block's part of ∂C.
      var weighted = weights.elements
      for row in 0..<weights.rowCount {
        let g = first + row
        let (gamma, scale) = (Double(parameters[g, H]), scales[g])
        let bias = Double(effective[g * stride + H])
        var alpha = -means[g] * bias
        for h in 0..<H {
          alpha += Double(effective[g * stride + h]) * weights.elements[row * H + h]
        }
        result.parameters[g * S + H] = Scalar(scale * alpha)
        result.parameters[g * S + H + 1] = effective[g * stride + H]
        let byMean = moments == nil ? 0 : -gamma * scale * bias
        let byVariance = moments == nil ? 0 : -0.5 * gamma * scale * scale * scale * alpha
        for h in 0..<H {
          let weight = weights.elements[row * H + h]
          var derivative = gamma * scale * Double(effective[g * stride + h])
          if let moments {
            derivative += byMean * moments.means[h] + 2 * byVariance * spread[row * H + h]
          }
          result.parameters[g * S + h] = Scalar(derivative)
          result.byMeans[h] += byMean * weight
          weighted[row * H + h] = byVariance * weight
        }
      }
      guard moments != nil else { continue }
      let block = Matrix(rowCount: weights.rowCount, columnCount: H, elements: weighted)
      result.byCovariance.add(matrixProduct(weights, block, transposing: .first))
    }
    return result
  }

  /// Moves the running statistics towards those of a minibatch.
  ///
  /// Local; the same on every rank.
  public mutating func follow(_ statistics: BatchStatistics) {
    guard isNormalized else { return }
    statistics.follow(&runningMeans, &runningVariances, momentum: momentum)
  }

  private static var blockSize: Int { 256 }

  /// The weights of up to 256 outputs in double precision.
  private func weightBlock(_ first: Int) -> Matrix<Double> {
    let rows = first..<min(first + Self.blockSize, outputCount)
    var elements: [Double] = []
    elements.reserveCapacity(rows.count * inputCount)
    for g in rows {
      for h in 0..<inputCount { elements.append(Double(parameters[g, h])) }
    }
    return Matrix(rowCount: rows.count, columnCount: inputCount, elements: elements)
  }

  /// m and 1/√(v + ε) of every output: of the minibatch, or the running ones.
  private func scaling(_ statistics: BatchStatistics?) -> (means: [Double], scales: [Double]) {
    let variances = statistics?.variances ?? runningVariances
    return (statistics?.means ?? runningMeans, variances.map { 1 / ($0 + epsilon).squareRoot() })
  }
}

/// The gradient of a `FoldedLinear`.
public struct FoldedGradient<Scalar: NetworkScalar>: Sendable {
  /// ∂w, ∂γ, ∂β, in the layout of the layer's parameters.
  public var parameters: [Scalar]
  /// ∂z̄, the derivatives by the mean inputs, H numbers.
  public var byMeans: [Double]
  /// ∂C: H × H.
  public var byCovariance: Matrix<Double>

  init(parameterCount: Int, inputCount: Int) {
    parameters = Array(repeating: 0, count: parameterCount)
    byMeans = Array(repeating: 0, count: inputCount)
    byCovariance = Matrix(rowCount: inputCount, columnCount: inputCount, repeating: 0)
  }

  /// Adds what goes through the moments to the gradient by the inputs of some rows:
  /// ∂z_i ← ∂z_i + (∂z̄ + 2 ∂C (z_i − z̄))/n.
  ///
  /// Local. The gradients of several layers on the same inputs are added one after the other.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func propagate(
    to inputGradient: inout [Scalar], inputs: [Scalar], through moments: InputMoments
  ) {
    precondition(inputGradient.count == inputs.count)
    let H = byMeans.count
    let slopes = byCovariance.elements
    for start in stride(from: 0, to: inputs.count, by: H) {
      for h in 0..<H {
        var sum = 0.0
        for k in 0..<H {
          sum += slopes[h * H + k] * (Double(inputs[start + k]) - moments.means[k])
        }
        inputGradient[start + h] += Scalar((byMeans[h] + 2 * sum) / moments.count)
      }
    }
  }
}
