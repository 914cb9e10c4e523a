/// The parameters that a pass works with, and the units in which their gradients are counted.
public struct EffectiveParameters<Scalar: NetworkScalar>: Sendable {
  /// The numbers, one gene after the other: see `OutputPass`.
  public var values: [Scalar]
  /// The units of the gradients of each gene.
  public var units: RoundingUnits
  /// V and d of a zero-inflated likelihood, in the layout of `values`.
  public var inflation: [Scalar]
  /// The units of their gradients.
  public var inflationUnits: RoundingUnits

  /// Parameters in the layout of `OutputPass`.
  public init(
    values: [Scalar], units: RoundingUnits, inflation: [Scalar] = [],
    inflationUnits: RoundingUnits = RoundingUnits(outputCount: 0)
  ) {
    self.values = values
    self.units = units
    self.inflation = inflation
    self.inflationUnits = inflationUnits
  }

  /// The optimised parameters themselves.
  public init(_ parameters: Parameters<Scalar>, inflation: Parameters<Scalar>? = nil) {
    self.init(
      values: parameters.values, units: parameters.units, inflation: inflation?.values ?? [],
      inflationUnits: inflation?.units ?? RoundingUnits(outputCount: 0))
  }
}
