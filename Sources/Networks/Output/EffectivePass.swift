public import LinearAlgebra

/// What an output layer computes at given parameters, without a state of its own: by fused kernels (`OutputPass`) or as
/// the formulas are (`PlainPass`).
///
/// The parameters of a gene lie together in both, as `OutputPass` says: H weights, bias, ρ of each group.
public protocol EffectivePass<Scalar>: Sendable {
  /// The numbers it computes in.
  associatedtype Scalar: NetworkScalar

  /// A pass for such an output layer.
  init(_ specification: OutputSpecification)
  /// Numbers between two outputs' parameters.
  var stride: Int { get }
  /// 64-bit integers that hold the gradient of all parameters.
  var limbCount: Int { get }

  /// Losses, their gradient by inputs and scales, and by the parameters into limbs.
  ///
  /// Local.
  func train(
    _ batch: OutputBatch<Scalar>, at parameters: EffectiveParameters<Scalar>,
    into limbs: UnsafeMutableBufferPointer<Int64>, on workers: Workers
  ) -> OutputResult<Scalar>

  /// The losses of the rows.
  ///
  /// Local.
  func losses(
    _ batch: OutputBatch<Scalar>, at parameters: EffectiveParameters<Scalar>, on workers: Workers
  ) -> [Double]

  /// Expected values, rows × outputs.
  ///
  /// Local.
  func means(
    hidden: [Scalar], scales: [Scalar], at parameters: EffectiveParameters<Scalar>,
    on workers: Workers
  ) -> [Scalar]

  /// The gradient that summed limbs hold, in the layout of the parameters. The units follow it.
  func gradient(
    of limbs: UnsafeBufferPointer<Int64>, at parameters: inout EffectiveParameters<Scalar>
  ) -> EffectiveGradient<Scalar>
}

/// The gradient by effective parameters, in their layout.
public struct EffectiveGradient<Scalar: NetworkScalar>: Sendable {
  /// By weights, biases and ρ.
  public var values: [Scalar]
  /// By V and d of a zero-inflated likelihood; empty for others.
  public var inflation: [Scalar]
}

extension OutputPass: EffectivePass {
  /// The gradient that summed limbs hold. The units follow it.
  public func gradient(
    of limbs: UnsafeBufferPointer<Int64>, at parameters: inout EffectiveParameters<Float>
  ) -> EffectiveGradient<Float> {
    precondition(limbs.count == limbCount)
    let values = parameters.units.gradient(
      of: .init(rebasing: limbs[..<numberCount]), stride: stride)
    parameters.units.follow(values, stride: stride)
    guard specification.likelihood.isInflated else {
      return EffectiveGradient(values: values, inflation: [])
    }
    let inflation = parameters.inflationUnits.gradient(
      of: .init(rebasing: limbs[numberCount...]), stride: stride)
    parameters.inflationUnits.follow(inflation, stride: stride)
    return EffectiveGradient(values: values, inflation: inflation)
  }
}

/// The passes of `PlainOutput`, for checks in double precision.
public struct PlainPass<Scalar: NetworkScalar>: EffectivePass {
  private let specification: OutputSpecification

  /// A pass for such an output layer.
  public init(_ specification: OutputSpecification) { self.specification = specification }

  /// Numbers between two outputs' parameters.
  public var stride: Int {
    Parameters<Scalar>.stride(
      specification.inputCount + 1 + specification.dispersion.groupCount)
  }

  /// 64-bit integers that hold the gradient of all parameters.
  public var limbCount: Int {
    let (G, H) = (specification.outputCount, specification.inputCount)
    let inflation = specification.likelihood.isInflated ? H + 1 : 0
    return FixedPoint.limbsPerValue * G
      * (H + 1 + specification.dispersion.groupCount + inflation)
  }

  /// The layer with these parameters.
  private func layer(_ parameters: EffectiveParameters<Scalar>) -> PlainOutput<Scalar> {
    let (G, H, S) = (specification.outputCount, specification.inputCount, stride)
    let C = specification.dispersion.groupCount
    func part(_ numbers: [Scalar], _ first: Int, _ count: Int) -> [Scalar] {
      (0..<G).flatMap { numbers[$0 * S + first..<$0 * S + first + count] }
    }
    let (values, inflation) = (parameters.values, parameters.inflation)
    return PlainOutput(
      specification,
      OutputParameters(
        weights: part(values, 0, H), biases: part(values, H, 1),
        logDispersions: part(values, H + 1, C),
        inflation: specification.likelihood.isInflated
          ? DenseWeights(weights: part(inflation, 0, H), biases: part(inflation, H, 1)) : nil))
  }

  /// Losses and all gradients.
  public func train(
    _ batch: OutputBatch<Scalar>, at parameters: EffectiveParameters<Scalar>,
    into limbs: UnsafeMutableBufferPointer<Int64>, on workers: Workers
  ) -> OutputResult<Scalar> {
    layer(parameters).train(batch, into: limbs, on: workers)
  }

  /// The losses of the rows.
  public func losses(
    _ batch: OutputBatch<Scalar>, at parameters: EffectiveParameters<Scalar>, on workers: Workers
  ) -> [Double] {
    layer(parameters).losses(batch, on: workers)
  }

  /// Expected values, rows × outputs.
  public func means(
    hidden: [Scalar], scales: [Scalar], at parameters: EffectiveParameters<Scalar>,
    on workers: Workers
  ) -> [Scalar] {
    layer(parameters).means(hidden: hidden, scales: scales, on: workers)
  }

  /// The gradient that summed limbs hold.
  public func gradient(
    of limbs: UnsafeBufferPointer<Int64>, at parameters: inout EffectiveParameters<Scalar>
  ) -> EffectiveGradient<Scalar> {
    let (G, H, S) = (specification.outputCount, specification.inputCount, stride)
    let C = specification.dispersion.groupCount
    let found = layer(parameters).gradient(of: limbs)
    var result = EffectiveGradient<Scalar>(
      values: Array(repeating: 0, count: G * S),
      inflation: Array(repeating: 0, count: found.inflation == nil ? 0 : G * S))
    for g in 0..<G {
      for h in 0..<H { result.values[g * S + h] = found.weights[g * H + h] }
      result.values[g * S + H] = found.biases[g]
      for c in 0..<C { result.values[g * S + H + 1 + c] = found.logDispersions[g * C + c] }
      guard let inflation = found.inflation else { continue }
      for h in 0..<H { result.inflation[g * S + h] = inflation.weights[g * H + h] }
      result.inflation[g * S + H] = inflation.biases[g]
    }
    return result
  }
}
