// Dispersions of a chunk's genes, before its tiles.

/// r of each gene (and group of rows), 1/r and ∂r/∂ρ.
@frozen public struct DispersionArrays: @unchecked Sendable {
  /// r, the dispersions.
  public let values: UnsafeMutablePointer<Floats>
  /// 1/r, their inverses.
  public let inverses: UnsafeMutablePointer<Floats>
  /// ∂r/∂ρ, their slopes.
  public let slopes: UnsafeMutablePointer<Floats>

  /// Arrays of one length.
  @_alwaysEmitIntoClient @inline(__always)
  public init(
    values: UnsafeMutablePointer<Floats>, inverses: UnsafeMutablePointer<Floats>,
    slopes: UnsafeMutablePointer<Floats>
  ) {
    self.values = values
    self.inverses = inverses
    self.slopes = slopes
  }
}

/// r = c + e^ρ, with c = 1 or 0, 1/r and ∂r/∂ρ = r − c.
@_alwaysEmitIntoClient @inline(always)
public func dispersions(
  _ rho: UnsafePointer<Floats>, smallest: Float, vectorCount: Int, into result: DispersionArrays
) {
  // Without a smallest dispersion a mean times 1/r must stay finite.
  let bound = Floats(repeating: smallest > 0 ? 80 : 50)
  for j in 0..<vectorCount {
    let r = smallest + exponential(smaller(larger(rho[j], -bound), bound))
    result.values[j] = r
    result.inverses[j] = 1 / r
    result.slopes[j] = r - smallest
  }
}

/// Lays numbers by group of rows and gene out by gene and row, for sixteen rows.
///
/// - Parameters:
///   - numbers: that of gene g in group c at c · `groupStride` + g.
///   - groups: the group of each of the sixteen rows.
@_alwaysEmitIntoClient @inline(always)
public func spreadGroups(
  _ numbers: UnsafePointer<Float>, groupStride: Int, groups: UnsafePointer<Int32>, geneCount: Int,
  into rows: UnsafeMutablePointer<Floats>
) {
  let found = UnsafeRawPointer(groups).loadUnaligned(as: FloatBits.self)
  for g in 0..<geneCount {
    rows[g] = Floats(repeating: numbers[Int(groups[0]) &* groupStride &+ g])
  }
  for row in 1..<16 {
    var isNew = true
    for other in 0..<row where groups[other] == groups[row] { isNew = false }
    if !isNew { continue }
    let own = numbers + Int(groups[row]) &* groupStride
    let areMembers = found .== FloatBits(repeating: groups[row])
    for g in 0..<geneCount { rows[g].replace(with: Floats(repeating: own[g]), where: areMembers) }
  }
}
