public import LinearAlgebra
public import Optimization
public import Sums

/// The output layer of a decoder whose linear map may have a batch normalisation folded into it (`FoldedLinear`), with
/// dispersions that move at a rate of their own, and for a zero-inflated likelihood a second map of the same form.
///
///     a = BN(W h)      π = BN′(V h)      x ~ p(x | s · softmax(a), r = e^ρ, π)
///
/// A step: `moments` of the inputs over everyone, `fold`, `train` into limbs that are summed, `gradient` of the sums.
public struct FoldedOutput<Scalar: NetworkScalar>: Codable, Sendable {
  /// What it computes.
  public let specification: OutputSpecification
  /// W with its normalisation or biases.
  public var mean: FoldedLinear<Scalar>
  /// V, likewise; nil without zero inflation.
  public var inflation: FoldedLinear<Scalar>?
  /// ρ of each output and group.
  public var logDispersions: Parameters<Scalar>
  private var units: RoundingUnits
  private var inflationUnits: RoundingUnits
  private let pass: Scalar.Arithmetic.Pass

  private enum CodingKeys: String, CodingKey {
    case specification, mean, inflation, logDispersions, units, inflationUnits
  }

  /// A layer of these maps, with ρ as outputs × groups.
  ///
  /// - Precondition: sizes go together; a second map with a zero-inflated likelihood only.
  public init(
    _ specification: OutputSpecification, mean: FoldedLinear<Scalar>,
    inflation: FoldedLinear<Scalar>?, logDispersions: [Scalar]
  ) {
    let (G, C) = (specification.outputCount, specification.dispersion.groupCount)
    precondition(
      mean.outputCount == G && mean.inputCount == specification.inputCount
        && logDispersions.count == G * C
        && (inflation != nil) == specification.likelihood.isInflated)
    self.specification = specification
    self.mean = mean
    self.inflation = inflation
    self.logDispersions = Parameters(outputCount: G, width: C) { logDispersions[$0 * C + $1] }
    units = RoundingUnits(outputCount: G)
    inflationUnits = RoundingUnits(outputCount: inflation == nil ? 0 : G)
    pass = Scalar.Arithmetic.Pass(specification)
  }

  /// A layer as it was saved.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    specification = try container.decode(OutputSpecification.self, forKey: .specification)
    mean = try container.decode(FoldedLinear<Scalar>.self, forKey: .mean)
    inflation = try container.decodeIfPresent(FoldedLinear<Scalar>.self, forKey: .inflation)
    logDispersions = try container.decode(Parameters<Scalar>.self, forKey: .logDispersions)
    units = try container.decode(RoundingUnits.self, forKey: .units)
    inflationUnits = try container.decode(RoundingUnits.self, forKey: .inflationUnits)
    guard mean.outputCount == specification.outputCount,
      mean.inputCount == specification.inputCount,
      logDispersions.outputCount == specification.outputCount,
      (inflation != nil) == specification.likelihood.isInflated
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .mean, in: container,
        debugDescription: "\(mean.outputCount) outputs, expected \(specification.outputCount)")
    }
    pass = Scalar.Arithmetic.Pass(specification)
  }

  /// 64-bit integers that hold the gradient by the effective parameters.
  public var limbCount: Int { pass.limbCount }

  /// The moments of a minibatch's inputs; nil where nothing is normalised.
  ///
  /// Collective where something is.
  public func moments<Everyone: Team & ~Copyable>(
    of inputs: [Scalar], _ groups: LaneGroups, with everyone: borrowing Everyone
  ) throws(SumFault) -> InputMoments? {
    guard mean.isNormalized else { return nil }
    return try InputMoments(
      of: inputs, width: specification.inputCount, groups: groups, with: everyone)
  }

  /// The effective parameters by the statistics of a minibatch, or by the running ones where there are no moments.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func fold(_ moments: InputMoments?) -> FoldedPoint<Scalar> {
    let (G, H, S) = (specification.outputCount, specification.inputCount, pass.stride)
    let C = specification.dispersion.groupCount
    var values = [Scalar](repeating: 0, count: G * S)
    let statistics = moments.map { mean.statistics(for: $0) }
    mean.fold(by: statistics, into: &values, stride: S)
    for g in 0..<G {
      for c in 0..<C { values[g * S + H + 1 + c] = logDispersions[g, c] }
    }
    var result = FoldedPoint(
      parameters: EffectiveParameters(
        values: values, units: units, inflationUnits: inflationUnits), moments: moments)
    result.statistics = statistics
    if let inflation {
      var numbers = [Scalar](repeating: 0, count: G * S)
      result.inflationStatistics = moments.map { inflation.statistics(for: $0) }
      inflation.fold(by: result.inflationStatistics, into: &numbers, stride: S)
      result.parameters.inflation = numbers
    }
    return result
  }

  /// Losses, their gradient by inputs and scales, and by the effective parameters into limbs.
  ///
  /// Local.
  public func train(
    _ batch: OutputBatch<Scalar>, at point: FoldedPoint<Scalar>,
    into limbs: UnsafeMutableBufferPointer<Int64>, on workers: Workers
  ) -> OutputResult<Scalar> {
    pass.train(batch, at: point.parameters, into: limbs, on: workers)
  }

  /// The losses of the rows.
  ///
  /// Local.
  public func losses(
    _ batch: OutputBatch<Scalar>, at point: FoldedPoint<Scalar>, on workers: Workers
  ) -> [Double] {
    pass.losses(batch, at: point.parameters, on: workers)
  }

  /// Expected values, rows × outputs.
  ///
  /// Local.
  public func means(
    hidden: [Scalar], scales: [Scalar], at point: FoldedPoint<Scalar>, on workers: Workers
  ) -> [Scalar] {
    pass.means(hidden: hidden, scales: scales, at: point.parameters, on: workers)
  }

  /// The gradient by all parameters, times a factor, from limbs that are summed over everyone.
  ///
  /// Local; the same on every rank.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func gradient(
    of limbs: UnsafeBufferPointer<Int64>, at point: FoldedPoint<Scalar>, times factor: Scalar
  ) -> FoldedOutputGradient<Scalar> {
    let (G, H, S) = (specification.outputCount, specification.inputCount, pass.stride)
    var parameters = point.parameters
    var effective = pass.gradient(of: limbs, at: &parameters)
    for index in effective.values.indices { effective.values[index] *= factor }
    for index in effective.inflation.indices { effective.inflation[index] *= factor }
    let P = logDispersions.stride
    var dispersions = [Scalar](repeating: 0, count: G * P)
    for g in 0..<G {
      for c in 0..<specification.dispersion.groupCount {
        dispersions[g * P + c] = effective.values[g * S + H + 1 + c]
      }
    }
    return FoldedOutputGradient(
      mean: mean.unfold(effective.values, stride: S, by: point.statistics, point.moments),
      inflation: inflation.map {
        $0.unfold(effective.inflation, stride: S, by: point.inflationStatistics, point.moments)
      },
      logDispersions: dispersions, units: parameters.units,
      inflationUnits: parameters.inflationUnits)
  }

  /// One step of Adam, of dispersions another one; running statistics follow the minibatch's.
  ///
  /// Local; the same on every rank.
  public mutating func move(
    _ step: AdamStep, dispersions: AdamStep, along gradient: FoldedOutputGradient<Scalar>,
    from point: FoldedPoint<Scalar>
  ) {
    mean.parameters.move(step, along: gradient.mean.parameters)
    if let part = gradient.inflation { inflation?.parameters.move(step, along: part.parameters) }
    if specification.likelihood.hasDispersion {
      logDispersions.move(dispersions, along: gradient.logDispersions)
    }
    units = gradient.units
    inflationUnits = gradient.inflationUnits
    if let statistics = point.statistics { mean.follow(statistics) }
    if let statistics = point.inflationStatistics { inflation?.follow(statistics) }
  }
}

/// The parameters of a `FoldedOutput` as its passes take them.
public struct FoldedPoint<Scalar: NetworkScalar>: Sendable {
  /// w̃, b̃, ρ.
  public fileprivate(set) var parameters: EffectiveParameters<Scalar>
  /// Moments of the minibatch's inputs; nil: none needed, or running statistics.
  let moments: InputMoments?
  fileprivate(set) var statistics: BatchStatistics?
  fileprivate(set) var inflationStatistics: BatchStatistics?

  fileprivate init(parameters: EffectiveParameters<Scalar>, moments: InputMoments?) {
    self.parameters = parameters
    self.moments = moments
  }
}

/// The gradient of a `FoldedOutput`.
public struct FoldedOutputGradient<Scalar: NetworkScalar>: Sendable {
  /// By w, γ and β.
  public let mean: FoldedGradient<Scalar>
  /// By those of the second map.
  public let inflation: FoldedGradient<Scalar>?
  /// By ρ, in the layout of the parameters.
  public let logDispersions: [Scalar]
  let units: RoundingUnits
  let inflationUnits: RoundingUnits

  /// Adds what goes through the statistics of a minibatch to the gradient by its inputs.
  ///
  /// Local.
  public func propagate(
    to inputGradient: inout [Scalar], inputs: [Scalar], from point: FoldedPoint<Scalar>
  ) {
    guard let moments = point.moments else { return }
    mean.propagate(to: &inputGradient, inputs: inputs, through: moments)
    inflation?.propagate(to: &inputGradient, inputs: inputs, through: moments)
  }
}
