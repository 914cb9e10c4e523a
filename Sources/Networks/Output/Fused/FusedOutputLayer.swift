import RealModule
package import TileKernels

/// The output layer in single precision, by fused kernels: for a tile of 256 genes logits, likelihood,
/// derivatives, weight gradient and hidden gradient are computed while the tile is in the cache. Nothing of
/// the size rows × genes exists (with softmax: two such arrays for some 256 rows).
///
/// `PlainOutputLayer` states the formulas. What differs:
///
/// | | Plain | Fused |
/// |---|---|---|
/// | stabiliser ε | as specified | none: single precision does not see 10⁻¹⁰ |
/// | gradient of one lane | two integers a number | one, in units of 2^−s with s for each gene; a lane's part beyond ±2^50 units is cut off there |
/// | likelihood × activation | any | those of `OutputKind`: see `supports` |
/// | products in bfloat16 | gradients in integers as ever | units of a lane's part follow the gene's gradients more closely |
///
/// The parameters of a gene lie together, H weights, bias, ρ, and zeros up to a multiple of eight:
///
///     parameters[g · S + k]       S = ⌈(H + 2)/8⌉ · 8
///
/// The units follow the gradients, see `UnitExponent`: they are part of the state, the same on every rank.
public struct FusedOutputLayer: OutputLayer {
  /// What it computes.
  public let specification: OutputSpecification
  var parameters: [Float]
  var firstMoments: [Float]
  var secondMoments: [Float]
  /// s_g.
  var unitExponents: [Int32]
  /// The largest |gradient| of each gene, fading by 1/8 a step.
  var largestGradients: [Float]

  let kernels: any TileArithmetic
  /// Nil: products in single precision.
  let products: (any BFloat16Arithmetic)?
  let pool = BufferPool()
  let kind: OutputKind

  private enum CodingKeys: String, CodingKey {
    case specification, parameters, firstMoments, secondMoments, unitExponents, largestGradients
  }

  /// Whether there are kernels for this specification.
  public static func supports(_ specification: OutputSpecification) -> Bool {
    outputKind(specification) != nil
  }

  /// A layer with these parameters and zero moments.
  ///
  /// - Precondition: `supports(specification)`; sizes fit.
  public init(
    _ specification: OutputSpecification, weights: [Float], biases: [Float],
    logDispersions: [Float]
  ) {
    self.init(
      specification, weights: weights, biases: biases, logDispersions: logDispersions,
      kernels: Processor().kernels, products: Processor().products(specification.products))
  }

  /// The same with chosen kernels, for tests.
  package init(
    _ specification: OutputSpecification, weights: [Float], biases: [Float],
    logDispersions: [Float], kernels: any TileArithmetic,
    products: (any BFloat16Arithmetic)? = nil
  ) {
    let (G, H) = (specification.outputCount, specification.inputCount)
    precondition(weights.count == G * H && biases.count == G && logDispersions.count == G)
    guard let kind = Self.outputKind(specification) else {
      preconditionFailure(
        "no kernel for \(specification.likelihood) with \(specification.activation)")
    }
    self.specification = specification
    self.kind = kind
    self.kernels = kernels
    self.products = products
    let stride = Self.stride(specification)
    var parameters = [Float](repeating: 0, count: G * stride)
    for g in 0..<G {
      for h in 0..<H { parameters[g * stride + h] = weights[g * H + h] }
      parameters[g * stride + H] = biases[g]
      parameters[g * stride + H + 1] = logDispersions[g]
    }
    self.parameters = parameters
    firstMoments = Array(repeating: 0, count: parameters.count)
    secondMoments = firstMoments
    unitExponents = Array(repeating: UnitExponent.initial, count: G)
    largestGradients = Array(repeating: 0, count: G)
  }

  /// A layer as it was saved.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    specification = try container.decode(OutputSpecification.self, forKey: .specification)
    parameters = try container.decode([Float].self, forKey: .parameters)
    firstMoments = try container.decode([Float].self, forKey: .firstMoments)
    secondMoments = try container.decode([Float].self, forKey: .secondMoments)
    unitExponents = try container.decode([Int32].self, forKey: .unitExponents)
    largestGradients = try container.decode([Float].self, forKey: .largestGradients)
    kernels = Processor().kernels
    products = Processor().products(specification.products)
    let count = specification.outputCount * Self.stride(specification)
    guard let kind = Self.outputKind(specification), parameters.count == count,
      firstMoments.count == count, secondMoments.count == count,
      unitExponents.count == specification.outputCount,
      largestGradients.count == specification.outputCount
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .parameters, in: container,
        debugDescription: "\(parameters.count) parameters, expected \(count)")
    }
    self.kind = kind
  }

  /// S.
  static func stride(_ specification: OutputSpecification) -> Int {
    (specification.inputCount + 2 + 7) & ~7
  }
  var stride: Int { Self.stride(specification) }

  private static func outputKind(_ specification: OutputSpecification) -> OutputKind? {
    switch (specification.likelihood, specification.activation) {
    case (.negativeBinomial, .softplus): .negativeBinomialSoftplus
    case (.negativeBinomial, .sigmoid): .negativeBinomialSigmoid
    case (.negativeBinomial, .softmax): .negativeBinomialSoftmax
    case (.gaussian, .identity): .gaussianIdentity
    case (.gaussian, .relu): .gaussianRelu
    case (.gaussian, .sigmoid): .gaussianSigmoid
    case (.gaussian, .softplus): .gaussianSoftplus
    case (.bernoulli, .sigmoid): .bernoulli
    default: nil
    }
  }

  /// W, G × H, row-major.
  public var weights: [Float] {
    let (H, S) = (specification.inputCount, stride)
    return (0..<specification.outputCount).flatMap { parameters[$0 * S..<$0 * S + H] }
  }
  /// b, G.
  public var biases: [Float] { column(specification.inputCount) }
  /// ρ, G.
  public var logDispersions: [Float] { column(specification.inputCount + 1) }

  private func column(_ k: Int) -> [Float] {
    let S = stride
    return (0..<specification.outputCount).map { parameters[$0 * S + k] }
  }

  /// Integers that hold the gradient of all parameters.
  public var limbCount: Int { parameters.count }

  /// The gradient that limbs hold.
  public func gradient(
    of limbs: UnsafeBufferPointer<Int64>
  ) -> (weights: [Float], biases: [Float], logDispersions: [Float]) {
    precondition(limbs.count == limbCount)
    let (G, H, S) = (specification.outputCount, specification.inputCount, stride)
    func value(_ g: Int, _ k: Int) -> Float {
      Float(Double(limbs[g * S + k]) * Double.exp2(-Double(unitExponents[g])))
    }
    return (
      (0..<G).flatMap { g in (0..<H).map { value(g, $0) } },
      (0..<G).map { value($0, H) }, (0..<G).map { value($0, H + 1) }
    )
  }
}
