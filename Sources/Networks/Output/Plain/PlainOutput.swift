public import Concurrency
public import Optimization
import RealModule

/// The output layer written as its formulas are, one entry after the other in double precision: the oracle of the fused
/// kernels.
///
/// Gradients with u = ∂ log p / ∂ μ and y = link(a):
///
///     softmax:    ∂(−ℓ)/∂a_g = −(s u_g p_g − p_g Σ_h s u_h p_h)
///     otherwise:  ∂(−ℓ)/∂a_g = −s u_g y′(a_g)
///     ∂W = Σ_i (∂a_i) h_iᵀ      ∂b = Σ_i ∂a_i      ∂h_i = Wᵀ ∂a_i + Vᵀ ∂π_i      ∂ρ_gc = −e^ρ_gc Σ_{i in group c} ∂ℓ/∂r_gc
///
/// Source: derived from the likelihoods (`LikelihoodFormulas`).
public struct PlainOutput<Scalar: NetworkScalar>: Codable, Sendable {
  /// What it computes.
  public let specification: OutputSpecification
  /// Weights, biases and dispersions of the outputs.
  public private(set) var parameters: OutputParameters<Scalar>
  private var firstMoments: [Scalar]
  private var secondMoments: [Scalar]

  /// A layer with these parameters and zero moments.
  public init(_ specification: OutputSpecification, _ parameters: OutputParameters<Scalar>) {
    precondition(parameters.fits(specification), "parameters of other sizes than specified")
    self.specification = specification
    self.parameters = parameters
    firstMoments = Array(repeating: 0, count: parameters.flat.count)
    secondMoments = firstMoments
  }

  /// A layer without inflation.
  public init(
    _ specification: OutputSpecification, weights: [Scalar], biases: [Scalar],
    logDispersions: [Scalar]
  ) {
    self.init(
      specification,
      OutputParameters(weights: weights, biases: biases, logDispersions: logDispersions))
  }

  /// W, G × H, row-major.
  public var weights: [Scalar] { parameters.weights }
  /// b, a bias for each of the G outputs.
  public var biases: [Scalar] { parameters.biases }
  /// ρ, G × groups.
  public var logDispersions: [Scalar] { parameters.logDispersions }

  /// 64-bit integers that hold the gradient of all parameters.
  public var limbCount: Int { FixedPoint.limbsPerValue * firstMoments.count }

  /// Loss, hidden gradient and the gradient of all parameters; the latter replaces whatever `limbs` held.
  ///
  /// Local.
  public func train(
    _ batch: OutputBatch<Scalar>, into limbs: UnsafeMutableBufferPointer<Int64>,
    on workers: Workers
  ) -> OutputResult<Scalar> {
    var result = OutputResult<Scalar>(losses: [], hiddenGradient: [], faultCount: 0)
    limbs.update(repeating: 0)
    for group in 0..<batch.groups.count {
      var sum = OutputParameters<Scalar>(zerosLike: parameters)
      for row in batch.groups[group] {
        let terms = differentiate(batch, row)
        result.losses.append(terms.loss)
        result.hiddenGradient += backward(terms)
        sum.add(terms, hidden: hidden(batch, row), group: dispersionGroup(batch, row))
      }
      result.faultCount += sum.flat.withUnsafeBufferPointer { FixedPoint.add($0, to: limbs) }
    }
    return result
  }

  /// Loss and hidden gradient only.
  ///
  /// Local.
  public func backpropagate(
    _ batch: OutputBatch<Scalar>, on workers: Workers
  ) -> OutputResult<Scalar> {
    var result = OutputResult<Scalar>(losses: [], hiddenGradient: [], faultCount: 0)
    for row in 0..<batch.groups.rowCount {
      let terms = differentiate(batch, row)
      result.losses.append(terms.loss)
      result.hiddenGradient += backward(terms)
    }
    return result
  }

  /// Losses only.
  ///
  /// Local.
  public func losses(_ batch: OutputBatch<Scalar>, on workers: Workers) -> [Double] {
    (0..<batch.groups.rowCount).map { differentiate(batch, $0).loss }
  }

  /// μ, rows × G, row-major, for rows with these hidden activations (rows × H) and scales.
  ///
  /// Local.
  public func means(hidden: [Scalar], scales: [Scalar], on workers: Workers) -> [Scalar] {
    let H = specification.inputCount
    return scales.indices.flatMap { row in
      let logits = logits(parameters.weights, parameters.biases, hidden[row * H..<(row + 1) * H])
      return specification.link.values(of: logits).map { scales[row] * $0 }
    }
  }

  /// Sets the gradient of some weights, g · H + h, to zero: of weights that a mask leaves out.
  public func clearGradient(
    ofWeights positions: [Int], in limbs: UnsafeMutableBufferPointer<Int64>
  ) {
    let size = FixedPoint.limbsPerValue
    for position in positions {
      for limb in position * size..<(position + 1) * size { limbs[limb] = 0 }
    }
  }

  /// One step of Adam on all parameters along the gradient that summed limbs hold.
  ///
  /// Local; the same on every rank.
  public mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, on workers: Workers
  ) {
    var values = parameters.flat
    step.move(&values, &firstMoments, &secondMoments, along: FixedPoint.values(of: limbs))
    parameters.flat = values
  }

  /// The gradient that summed limbs hold.
  public func gradient(of limbs: UnsafeBufferPointer<Int64>) -> OutputParameters<Scalar> {
    var result = parameters
    result.flat = FixedPoint.values(of: limbs)
    return result
  }
}

// MARK: - One row

/// The loss of a row and its derivatives.
private struct RowTerms<Scalar: NetworkScalar> {
  var loss = 0.0
  /// ∂ loss/∂ a of each gene.
  var byLogits: [Scalar] = []
  /// ∂ loss/∂ ρ of each gene, in the row's group.
  var byLogDispersions: [Scalar] = []
  /// ∂ loss/∂ π of each gene.
  var byInflation: [Scalar] = []
}

extension PlainOutput {
  private func hidden(_ batch: OutputBatch<Scalar>, _ row: Int) -> ArraySlice<Scalar> {
    let H = specification.inputCount
    return batch.hidden[row * H..<(row + 1) * H]
  }

  private func dispersionGroup(_ batch: OutputBatch<Scalar>, _ row: Int) -> Int {
    batch.dispersionGroups.isEmpty ? 0 : Int(batch.dispersionGroups[row])
  }

  /// a = W h + b.
  private func logits(
    _ weights: [Scalar], _ biases: [Scalar], _ hidden: ArraySlice<Scalar>
  ) -> [Scalar] {
    let H = specification.inputCount
    return biases.indices.map { g in
      var sum = biases[g]
      for (h, value) in hidden.enumerated() { sum += weights[g * H + h] * value }
      return sum
    }
  }

  /// Wᵀ ∂a + Vᵀ ∂π.
  private func backward(_ terms: RowTerms<Scalar>) -> [Scalar] {
    let H = specification.inputCount
    var result = [Scalar](repeating: 0, count: H)
    for g in terms.byLogits.indices {
      for h in 0..<H {
        result[h] += terms.byLogits[g] * parameters.weights[g * H + h]
        if let inflation = parameters.inflation {
          result[h] += terms.byInflation[g] * inflation.weights[g * H + h]
        }
      }
    }
    return result
  }

  private func differentiate(_ batch: OutputBatch<Scalar>, _ row: Int) -> RowTerms<Scalar> {
    let G = specification.outputCount
    let logits = logits(parameters.weights, parameters.biases, hidden(batch, row))
    let inflation = parameters.inflation.map {
      self.logits($0.weights, $0.biases, hidden(batch, row))
    }
    let y = specification.link.values(of: logits)
    let s = batch.scales[row]
    let smallest = Double(specification.dispersion.smallest)
    var values = [Double](repeating: 0, count: G)
    for entry in batch.values.entries(ofRow: row) {
      values[Int(batch.values.columns[entry])] = Double(batch.values.values[entry])
    }
    var terms = RowTerms<Scalar>()
    var byValue: [Scalar] = []
    for g in 0..<G {
      let place = g * specification.dispersion.groupCount + dispersionGroup(batch, row)
      let excess = Double.exp(Double(parameters.logDispersions[place]))
      let term = specification.likelihood.logProbability(
        of: values[g], mean: Double(s * y[g]), logit: Double(logits[g]),
        dispersion: smallest + excess, inflation: Double(inflation?[g] ?? 0),
        epsilon: specification.stabilizer)
      terms.loss -= term.value
      byValue.append(-Scalar(term.byMean) * (specification.likelihood == .bernoulli ? 1 : s))
      terms.byLogDispersions.append(-Scalar(excess * term.byDispersion))
      terms.byInflation.append(-Scalar(term.byInflation))
    }
    terms.byLogits =
      specification.likelihood == .bernoulli
      ? byValue : specification.link.gradient(byValue, logits: logits, values: y)
    return terms
  }
}

extension OutputParameters {
  /// Zeros of the same sizes.
  fileprivate init(zerosLike other: OutputParameters) {
    self = other
    flat = Array(repeating: 0, count: other.flat.count)
  }

  /// All numbers, one array after the other.
  fileprivate var flat: [Scalar] {
    get {
      weights + biases + logDispersions + (inflation.map { $0.weights + $0.biases } ?? [])
    }
    set {
      var start = 0
      func take(_ count: Int) -> [Scalar] {
        defer { start += count }
        return Array(newValue[start..<start + count])
      }
      weights = take(weights.count)
      biases = take(biases.count)
      logDispersions = take(logDispersions.count)
      inflation = inflation.map {
        DenseWeights(weights: take($0.weights.count), biases: take($0.biases.count))
      }
    }
  }

  /// Adds what one row gives.
  fileprivate mutating func add(
    _ terms: RowTerms<Scalar>, hidden: ArraySlice<Scalar>, group: Int
  ) {
    let H = hidden.count
    let groups = logDispersions.count / biases.count
    for g in biases.indices {
      for (h, value) in hidden.enumerated() {
        weights[g * H + h] += terms.byLogits[g] * value
        inflation?.weights[g * H + h] += terms.byInflation[g] * value
      }
      biases[g] += terms.byLogits[g]
      inflation?.biases[g] += terms.byInflation[g]
      logDispersions[g * groups + group] += terms.byLogDispersions[g]
    }
  }
}
