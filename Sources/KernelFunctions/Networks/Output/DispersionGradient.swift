// The dispersions' gradient of one lane's rows on one tile of genes, rounded to integers. The legend is that of
// WeightGradient.swift, with the excess in the place of u.

/// 1.5 · 2^52: a double of this size counts in ones.
@_alwaysEmitIntoClient public var roundingStart: Double { @inline(__always) get { 0x1.8p52 } }
/// Its bits, written out: asking a number for its bits is a call of the library.
@_alwaysEmitIntoClient var roundingStartBits: Int64 {
  @inline(__always) get { 0x4338_0000_0000_0000 }
}

/// What has been added to `roundingStart`, as integers.
@_alwaysEmitIntoClient @inline(always)
func integers(_ carried: SIMD8<Double>) -> SIMD8<Int64> {
  unsafeBitCast(carried, to: SIMD8<Int64>.self)
    &- SIMD8(repeating: roundingStartBits)
}

/// Adds numbers of any size, rounded to a whole number of units; those beyond ±2^50 units are cut off there.
///
/// A number v is rounded by one fused product: start + v 2^s, whose last bit is a unit. The scale is
/// 2^s (1 + 2^−52), not 2^s: so v 2^s is never half way between two numbers (v has 24 digits), and what it is
/// rounded to does not depend on anything else.
///
/// - Returns: how many were NaN; they are left out.
@_alwaysEmitIntoClient @inline(always)
func addClamped(
  _ value: HalfFloats, scales: SIMD8<Double>, to sums: inout SIMD8<Int64>
) -> Int {
  let limit = SIMD8<Double>(repeating: 0x1p50)
  var wide = SIMD8<Double>(value)
  let isNumber = wide .== wide
  wide = SIMD8<Double>(repeating: 0).replacing(with: wide, where: isNumber)
  let scaled = wide * scales
  var carried = SIMD8(repeating: roundingStart).addingProduct(wide, scales)
  carried.replace(with: roundingStart + 0x1p50, where: limit .< scaled)
  carried.replace(with: roundingStart - 0x1p50, where: scaled .< -limit)
  sums &+= integers(carried)
  let faults = SIMD8<Int64>(repeating: 1).replacing(with: 0, where: isNumber)
  return Int(faults.wrappedSum())
}

/// Adjacent lanes of two vectors added: eight sums of `a`, then eight of `b`.
@_alwaysEmitIntoClient @inline(always)
func pairwiseSums(_ a: Floats, _ b: Floats) -> Floats {
  Floats(lowHalf: a.evenHalf, highHalf: b.evenHalf)
    + Floats(lowHalf: a.oddHalf, highHalf: b.oddHalf)
}

/// The sum of each of sixteen vectors, neighbours first.
@_alwaysEmitIntoClient @inline(always)
func sumsOfSixteen(_ v: UnsafePointer<Floats>) -> Floats {
  let a = pairwiseSums(pairwiseSums(v[0], v[1]), pairwiseSums(v[2], v[3]))
  let b = pairwiseSums(pairwiseSums(v[4], v[5]), pairwiseSums(v[6], v[7]))
  let c = pairwiseSums(pairwiseSums(v[8], v[9]), pairwiseSums(v[10], v[11]))
  let d = pairwiseSums(pairwiseSums(v[12], v[13]), pairwiseSums(v[14], v[15]))
  return pairwiseSums(pairwiseSums(a, b), pairwiseSums(c, d))
}

/// Those rows of a tile that have a dispersion in common: all, or those of one group.
@frozen public struct DispersionRows {
  /// The group of each row, with room for sixteen more; nil: there is one group.
  @usableFromInline let groups: UnsafePointer<Int32>?
  @usableFromInline let group: Int32

  /// The rows of a group.
  @_alwaysEmitIntoClient @inline(__always)
  public init(of group: Int, among groups: UnsafePointer<Int32>?) {
    self.groups = groups
    self.group = Int32(truncatingIfNeeded: group)
  }

  /// Which of sixteen rows are not among the first `count`, or not in the group.
  @_alwaysEmitIntoClient @inline(__always)
  func areOutside(from first: Int, count: Int) -> SIMDMask<FloatBits> {
    let isOutside = rowNumbers .>= FloatBits(repeating: Int32(truncatingIfNeeded: count))
    guard let groups else { return isOutside }
    let found = UnsafeRawPointer(groups + first).loadUnaligned(as: FloatBits.self)
    return isOutside .| (found .!= FloatBits(repeating: group))
  }

  /// Whether none of these rows is in the group.
  @_alwaysEmitIntoClient @inline(__always)
  func isEmpty(_ rows: Range<Int>) -> Bool {
    guard let groups else { return false }
    var row = rows.lowerBound
    while row < rows.upperBound {
      if groups[row] == group { return false }
      row &+= 1
    }
    return true
  }
}

/// Σ excess over a lane's rows for some (up to sixteen) genes, as sixteen sums each: row j of the lane joins
/// the (j mod 16)-th of them, wherever the lane's rows lie.
@_alwaysEmitIntoClient @inline(always)
func laneExcess(
  _ excess: UnsafePointer<Float>, tileStride: Int, geneCount: Int, rows: Range<Int>,
  _ members: DispersionRows, into sums: UnsafeMutablePointer<Floats>
) {
  for g in 0..<16 { sums[g] = Floats(repeating: 0) }
  var first = rows.lowerBound
  while first < rows.upperBound {
    let count = min(16, rows.upperBound &- first)
    let isOutside = members.areOutside(from: first, count: count)
    for g in 0..<geneCount {
      let values = sixteenRows(
        excess + g &* 16, tileStride: tileStride, from: first, count: count)
      sums[g] += values.replacing(with: 0, where: isOutside)
    }
    first &+= 16
  }
}

/// 0 … 15.
@_alwaysEmitIntoClient var rowNumbers: FloatBits {
  @inline(__always) get { FloatBits(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) }
}

/// Rows row … row + 15 of a gene, of which `count` are wanted: the others may be anything.
///
/// They lie in two blocks unless the first begins one. Memory for one more gene must follow the last block's genes.
@_alwaysEmitIntoClient @inline(__always)
func sixteenRows(
  _ u: UnsafePointer<Float>, tileStride: Int, from row: Int, count: Int
) -> Floats {
  let place = row & 15
  let block = u + (row &>> 4) &* tileStride
  let first = UnsafeRawPointer(block + place).loadUnaligned(as: Floats.self)
  let found = 16 &- place
  if count <= found { return first }
  let second = UnsafeRawPointer(block + (tileStride &- found)).loadUnaligned(as: Floats.self)
  return first.replacing(
    with: second, where: rowNumbers .>= FloatBits(repeating: Int32(truncatingIfNeeded: found)))
}

/// Adds r′_g Σ_i excess_gi 2^s_g, over those of each lane's rows that are members, to the dispersion's place; every
/// number is checked and cut off at ±2^50 units.
///
/// - Parameters:
///   - slopes: r′ = ∂r/∂ρ of each gene.
///   - stage: room for sixteen vectors.
/// - Returns: how many were NaN; they are left out.
@_alwaysEmitIntoClient @inline(always)
public func addExcess(
  _ excess: UnsafePointer<Float>, tileStride: Int, geneCount: Int, laneCount: Int,
  bounds: UnsafePointer<Int>, _ members: DispersionRows, slopes: UnsafePointer<Float>,
  scales: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Int64>, stride: Int, place: Int,
  stage: UnsafeMutablePointer<Floats>
) -> Int {
  var faults = 0
  var first = 0
  while first < geneCount {
    let genes = min(16, geneCount &- first)
    let factors = UnsafeRawPointer(slopes + first).loadUnaligned(as: Floats.self)
    var low = SIMD8<Int64>(repeating: 0)
    var high = low
    for lane in 0..<laneCount {
      let rows = bounds[lane]..<bounds[lane &+ 1]
      if members.isEmpty(rows) { continue }
      var totals: Floats
      if members.groups == nil, genes == 16, rows.count == 16, rows.lowerBound & 15 == 0 {
        // A whole block of rows: it lies as it is wanted.
        let block = UnsafeRawPointer(
          excess + ((rows.lowerBound &>> 4) &* tileStride &+ first &* 16))
        totals = sumsOfSixteen(block.assumingMemoryBound(to: Floats.self))
      } else {
        laneExcess(
          excess + first &* 16, tileStride: tileStride, geneCount: genes, rows: rows, members,
          into: stage)
        totals = sumsOfSixteen(stage)
      }
      let gradient = totals * factors
      let places = UnsafeRawPointer(scales + first)
      faults &+= addClamped(
        gradient.lowHalf, scales: places.loadUnaligned(as: SIMD8<Double>.self), to: &low)
      faults &+= addClamped(
        gradient.highHalf,
        scales: places.loadUnaligned(fromByteOffset: 64, as: SIMD8<Double>.self), to: &high)
    }
    for g in 0..<genes {
      sums[(first &+ g) &* stride &+ place] &+= g < 8 ? low[g] : high[g & 7]
    }
    first &+= 16
  }
  return faults
}
