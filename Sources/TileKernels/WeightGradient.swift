// The weight gradient of one lane's rows on one tile of genes, rounded to integers. Legend:
//
//   g gene in the tile       k input of the layer, bias and padding included (a multiple of 8)
//   r row of the row group   block r / 16, place r mod 16
//   u[block · tileStride + g · 16 + r mod 16]   derivatives by logits
//   x[r · stride + k]                           inputs, 1 for the bias, 0 for padding
//   sums[g · stride + k]                        integers, in units of 2^−s_g

/// Eight inputs, or eight genes.
public typealias HalfFloats = SIMD8<Float>

/// How the products of a lane's rows join the sums of all lanes.
///
/// `integers`: value · 2^s rounded to a whole number, carried by the last bits of 1.5 · 2^52 + value. What
/// is added are all the bits of that double: the writer takes the bits of 1.5 · 2^52 away again, once for
/// each addition. Right for |value · 2^s| < 2^51.
@_alwaysEmitIntoClient @inline(always)
func addRounded(
  _ value: HalfFloats, scale: Double, to sums: UnsafeMutableRawPointer, at index: Int
) {
  let wide = SIMD8<Double>(repeating: 0x1.8p52)
    .addingProduct(SIMD8<Double>(value), SIMD8(repeating: scale))
  let place = sums + index &* 8
  let old = place.loadUnaligned(as: SIMD8<Int64>.self)
  place.storeBytes(of: old &+ unsafeBitCast(wide, to: SIMD8<Int64>.self), as: SIMD8<Int64>.self)
}

/// As `addRounded`, for numbers that may be out of range: those are cut off at ±2^50 units.
///
/// - Returns: how many were NaN; they are left out.
@_alwaysEmitIntoClient @inline(always)
func addClamped(
  _ value: HalfFloats, scale: Double, to sums: UnsafeMutableRawPointer, at index: Int
) -> Int {
  var faults = 0
  for j in 0..<8 {
    let place = sums + (index &+ j) &* 8
    var scaled = Double(value[j]) * scale
    if scaled != scaled {
      faults &+= 1
      scaled = 0
    }
    if scaled > 0x1p50 { scaled = 0x1p50 }
    if scaled < -0x1p50 { scaled = -0x1p50 }
    let bits = Int64(bitPattern: (scaled + 0x1.8p52).bitPattern)
    place.storeBytes(of: place.loadUnaligned(as: Int64.self) &+ bits, as: Int64.self)
  }
  return faults
}

/// Plain floating-point sums, for measuring what the integers cost.
@_alwaysEmitIntoClient @inline(always)
func addPlain(_ value: HalfFloats, to sums: UnsafeMutableRawPointer, at index: Int) {
  let place = sums + index &* 4
  place.storeBytes(of: place.loadUnaligned(as: HalfFloats.self) + value, as: HalfFloats.self)
}

/// Where the products go.
@frozen public enum SumKind: Sendable {
  /// Integers, when the bound on the products is known to be in range.
  case integers
  /// Integers, each number checked.
  case checkedIntegers
  /// Floats.
  case plain
}

@_alwaysEmitIntoClient @inline(always)
func addProducts(
  _ value: HalfFloats, _ kind: SumKind, scale: Double, to sums: UnsafeMutableRawPointer,
  at index: Int
) -> Int {
  switch kind {
  case .integers:
    addRounded(value, scale: scale, to: sums, at: index)
    return 0
  case .checkedIntegers:
    return addClamped(value, scale: scale, to: sums, at: index)
  case .plain:
    addPlain(value, to: sums, at: index)
    return 0
  }
}

/// Sums of four genes × 24 inputs.
@_alwaysEmitIntoClient @inline(always)
func weightGradient4x3(
  _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
  rows: Range<Int>, _ kind: SumKind, scales: UnsafePointer<Double>,
  to sums: UnsafeMutableRawPointer, at index: Int
) -> Int {
  let zero = HalfFloats(repeating: 0)
  var a0 = zero, a1 = zero, a2 = zero
  var b0 = zero, b1 = zero, b2 = zero
  var c0 = zero, c1 = zero, c2 = zero
  var e0 = zero, e1 = zero, e2 = zero
  for row in rows {
    let derivative = u + ((row &>> 4) &* tileStride &+ (row & 15))
    let input = UnsafeRawPointer(x + row &* stride)
    let x0 = input.loadUnaligned(as: HalfFloats.self)
    let x1 = input.loadUnaligned(fromByteOffset: 32, as: HalfFloats.self)
    let x2 = input.loadUnaligned(fromByteOffset: 64, as: HalfFloats.self)
    let a = HalfFloats(repeating: derivative[0])
    a0 = a0.addingProduct(a, x0)
    a1 = a1.addingProduct(a, x1)
    a2 = a2.addingProduct(a, x2)
    let b = HalfFloats(repeating: derivative[16])
    b0 = b0.addingProduct(b, x0)
    b1 = b1.addingProduct(b, x1)
    b2 = b2.addingProduct(b, x2)
    let c = HalfFloats(repeating: derivative[32])
    c0 = c0.addingProduct(c, x0)
    c1 = c1.addingProduct(c, x1)
    c2 = c2.addingProduct(c, x2)
    let e = HalfFloats(repeating: derivative[48])
    e0 = e0.addingProduct(e, x0)
    e1 = e1.addingProduct(e, x1)
    e2 = e2.addingProduct(e, x2)
  }
  var faults = addProducts(a0, kind, scale: scales[0], to: sums, at: index)
  faults &+= addProducts(a1, kind, scale: scales[0], to: sums, at: index &+ 8)
  faults &+= addProducts(a2, kind, scale: scales[0], to: sums, at: index &+ 16)
  let second = index &+ stride
  faults &+= addProducts(b0, kind, scale: scales[1], to: sums, at: second)
  faults &+= addProducts(b1, kind, scale: scales[1], to: sums, at: second &+ 8)
  faults &+= addProducts(b2, kind, scale: scales[1], to: sums, at: second &+ 16)
  let third = second &+ stride
  faults &+= addProducts(c0, kind, scale: scales[2], to: sums, at: third)
  faults &+= addProducts(c1, kind, scale: scales[2], to: sums, at: third &+ 8)
  faults &+= addProducts(c2, kind, scale: scales[2], to: sums, at: third &+ 16)
  let fourth = third &+ stride
  faults &+= addProducts(e0, kind, scale: scales[3], to: sums, at: fourth)
  faults &+= addProducts(e1, kind, scale: scales[3], to: sums, at: fourth &+ 8)
  faults &+= addProducts(e2, kind, scale: scales[3], to: sums, at: fourth &+ 16)
  return faults
}

/// Sums of four genes × 16 inputs.
@_alwaysEmitIntoClient @inline(always)
func weightGradient4x2(
  _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
  rows: Range<Int>, _ kind: SumKind, scales: UnsafePointer<Double>,
  to sums: UnsafeMutableRawPointer, at index: Int
) -> Int {
  let zero = HalfFloats(repeating: 0)
  var a0 = zero, a1 = zero
  var b0 = zero, b1 = zero
  var c0 = zero, c1 = zero
  var e0 = zero, e1 = zero
  for row in rows {
    let derivative = u + ((row &>> 4) &* tileStride &+ (row & 15))
    let input = UnsafeRawPointer(x + row &* stride)
    let x0 = input.loadUnaligned(as: HalfFloats.self)
    let x1 = input.loadUnaligned(fromByteOffset: 32, as: HalfFloats.self)
    let a = HalfFloats(repeating: derivative[0])
    a0 = a0.addingProduct(a, x0)
    a1 = a1.addingProduct(a, x1)
    let b = HalfFloats(repeating: derivative[16])
    b0 = b0.addingProduct(b, x0)
    b1 = b1.addingProduct(b, x1)
    let c = HalfFloats(repeating: derivative[32])
    c0 = c0.addingProduct(c, x0)
    c1 = c1.addingProduct(c, x1)
    let e = HalfFloats(repeating: derivative[48])
    e0 = e0.addingProduct(e, x0)
    e1 = e1.addingProduct(e, x1)
  }
  var faults = addProducts(a0, kind, scale: scales[0], to: sums, at: index)
  faults &+= addProducts(a1, kind, scale: scales[0], to: sums, at: index &+ 8)
  let second = index &+ stride
  faults &+= addProducts(b0, kind, scale: scales[1], to: sums, at: second)
  faults &+= addProducts(b1, kind, scale: scales[1], to: sums, at: second &+ 8)
  let third = second &+ stride
  faults &+= addProducts(c0, kind, scale: scales[2], to: sums, at: third)
  faults &+= addProducts(c1, kind, scale: scales[2], to: sums, at: third &+ 8)
  let fourth = third &+ stride
  faults &+= addProducts(e0, kind, scale: scales[3], to: sums, at: fourth)
  faults &+= addProducts(e1, kind, scale: scales[3], to: sums, at: fourth &+ 8)
  return faults
}

/// Sums of one gene × 8 inputs.
@_alwaysEmitIntoClient @inline(always)
func weightGradient1x1(
  _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
  rows: Range<Int>, _ kind: SumKind, scale: Double,
  to sums: UnsafeMutableRawPointer, at index: Int
) -> Int {
  var a0 = HalfFloats(repeating: 0)
  for row in rows {
    let derivative = u[(row &>> 4) &* tileStride &+ (row & 15)]
    let input = UnsafeRawPointer(x + row &* stride).loadUnaligned(as: HalfFloats.self)
    a0 = a0.addingProduct(HalfFloats(repeating: derivative), input)
  }
  return addProducts(a0, kind, scale: scale, to: sums, at: index)
}

/// sums_gk ← sums_gk + round(2^s_g Σ_r u_gr x_rk), r in order from zero, lane by lane.
///
/// A stretch of inputs at a time, so that its part of x stays in the first cache, and within it all lanes
/// of four genes, so that their sums do.
///
/// - Parameters:
///   - bounds: lane l holds rows bounds[l] ..< bounds[l + 1].
///   - scales: 2^s_g, for each gene of the tile.
/// - Returns: how many numbers were NaN and are left out; 0 unless they are checked.
@_alwaysEmitIntoClient @inline(always)
public func multiplyWeightGradient(
  _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
  geneCount: Int, laneCount: Int, bounds: UnsafePointer<Int>, _ kind: SumKind,
  scales: UnsafePointer<Double>, to sums: UnsafeMutableRawPointer
) -> Int {
  // One copy of the loops for each kind, without a choice inside.
  switch kind {
  case .integers:
    weightGradients(
      u, tileStride: tileStride, x, stride: stride, geneCount: geneCount, laneCount: laneCount,
      bounds: bounds, .integers, scales: scales, to: sums)
  case .checkedIntegers:
    weightGradients(
      u, tileStride: tileStride, x, stride: stride, geneCount: geneCount, laneCount: laneCount,
      bounds: bounds, .checkedIntegers, scales: scales, to: sums)
  case .plain:
    weightGradients(
      u, tileStride: tileStride, x, stride: stride, geneCount: geneCount, laneCount: laneCount,
      bounds: bounds, .plain, scales: scales, to: sums)
  }
}

@_alwaysEmitIntoClient @inline(always)
func weightGradients(
  _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
  geneCount: Int, laneCount: Int, bounds: UnsafePointer<Int>, _ kind: SumKind,
  scales: UnsafePointer<Double>, to sums: UnsafeMutableRawPointer
) -> Int {
  var faults = 0
  let fullGenes = geneCount & ~3
  var k = 0
  while k < stride {
    let left = stride &- k
    // 32 are better taken as 16 + 16 than as 24 + 8.
    let width = left >= 24 && left != 32 ? 24 : left >= 16 ? 16 : 8
    var g = 0
    while g < geneCount {
      let genes = g < fullGenes && width > 8 ? 4 : 1
      for lane in 0..<laneCount where bounds[lane] < bounds[lane &+ 1] {
        let rows = bounds[lane]..<bounds[lane &+ 1]
        if genes == 1 {
          for part in 0..<width / 8 {
            faults &+= weightGradient1x1(
              u + g &* 16, tileStride: tileStride, x + (k &+ 8 &* part), stride: stride,
              rows: rows, kind, scale: scales[g], to: sums, at: g &* stride &+ k &+ 8 &* part)
          }
        } else if width == 24 {
          faults &+= weightGradient4x3(
            u + g &* 16, tileStride: tileStride, x + k, stride: stride, rows: rows, kind,
            scales: scales + g, to: sums, at: g &* stride &+ k)
        } else {
          faults &+= weightGradient4x2(
            u + g &* 16, tileStride: tileStride, x + k, stride: stride, rows: rows, kind,
            scales: scales + g, to: sums, at: g &* stride &+ k)
        }
      }
      g &+= genes
    }
    k &+= width
  }
  return faults
}
