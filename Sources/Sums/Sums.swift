/// Sums over all lanes of everyone, every one of them good: what `Team.sum` makes of partial sums.
///
/// There is no other way to read what was summed, and none of it can be read where one of its numbers was NaN,
/// infinite or too large: then `Team.sum` throws.
public struct Sums: Sendable {
  private(set) var partials: PartialSums

  /// What everyone's partial sums added up to.
  ///
  /// - Throws: `SumFault` where a number could not be summed.
  init(complete partials: consuming PartialSums) throws(SumFault) {
    if let fault = partials.fault { throw fault }
    self.partials = partials
  }

  /// The sums of a wide block, each rounded to double.
  public func values(of block: Int) -> [Double] { partials.values(of: block) }

  /// The sum of a wide block of one number.
  public func value(of block: Int) -> Double { values(of: block)[0] }

  /// The sums of a scaled block as limbs, for the kernel that knows their scale.
  public mutating func withLimbs<Result>(
    of block: Int, _ body: (UnsafeMutableBufferPointer<Int64>) throws -> Result
  ) rethrows -> Result {
    try partials.withLimbs(of: block, body)
  }
}
