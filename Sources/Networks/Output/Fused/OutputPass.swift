package import Kernels

/// What an output layer computes for a minibatch, in single precision by fused kernels: for a tile of 256 genes logits,
/// likelihood, derivatives, weight gradient and hidden gradient are computed while the tile is in the cache. Nothing of
/// the size rows × genes exists (with softmax: two such arrays for some 256 rows).
///
/// It has no state: the parameters are effective ones, those that an optimiser moves (`OutputHead`) or such as follow
/// from them (`FoldedLinear`). `PlainOutput` states the formulas. What differs:
///
/// | | Plain | Fused |
/// |---|---|---|
/// | stabiliser ε | as specified | none: single precision does not see 10⁻¹⁰ |
/// | gradient of one lane | two integers a number | one, in units of 2^−s with s for each gene; a lane's part beyond ±2^50 units is cut off there |
/// | likelihood × link | any | those that `OutputSpecification.refusal` does not name |
/// | products in bfloat16 | gradients in integers as ever | units of a lane's part follow the gene's gradients more closely |
///
/// The parameters of a gene lie together, H weights, bias, ρ, and zeros up to a multiple of eight:
///
///     values[g · S + k]       S = ⌈(H + 2)/8⌉ · 8
public struct OutputPass: Sendable {
  /// What it computes.
  public let specification: OutputSpecification
  let kernels: any NetworkKernels
  /// Nil: products in single precision.
  let products: (any BFloat16Kernels)?
  let pool = BufferPool()
  let kind: OutputKind

  /// Passes by the kernels of this processor.
  ///
  /// - Precondition: `OutputSpecification.refusal` has nothing against it.
  public init(_ specification: OutputSpecification) {
    self.init(
      specification, kernels: Kernels.current.networks,
      products: specification.products == .bfloat16 ? Kernels.current.bfloat16 : nil)
  }

  /// Passes by chosen kernels.
  package init(
    _ specification: OutputSpecification, kernels: any NetworkKernels,
    products: (any BFloat16Kernels)? = nil
  ) {
    let refusal = OutputSpecification.refusal(
      specification.likelihood, specification.link, dispersion: specification.dispersion)
    guard let kind = Self.kind(specification.likelihood, specification.link), refusal == nil else {
      preconditionFailure(refusal ?? "no kernels")
    }
    self.specification = specification
    self.kernels = kernels
    self.products = products
    self.kind = kind
  }

  /// The kernels of a likelihood with a link: nil where there are none.
  static func kind(_ likelihood: Likelihood, _ link: Link) -> OutputKind? {
    switch (likelihood, link) {
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

  /// Numbers of a gene: H weights, bias, ρ.
  var width: Int { specification.inputCount + 2 }
  /// S, the numbers between two outputs' parameters.
  var stride: Int { Parameters<Float>.stride(width) }
  /// 64-bit integers that hold the gradient of all parameters.
  public var limbCount: Int { specification.outputCount * stride }
}

/// The parameters that a pass works with, and the units in which their gradients are counted.
public struct EffectiveParameters: Sendable {
  /// The numbers, one gene after the other: see `OutputPass`.
  public var values: [Float]
  /// The units of the gradients of each gene.
  public var units: RoundingUnits

  /// Parameters in the layout of `OutputPass`.
  public init(values: [Float], units: RoundingUnits) {
    self.values = values
    self.units = units
  }

  /// The optimised parameters themselves.
  public init(_ parameters: Parameters<Float>) {
    self.init(values: parameters.values, units: parameters.units)
  }
}
