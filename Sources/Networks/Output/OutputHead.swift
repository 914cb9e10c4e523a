public import Concurrency
import Kernels
public import Optimization

/// An output layer in single precision: its parameters with their moments, and the pass that they are for.
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | W, b, ρ | weights, biases, what dispersions follow from | G × H, G, G × groups | `weights`, `biases`, `logDispersions` |
/// | V, d | those of the second logits of a zero-inflated likelihood | G × H, G | `values.inflation` |
public struct OutputHead: Codable, Sendable {
  /// What it computes.
  public var specification: OutputSpecification { pass.specification }
  private var parameters: Parameters<Float>
  /// V and d in the places of weights and bias.
  private var inflation: Parameters<Float>?
  private let pass: OutputPass

  private enum CodingKeys: String, CodingKey {
    case specification, parameters, inflation
  }

  /// A layer with these parameters and zero moments.
  ///
  /// - Precondition: `OutputSpecification.refusal` has nothing against it; sizes fit.
  public init(_ specification: OutputSpecification, _ parameters: OutputParameters<Float>) {
    self.init(OutputPass(specification), parameters)
  }

  /// A layer without zero inflation.
  public init(
    _ specification: OutputSpecification, weights: [Float], biases: [Float],
    logDispersions: [Float]
  ) {
    self.init(
      specification,
      OutputParameters(weights: weights, biases: biases, logDispersions: logDispersions))
  }

  /// A layer for a pass by chosen kernels.
  package init(_ pass: OutputPass, _ values: OutputParameters<Float>) {
    let (G, H) = (pass.specification.outputCount, pass.specification.inputCount)
    let groups = pass.specification.dispersion.groupCount
    precondition(values.fits(pass.specification), "parameters of other sizes than specified")
    self.pass = pass
    parameters = Parameters(outputCount: G, width: pass.width) { g, k in
      k < H
        ? values.weights[g * H + k]
        : k == H ? values.biases[g] : values.logDispersions[g * groups + k - H - 1]
    }
    inflation = values.inflation.map { inflation in
      Parameters(outputCount: G, width: pass.width) { g, k in
        k < H ? inflation.weights[g * H + k] : k == H ? inflation.biases[g] : 0
      }
    }
  }

  /// A layer as it was saved.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let specification = try container.decode(OutputSpecification.self, forKey: .specification)
    parameters = try container.decode(Parameters<Float>.self, forKey: .parameters)
    inflation = try container.decodeIfPresent(Parameters<Float>.self, forKey: .inflation)
    let refusal = OutputSpecification.refusal(
      specification.likelihood, specification.link, dispersion: specification.dispersion)
    if let refusal {
      throw DecodingError.dataCorruptedError(
        forKey: .specification, in: container, debugDescription: refusal)
    }
    pass = OutputPass(specification)
    let count = parameters.values.count + (inflation?.values.count ?? 0)
    guard parameters.outputCount == specification.outputCount, parameters.width == pass.width,
      count == pass.limbCount
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .parameters, in: container,
        debugDescription: "\(count) parameters, expected \(pass.limbCount)")
    }
  }

  /// Writes what is computed and the parameters.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(specification, forKey: .specification)
    try container.encode(parameters, forKey: .parameters)
    try container.encodeIfPresent(inflation, forKey: .inflation)
  }

  /// All parameters as plain arrays.
  public var values: OutputParameters<Float> {
    unpacked(parameters.values, inflation?.values)
  }
  /// W, G × H, row-major.
  public var weights: [Float] { values.weights }
  /// b, a bias for each of the G outputs.
  public var biases: [Float] { parameters.column(specification.inputCount, of: parameters.values) }
  /// ρ, G × groups; set where there is one group.
  public var logDispersions: [Float] {
    get {
      // By itself where there is one group: all parameters are some hundred times as many.
      pass.width == specification.inputCount + 2
        ? parameters.column(specification.inputCount + 1, of: parameters.values)
        : values.logDispersions
    }
    set {
      precondition(newValue.count == specification.outputCount)
      let place = specification.inputCount + 1
      for (g, rho) in newValue.enumerated() { parameters[g, place] = rho }
    }
  }

  /// ∂ loss/∂ ρ of each gene, of a gradient that summed limbs hold; where there is one group of rows.
  public func dispersionGradient(of limbs: UnsafeBufferPointer<Int64>) -> [Double] {
    parameters.gradient(
      at: specification.inputCount + 1, of: .init(rebasing: limbs[..<parameters.limbCount]))
  }

  /// Multiplies the weights of each input: what reaches the outputs stays the same where the inputs are divided.
  public mutating func scaleWeights(ofInputs factors: [Float]) {
    precondition(factors.count == specification.inputCount)
    parameters.scale(by: factors)
    inflation?.scale(by: factors)
  }

  /// Numbers in the layout of the pass as plain arrays.
  private func unpacked(_ numbers: [Float], _ inflation: [Float]?) -> OutputParameters<Float> {
    let (G, H) = (specification.outputCount, specification.inputCount)
    func part(_ numbers: [Float], _ places: Range<Int>) -> [Float] {
      (0..<G).flatMap {
        numbers[$0 * pass.stride + places.lowerBound..<$0 * pass.stride + places.upperBound]
      }
    }
    return OutputParameters(
      weights: part(numbers, 0..<H), biases: part(numbers, H..<H + 1),
      logDispersions: part(numbers, H + 1..<pass.width),
      inflation: inflation.map {
        DenseWeights(weights: part($0, 0..<H), biases: part($0, H..<H + 1))
      })
  }

  private var effective: EffectiveParameters {
    EffectiveParameters(parameters, inflation: inflation)
  }

  /// 64-bit integers that hold the gradient of all parameters.
  public var limbCount: Int { pass.limbCount }

  /// Loss, hidden gradient and the gradient of all parameters; the latter replaces whatever `limbs` held.
  ///
  /// Local.
  public func train(
    _ batch: OutputBatch<Float>, into limbs: UnsafeMutableBufferPointer<Int64>,
    on workers: Workers
  ) -> OutputResult<Float> {
    pass.train(batch, at: effective, into: limbs, on: workers)
  }

  /// As `train`, but with weight gradients summed as floats (without dispersions): it shows what the integers cost, and
  /// its bits depend on the order of lanes.
  package func trainWithPlainSums(
    _ batch: OutputBatch<Float>, into sums: UnsafeMutableBufferPointer<Float>,
    on workers: Workers
  ) -> OutputResult<Float> {
    pass.trainWithPlainSums(batch, at: effective, into: sums, on: workers)
  }

  /// Loss and hidden gradient only: for representations whose decoder stands still.
  ///
  /// Local.
  public func backpropagate(
    _ batch: OutputBatch<Float>, on workers: Workers
  ) -> OutputResult<Float> {
    pass.backpropagate(batch, at: effective, on: workers)
  }

  /// Losses only.
  ///
  /// Local.
  public func losses(_ batch: OutputBatch<Float>, on workers: Workers) -> [Double] {
    pass.losses(batch, at: effective, on: workers)
  }

  /// μ, rows × G, row-major, for rows with these hidden activations (rows × H) and scales.
  ///
  /// Local.
  public func means(hidden: [Float], scales: [Float], on workers: Workers) -> [Float] {
    pass.means(
      hidden: hidden, scales: scales, at: effective, on: workers)
  }

  /// Sets the gradient of some weights to zero: of weights that a mask leaves out.
  ///
  /// - Parameter positions: g · H + h.
  public func clearGradient(
    ofWeights positions: [Int], in limbs: UnsafeMutableBufferPointer<Int64>
  ) {
    let H = specification.inputCount
    for position in positions { limbs[position / H * pass.stride + position % H] = 0 }
  }

  /// One step of Adam on all parameters along the gradient that summed limbs hold.
  ///
  /// Local; the same on every rank.
  public mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, on workers: Workers
  ) {
    precondition(limbs.count == limbCount)
    let (own, ofInflation) = (limbs[..<pass.numberCount], limbs[pass.numberCount...])
    parameters.move(step, along: .init(rebasing: own), on: workers)
    inflation?.move(step, along: .init(rebasing: ofInflation), on: workers)
  }

  /// The gradient that summed limbs hold, as plain arrays.
  public func gradient(of limbs: UnsafeBufferPointer<Int64>) -> OutputParameters<Float> {
    precondition(limbs.count == limbCount)
    return unpacked(
      parameters.gradient(of: .init(rebasing: limbs[..<pass.numberCount])),
      inflation?.gradient(of: .init(rebasing: limbs[pass.numberCount...])))
  }
}
