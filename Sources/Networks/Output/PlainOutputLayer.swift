public import LinearAlgebra
public import Optimization
import RealModule

/// The output layer written as its formulas are, one entry after the other: the oracle of the fused kernels,
/// and the layer of fits in double precision.
///
/// Gradients with u = ∂ log p / ∂ μ and y = activation(a):
///
///     softmax:    ∂(−ℓ)/∂a_g = −(s u_g p_g − p_g Σ_h s u_h p_h)
///     otherwise:  ∂(−ℓ)/∂a_g = −s u_g y′(a_g)
///     ∂W = Σ_i (∂a_i) h_iᵀ      ∂b = Σ_i ∂a_i      ∂h_i = Wᵀ ∂a_i      ∂ρ_g = −(r_g − 1) Σ_i ∂ℓ/∂r_g
///
/// Source: derived from the likelihoods; scDGD's parameterisation of r (Schuster and Krogh 2023,
/// doi:10.1093/bioinformatics/btad497).
public struct PlainOutputLayer<Scalar: NetworkScalar>: OutputLayer {
  /// What it computes.
  public let specification: OutputSpecification
  /// W, G × H, row-major.
  public private(set) var weights: [Scalar]
  /// b, G.
  public private(set) var biases: [Scalar]
  /// ρ, G.
  public private(set) var logDispersions: [Scalar]
  private var firstMoments: [Scalar]
  private var secondMoments: [Scalar]

  /// A layer with these parameters and zero moments.
  public init(
    _ specification: OutputSpecification, weights: [Scalar], biases: [Scalar],
    logDispersions: [Scalar]
  ) {
    precondition(
      weights.count == specification.outputCount * specification.inputCount
        && biases.count == specification.outputCount
        && logDispersions.count == specification.outputCount)
    self.specification = specification
    self.weights = weights
    self.biases = biases
    self.logDispersions = logDispersions
    firstMoments = Array(repeating: 0, count: weights.count + 2 * biases.count)
    secondMoments = firstMoments
  }

  /// Integers that hold the gradient of all parameters.
  public var limbCount: Int {
    FixedPoint.limbsPerValue * (weights.count + 2 * biases.count)
  }

  /// Loss, hidden gradient and the gradient of all parameters.
  ///
  /// Local.
  public func train(
    _ batch: OutputBatch<Scalar>, into limbs: UnsafeMutableBufferPointer<Int64>,
    on workers: Workers
  ) -> OutputResult<Scalar> {
    let (G, H) = (specification.outputCount, specification.inputCount)
    var result = OutputResult<Scalar>(losses: [], hiddenGradient: [], faultCount: 0)
    limbs.update(repeating: 0)
    for group in 0..<batch.groups.count {
      var gradient = [Scalar](repeating: 0, count: firstMoments.count)
      for row in batch.groups[group] {
        let (loss, derivatives) = differentiate(batch, row)
        result.losses.append(loss)
        result.hiddenGradient += backward(derivatives.logits)
        for g in 0..<G {
          for h in 0..<H {
            gradient[g * H + h] += derivatives.logits[g] * batch.hidden[row * H + h]
          }
          gradient[G * H + g] += derivatives.logits[g]
          gradient[G * H + G + g] += derivatives.logDispersions[g]
        }
      }
      result.faultCount += gradient.withUnsafeBufferPointer { FixedPoint.add($0, to: limbs) }
    }
    return result
  }

  /// Loss and hidden gradient.
  ///
  /// Local.
  public func backpropagate(
    _ batch: OutputBatch<Scalar>, on workers: Workers
  ) -> OutputResult<Scalar> {
    var result = OutputResult<Scalar>(losses: [], hiddenGradient: [], faultCount: 0)
    for row in 0..<batch.groups.rowCount {
      let (loss, derivatives) = differentiate(batch, row)
      result.losses.append(loss)
      result.hiddenGradient += backward(derivatives.logits)
    }
    return result
  }

  /// Losses.
  ///
  /// Local.
  public func losses(_ batch: OutputBatch<Scalar>, on workers: Workers) -> [Double] {
    (0..<batch.groups.rowCount).map { differentiate(batch, $0).loss }
  }

  /// Expected values.
  ///
  /// Local.
  public func means(hidden: [Scalar], scales: [Scalar], on workers: Workers) -> [Scalar] {
    let H = specification.inputCount
    return scales.indices.flatMap { row in
      activations(logits(hidden[row * H..<(row + 1) * H])).map { scales[row] * $0 }
    }
  }

  /// Sets the gradient of some weights to zero.
  public func clearGradient(
    ofWeights positions: [Int], in limbs: UnsafeMutableBufferPointer<Int64>
  ) {
    let size = FixedPoint.limbsPerValue
    for position in positions {
      for limb in position * size..<(position + 1) * size { limbs[limb] = 0 }
    }
  }

  /// One step of Adam along the gradient that limbs hold.
  ///
  /// Local; the same on every rank.
  public mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, on workers: Workers
  ) {
    let gradient: [Scalar] = FixedPoint.values(of: limbs)
    var parameters = weights + biases + logDispersions
    step.move(&parameters, &firstMoments, &secondMoments, along: gradient)
    (weights, biases, logDispersions) = split(parameters)
  }

  /// The gradient that limbs hold.
  public func gradient(
    of limbs: UnsafeBufferPointer<Int64>
  ) -> (weights: [Scalar], biases: [Scalar], logDispersions: [Scalar]) {
    split(FixedPoint.values(of: limbs))
  }

  private func split(
    _ values: [Scalar]
  ) -> (weights: [Scalar], biases: [Scalar], logDispersions: [Scalar]) {
    let (W, G) = (weights.count, biases.count)
    return (Array(values[..<W]), Array(values[W..<W + G]), Array(values[(W + G)...]))
  }
}

// MARK: - One row

extension PlainOutputLayer {
  private typealias Derivatives = (logits: [Scalar], logDispersions: [Scalar])

  /// a = W h + b.
  private func logits(_ hidden: ArraySlice<Scalar>) -> [Scalar] {
    let H = specification.inputCount
    return (0..<specification.outputCount).map { g in
      var sum = biases[g]
      for (h, value) in hidden.enumerated() { sum += weights[g * H + h] * value }
      return sum
    }
  }

  /// y(a).
  private func activations(_ logits: [Scalar]) -> [Scalar] {
    switch specification.activation {
    case .softplus: return logits.map { max($0, 0) + Scalar.log(onePlus: Scalar.exp(-abs($0))) }
    case .sigmoid: return logits.map { 1 / (1 + Scalar.exp(-$0)) }
    case .relu: return logits.map { max($0, 0) }
    case .identity: return logits
    case .softmax:
      let largest = logits.max() ?? 0
      let exponentials = logits.map { Scalar.exp($0 - largest) }
      let sum = exponentials.reduce(0, +)
      return exponentials.map { $0 / sum }
    }
  }

  /// Wᵀ ∂a.
  private func backward(_ derivatives: [Scalar]) -> [Scalar] {
    let H = specification.inputCount
    var result = [Scalar](repeating: 0, count: H)
    for g in derivatives.indices {
      for h in 0..<H { result[h] += derivatives[g] * weights[g * H + h] }
    }
    return result
  }

  /// The row's loss, and its derivatives by a and ρ.
  private func differentiate(
    _ batch: OutputBatch<Scalar>, _ row: Int
  ) -> (loss: Double, derivatives: (logits: [Scalar], logDispersions: [Scalar])) {
    let (G, H) = (specification.outputCount, specification.inputCount)
    let logits = logits(batch.hidden[row * H..<(row + 1) * H])
    let y = activations(logits)
    let s = batch.scales[row]
    var values = [Scalar](repeating: 0, count: G)
    for entry in batch.values.entries(ofRow: row) {
      values[Int(batch.values.columns[entry])] = batch.values.values[entry]
    }
    var loss = 0.0
    var u = [Scalar](repeating: 0, count: G)  // s · ∂ℓ/∂μ
    var dispersions = [Scalar](repeating: 0, count: G)
    for g in 0..<G {
      let term = logProbability(values[g], mean: s * y[g], logit: logits[g], logDispersions[g])
      loss -= Double(term.value)
      u[g] = s * term.byMean
      dispersions[g] = -term.byLogDispersion
    }
    return (loss, (derivativesByLogits(u, y, logits, values), dispersions))
  }

  private func derivativesByLogits(
    _ u: [Scalar], _ y: [Scalar], _ logits: [Scalar], _ values: [Scalar]
  ) -> [Scalar] {
    if specification.likelihood == .bernoulli { return y.indices.map { y[$0] - values[$0] } }
    switch specification.activation {
    case .softplus: return u.indices.map { -u[$0] / (1 + Scalar.exp(-logits[$0])) }
    case .sigmoid: return u.indices.map { -u[$0] * y[$0] * (1 - y[$0]) }
    case .relu: return u.indices.map { logits[$0] > 0 ? -u[$0] : 0 }
    case .identity: return u.map { -$0 }
    case .softmax:
      let mean = zip(u, y).reduce(Scalar.zero) { $0 + $1.0 * $1.1 }
      return u.indices.map { -y[$0] * (u[$0] - mean) }
    }
  }
}
