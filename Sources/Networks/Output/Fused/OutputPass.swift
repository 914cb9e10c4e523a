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
/// The parameters of a gene lie together, H weights, bias, ρ of each of C groups, and zeros up to a multiple of eight:
///
///     values[g · S + k]       S = ⌈(H + 1 + C)/8⌉ · 8
///
/// A zero-inflated likelihood has a second array of this layout, V and d of π = V h + d in the places of weights and
/// bias; its gradient's limbs follow those of the first, and its products are made in single precision always.
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
    guard let kind = OutputKind(specification.likelihood.kernel, specification.link.kernel),
      refusal == nil
    else { preconditionFailure(refusal ?? "no kernels") }
    self.specification = specification
    self.kernels = kernels
    self.products = products
    self.kind = kind
  }

  /// Numbers of a gene: H weights, bias, ρ.
  var width: Int { specification.inputCount + 1 + specification.dispersion.groupCount }
  /// S, the numbers between two outputs' parameters.
  var stride: Int { Parameters<Float>.stride(width) }
  /// Numbers of one array of parameters.
  var numberCount: Int { specification.outputCount * stride }
  /// 64-bit integers that hold the gradient of all parameters.
  public var limbCount: Int { specification.likelihood.isInflated ? 2 * numberCount : numberCount }
}

/// The parameters that a pass works with, and the units in which their gradients are counted.
public struct EffectiveParameters: Sendable {
  /// The numbers, one gene after the other: see `OutputPass`.
  public var values: [Float]
  /// The units of the gradients of each gene.
  public var units: RoundingUnits
  /// V and d of a zero-inflated likelihood, in the layout of `values`.
  public var inflation: [Float]
  /// The units of their gradients.
  public var inflationUnits: RoundingUnits

  /// Parameters in the layout of `OutputPass`.
  public init(
    values: [Float], units: RoundingUnits, inflation: [Float] = [],
    inflationUnits: RoundingUnits = RoundingUnits(outputCount: 0)
  ) {
    self.values = values
    self.units = units
    self.inflation = inflation
    self.inflationUnits = inflationUnits
  }

  /// The optimised parameters themselves.
  public init(_ parameters: Parameters<Float>, inflation: Parameters<Float>? = nil) {
    self.init(
      values: parameters.values, units: parameters.units, inflation: inflation?.values ?? [],
      inflationUnits: inflation?.units ?? RoundingUnits(outputCount: 0))
  }
}
