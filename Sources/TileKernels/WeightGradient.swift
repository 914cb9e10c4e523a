// The weight gradient of one lane's rows on one tile of genes, rounded to integers. Legend:
//
//   g gene in the tile       k input of the layer, bias and padding included (a multiple of 8)
//   r row of the row group   block r / 16, place r mod 16
//   u[block · tileStride + g · 16 + r mod 16]   derivatives by logits
//   x[r · stride + k]                           inputs, 1 for the bias, 0 for padding
//   sums[g · stride + k]                        integers, in units of 2^−s_g

/// Eight inputs, or eight genes.
public typealias HalfFloats = SIMD8<Float>

/// Where the products go.
@frozen public enum SumKind: Sendable {
  /// Integers, when the bound on the products is known to be in range.
  case integers
  /// Integers, each number checked.
  case checkedIntegers
  /// Floats, whatever the lanes: for measuring what the integers cost.
  case plain
}

/// 1.5 · 2^52: a double of this size counts in ones.
///
/// A lane's part v of a sum is rounded to a whole number of units and added in one instruction, a fused
/// product: start + v 2^s, whose last bit is a unit. The scale is 2^s (1 + 2^−52), not 2^s: so v 2^s is never
/// half way between two numbers (v has 24 digits, and |v 2^s| < 2^51), and what it is rounded to does not
/// depend on what was added before. Lanes can so be added in any order and any company.
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

/// Adds what has been added to `roundingStart` to eight integers.
@_alwaysEmitIntoClient @inline(always)
func addIntegers(_ carried: SIMD8<Double>, to sums: UnsafeMutableRawPointer, at index: Int) {
  let place = sums + index &* 8
  let old = place.loadUnaligned(as: SIMD8<Int64>.self)
  place.storeBytes(of: old &+ integers(carried), as: SIMD8<Int64>.self)
}

/// Adds numbers that may be out of range: those are cut off at ±2^50 units; the others are rounded as ever.
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

/// The same for integers in memory and one scale.
@_alwaysEmitIntoClient @inline(always)
func addClamped(
  _ value: HalfFloats, scale: Double, to sums: UnsafeMutableRawPointer, at index: Int
) -> Int {
  let place = sums + index &* 8
  var old = place.loadUnaligned(as: SIMD8<Int64>.self)
  let faults = addClamped(value, scales: SIMD8(repeating: scale), to: &old)
  place.storeBytes(of: old, as: SIMD8<Int64>.self)
  return faults
}

/// Adds floats.
@_alwaysEmitIntoClient @inline(always)
func addPlain(_ value: HalfFloats, to sums: UnsafeMutableRawPointer, at index: Int) {
  let place = sums + index &* 4
  place.storeBytes(of: place.loadUnaligned(as: HalfFloats.self) + value, as: HalfFloats.self)
}

/// sums_gk ← sums_gk + Σ over lanes of round(2^s_g Σ_r u_gr x_rk), r in order from zero.
///
/// A stretch of inputs at a time, so that its part of x stays in the first cache, and within it all lanes
/// of four genes, so that their sums stay in registers.
///
/// - Parameters:
///   - bounds: lane l holds rows bounds[l] ..< bounds[l + 1].
///   - kind: `integers` if Σ over lanes of |Σ_r u x| 2^s < 2^51 and each lane's part is below 2^50.
///   - scales: 2^s_g (1 + 2^−52), for each gene of the tile.
/// - Returns: how many numbers were NaN and are left out; 0 unless they are checked.
@_alwaysEmitIntoClient @inline(always)
public func multiplyWeightGradient(
  _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
  geneCount: Int, laneCount: Int, bounds: UnsafePointer<Int>, _ kind: SumKind,
  scales: UnsafePointer<Double>, to sums: UnsafeMutableRawPointer, isWide: Bool
) -> Int {
  // One copy of the loops for each kind, without a choice inside.
  switch kind {
  case .integers:
    weightGradients(
      u, tileStride: tileStride, x, stride: stride, geneCount: geneCount, laneCount: laneCount,
      bounds: bounds, .integers, scales: scales, to: sums, isWide: isWide)
  case .checkedIntegers:
    weightGradients(
      u, tileStride: tileStride, x, stride: stride, geneCount: geneCount, laneCount: laneCount,
      bounds: bounds, .checkedIntegers, scales: scales, to: sums, isWide: isWide)
  case .plain:
    weightGradients(
      u, tileStride: tileStride, x, stride: stride, geneCount: geneCount, laneCount: laneCount,
      bounds: bounds, .plain, scales: scales, to: sums, isWide: isWide)
  }
}

@_alwaysEmitIntoClient @inline(always)
func weightGradients(
  _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
  geneCount: Int, laneCount: Int, bounds: UnsafePointer<Int>, _ kind: SumKind,
  scales: UnsafePointer<Double>, to sums: UnsafeMutableRawPointer, isWide: Bool
) -> Int {
  var faults = 0
  let fullGenes = geneCount & ~3
  var k = 0
  while k < stride {
    let width = 8 &* stripVectors((stride &- k) / 8, isWide: isWide)
    var g = 0
    while g < fullGenes {
      let derivatives = u + g &* 16
      let place = g &* stride &+ k
      switch width {
      case 32:
        faults &+= strip4x4(
          derivatives, tileStride: tileStride, x + k, stride: stride, laneCount: laneCount,
          bounds: bounds, kind, scales: scales + g, to: sums, at: place)
      case 24:
        faults &+= strip4x3(
          derivatives, tileStride: tileStride, x + k, stride: stride, laneCount: laneCount,
          bounds: bounds, kind, scales: scales + g, to: sums, at: place)
      case 16:
        faults &+= strip4x2(
          derivatives, tileStride: tileStride, x + k, stride: stride, laneCount: laneCount,
          bounds: bounds, kind, scales: scales + g, to: sums, at: place)
      default:
        faults &+= strip4x1(
          derivatives, tileStride: tileStride, x + k, stride: stride, laneCount: laneCount,
          bounds: bounds, kind, scales: scales + g, to: sums, at: place)
      }
      g &+= 4
    }
    while g < geneCount {
      for part in 0..<width / 8 {
        faults &+= strip1x1(
          u + g &* 16, tileStride: tileStride, x + (k &+ 8 &* part), stride: stride,
          laneCount: laneCount, bounds: bounds, kind, scales: scales + g, to: sums,
          at: g &* stride &+ k &+ 8 &* part)
      }
      g &+= 1
    }
    k &+= width
  }
  return faults
}

/// Vectors of the next strip, of those that are left.
///
/// Strips of three or four have chains enough; those of two or one wait for their products.
@_alwaysEmitIntoClient @inline(always)
func stripVectors(_ left: Int, isWide: Bool) -> Int {
  if isWide {
    if left < 3 || left % 3 == 0 { return min(left, 3) }
    return left == 5 ? 3 : 4
  }
  // Four are better taken as two and two than as three and one.
  return left >= 3 && left != 4 ? 3 : min(left, 2)
}
