public import LinearAlgebra
public import Optimization
import TileKernels

/// An output layer in single precision: its parameters with their moments, and the pass that they are for.
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | W, b, ρ | weights, biases, what dispersions follow from | G × H, G, G | `weights`, `biases`, `logDispersions` |
public struct OutputHead: Codable, Sendable {
  /// What it computes.
  public var specification: OutputSpecification { pass.specification }
  private var parameters: Parameters<Float>
  private let pass: OutputPass

  private enum CodingKeys: String, CodingKey {
    case specification, parameters
  }

  /// A layer with these parameters and zero moments.
  ///
  /// - Precondition: `OutputSpecification.refusal` has nothing against it; sizes fit.
  public init(_ specification: OutputSpecification, _ parameters: OutputParameters<Float>) {
    self.init(OutputPass(specification), parameters)
  }

  /// A layer with these parameters and zero moments.
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
    precondition(values.fits(pass.specification), "parameters of other sizes than specified")
    self.pass = pass
    parameters = Parameters(outputCount: G, width: pass.width) { g, k in
      k < H
        ? values.weights[g * H + k] : k == H ? values.biases[g] : values.logDispersions[g]
    }
  }

  /// A layer as it was saved.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let specification = try container.decode(OutputSpecification.self, forKey: .specification)
    parameters = try container.decode(Parameters<Float>.self, forKey: .parameters)
    let refusal = OutputSpecification.refusal(
      specification.likelihood, specification.link, dispersion: specification.dispersion)
    if let refusal {
      throw DecodingError.dataCorruptedError(
        forKey: .specification, in: container, debugDescription: refusal)
    }
    pass = OutputPass(specification)
    guard parameters.outputCount == specification.outputCount, parameters.width == pass.width else {
      throw DecodingError.dataCorruptedError(
        forKey: .parameters, in: container,
        debugDescription: "\(parameters.values.count) parameters, expected \(pass.limbCount)")
    }
  }

  /// Writes what is computed and the parameters.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(specification, forKey: .specification)
    try container.encode(parameters, forKey: .parameters)
  }

  /// W, G × H, row-major.
  public var weights: [Float] {
    (0..<specification.outputCount).flatMap { g in
      parameters.values[g * pass.stride..<g * pass.stride + specification.inputCount]
    }
  }
  /// b, a bias for each of the G outputs.
  public var biases: [Float] {
    parameters.column(specification.inputCount, of: parameters.values)
  }
  /// ρ, from which the dispersions of the G outputs follow; empty without.
  public var logDispersions: [Float] {
    parameters.column(specification.inputCount + 1, of: parameters.values)
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
    pass.train(batch, at: EffectiveParameters(parameters), into: limbs, on: workers)
  }

  /// As `train`, but with weight gradients summed as floats (without dispersions): it shows what the integers cost, and
  /// its bits depend on the order of lanes.
  package func trainWithPlainSums(
    _ batch: OutputBatch<Float>, into sums: UnsafeMutableBufferPointer<Float>,
    on workers: Workers
  ) -> OutputResult<Float> {
    pass.trainWithPlainSums(batch, at: EffectiveParameters(parameters), into: sums, on: workers)
  }

  /// Loss and hidden gradient only: for representations whose decoder stands still.
  ///
  /// Local.
  public func backpropagate(
    _ batch: OutputBatch<Float>, on workers: Workers
  ) -> OutputResult<Float> {
    pass.backpropagate(batch, at: EffectiveParameters(parameters), on: workers)
  }

  /// Losses only.
  ///
  /// Local.
  public func losses(_ batch: OutputBatch<Float>, on workers: Workers) -> [Double] {
    pass.losses(batch, at: EffectiveParameters(parameters), on: workers)
  }

  /// μ, rows × G, row-major, for rows with these hidden activations (rows × H) and scales.
  ///
  /// Local.
  public func means(hidden: [Float], scales: [Float], on workers: Workers) -> [Float] {
    pass.means(
      hidden: hidden, scales: scales, at: EffectiveParameters(parameters), on: workers)
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
    parameters.move(step, along: limbs, on: workers)
  }

  /// The gradient that summed limbs hold, as plain arrays.
  public func gradient(of limbs: UnsafeBufferPointer<Int64>) -> OutputParameters<Float> {
    let (G, H) = (specification.outputCount, specification.inputCount)
    let numbers = parameters.gradient(of: limbs)
    return OutputParameters(
      weights: (0..<G).flatMap { numbers[$0 * pass.stride..<$0 * pass.stride + H] },
      biases: parameters.column(H, of: numbers),
      logDispersions: parameters.column(H + 1, of: numbers))
  }
}
