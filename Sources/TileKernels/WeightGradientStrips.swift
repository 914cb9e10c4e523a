// The inner loops of the weight gradient: a few genes × a few inputs, written out so that every sum has its
// register. See WeightGradient.swift for the legend.

/// Products of 4 genes × 24 inputs over some rows, r in order: gene by gene.
@_alwaysEmitIntoClient @inline(always)
func products4x3(
  _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
  rows: Range<Int>
) -> (
  HalfFloats, HalfFloats, HalfFloats, HalfFloats, HalfFloats, HalfFloats, HalfFloats, HalfFloats,
  HalfFloats, HalfFloats, HalfFloats, HalfFloats
) {
  let zero = HalfFloats(repeating: 0)
  var a0 = zero, a1 = zero, a2 = zero
  var b0 = zero, b1 = zero, b2 = zero
  var c0 = zero, c1 = zero, c2 = zero
  var e0 = zero, e1 = zero, e2 = zero
  var row = rows.lowerBound
  while row < rows.upperBound {
    // To the end of the block of sixteen, or of the rows.
    let end = min((row | 15) &+ 1, rows.upperBound)
    var derivative = u + ((row &>> 4) &* tileStride &+ (row & 15))
    var input = UnsafeRawPointer(x + row &* stride)
    for _ in row..<end {
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
      derivative += 1
      input += stride &* 4
    }
    row = end
  }
  return (a0, a1, a2, b0, b1, b2, c0, c1, c2, e0, e1, e2)
}

/// A strip of 4 genes × 24 inputs, all lanes.
@_alwaysEmitIntoClient @inline(always)
func strip4x3(
  _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
  laneCount: Int, bounds: UnsafePointer<Int>, _ kind: SumKind, scales: UnsafePointer<Double>,
  to sums: UnsafeMutableRawPointer, at index: Int
) -> Int {
  switch kind {
  case .integers:
    let start = SIMD8<Double>(repeating: roundingStart)
    var a0 = start, a1 = start, a2 = start
    var b0 = start, b1 = start, b2 = start
    var c0 = start, c1 = start, c2 = start
    var e0 = start, e1 = start, e2 = start
    for lane in 0..<laneCount {
      let p = products4x3(
        u, tileStride: tileStride, x, stride: stride, rows: bounds[lane]..<bounds[lane &+ 1])
      let scaleA = SIMD8<Double>(repeating: scales[0])
      a0 = a0.addingProduct(SIMD8<Double>(p.0), scaleA)
      a1 = a1.addingProduct(SIMD8<Double>(p.1), scaleA)
      a2 = a2.addingProduct(SIMD8<Double>(p.2), scaleA)
      let scaleB = SIMD8<Double>(repeating: scales[1])
      b0 = b0.addingProduct(SIMD8<Double>(p.3), scaleB)
      b1 = b1.addingProduct(SIMD8<Double>(p.4), scaleB)
      b2 = b2.addingProduct(SIMD8<Double>(p.5), scaleB)
      let scaleC = SIMD8<Double>(repeating: scales[2])
      c0 = c0.addingProduct(SIMD8<Double>(p.6), scaleC)
      c1 = c1.addingProduct(SIMD8<Double>(p.7), scaleC)
      c2 = c2.addingProduct(SIMD8<Double>(p.8), scaleC)
      let scaleE = SIMD8<Double>(repeating: scales[3])
      e0 = e0.addingProduct(SIMD8<Double>(p.9), scaleE)
      e1 = e1.addingProduct(SIMD8<Double>(p.10), scaleE)
      e2 = e2.addingProduct(SIMD8<Double>(p.11), scaleE)
    }
    addIntegers(a0, to: sums, at: index)
    addIntegers(a1, to: sums, at: index &+ 8)
    addIntegers(a2, to: sums, at: index &+ 16)
    addIntegers(b0, to: sums, at: index &+ stride)
    addIntegers(b1, to: sums, at: index &+ stride &+ 8)
    addIntegers(b2, to: sums, at: index &+ stride &+ 16)
    addIntegers(c0, to: sums, at: index &+ 2 &* stride)
    addIntegers(c1, to: sums, at: index &+ 2 &* stride &+ 8)
    addIntegers(c2, to: sums, at: index &+ 2 &* stride &+ 16)
    addIntegers(e0, to: sums, at: index &+ 3 &* stride)
    addIntegers(e1, to: sums, at: index &+ 3 &* stride &+ 8)
    addIntegers(e2, to: sums, at: index &+ 3 &* stride &+ 16)
    return 0
  case .checkedIntegers:
    var faults = 0
    for lane in 0..<laneCount {
      let p = products4x3(
        u, tileStride: tileStride, x, stride: stride, rows: bounds[lane]..<bounds[lane &+ 1])
      faults &+= addClamped(p.0, scale: scales[0], to: sums, at: index)
      faults &+= addClamped(p.1, scale: scales[0], to: sums, at: index &+ 8)
      faults &+= addClamped(p.2, scale: scales[0], to: sums, at: index &+ 16)
      faults &+= addClamped(p.3, scale: scales[1], to: sums, at: index &+ stride)
      faults &+= addClamped(p.4, scale: scales[1], to: sums, at: index &+ stride &+ 8)
      faults &+= addClamped(p.5, scale: scales[1], to: sums, at: index &+ stride &+ 16)
      faults &+= addClamped(p.6, scale: scales[2], to: sums, at: index &+ 2 &* stride)
      faults &+= addClamped(p.7, scale: scales[2], to: sums, at: index &+ 2 &* stride &+ 8)
      faults &+= addClamped(p.8, scale: scales[2], to: sums, at: index &+ 2 &* stride &+ 16)
      faults &+= addClamped(p.9, scale: scales[3], to: sums, at: index &+ 3 &* stride)
      faults &+= addClamped(p.10, scale: scales[3], to: sums, at: index &+ 3 &* stride &+ 8)
      faults &+= addClamped(p.11, scale: scales[3], to: sums, at: index &+ 3 &* stride &+ 16)
    }
    return faults
  case .plain:
    let p = products4x3(
      u, tileStride: tileStride, x, stride: stride, rows: bounds[0]..<bounds[laneCount])
    addPlain(p.0, to: sums, at: index)
    addPlain(p.1, to: sums, at: index &+ 8)
    addPlain(p.2, to: sums, at: index &+ 16)
    addPlain(p.3, to: sums, at: index &+ stride)
    addPlain(p.4, to: sums, at: index &+ stride &+ 8)
    addPlain(p.5, to: sums, at: index &+ stride &+ 16)
    addPlain(p.6, to: sums, at: index &+ 2 &* stride)
    addPlain(p.7, to: sums, at: index &+ 2 &* stride &+ 8)
    addPlain(p.8, to: sums, at: index &+ 2 &* stride &+ 16)
    addPlain(p.9, to: sums, at: index &+ 3 &* stride)
    addPlain(p.10, to: sums, at: index &+ 3 &* stride &+ 8)
    addPlain(p.11, to: sums, at: index &+ 3 &* stride &+ 16)
    return 0
  }
}
