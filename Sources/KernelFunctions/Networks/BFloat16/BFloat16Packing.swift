// Into bfloat16, in the layouts of BFloat16Kernels.

/// Sixteen numbers of a row of S, a multiple of eight; zeros beyond its end.
@_alwaysEmitIntoClient @inline(__always)
func sixteen(_ row: UnsafePointer<Float>, at k: Int, of stride: Int) -> Floats {
  let place = UnsafeRawPointer(row + k)
  if k &+ 16 <= stride { return place.loadUnaligned(as: Floats.self) }
  return Floats(
    lowHalf: place.loadUnaligned(as: HalfFloats.self), highHalf: HalfFloats(repeating: 0))
}

/// Inputs of sixteen rows in pairs; the last is alone if their number is odd.
@_alwaysEmitIntoClient @inline(__always)
public func packInputPairs<I: BFloat16Instructions>(
  _ instructions: I.Type, _ x: UnsafePointer<Floats>, inputCount: Int,
  into pairs: UnsafeMutablePointer<FloatBits>
) {
  var k = 0
  while k < inputCount {
    let high = k &+ 1 < inputCount ? x[k &+ 1] : Floats(repeating: 0)
    pairs[k / 2] = I.pack(high: high, low: x[k])
    k &+= 2
  }
}

/// Rows in pairs: `order` tells the rows of each pair.
@_alwaysEmitIntoClient @inline(__always)
public func packRowPairs<I: BFloat16Instructions>(
  _ instructions: I.Type, _ x: UnsafePointer<Float>, stride: Int, order: UnsafePointer<Int32>,
  pairCount: Int, into pairs: UnsafeMutablePointer<FloatBits>
) {
  let vectors = pairStride(stride) / 16
  for pair in 0..<pairCount {
    let (first, second) = (Int(order[2 &* pair]), Int(order[2 &* pair &+ 1]))
    for v in 0..<vectors {
      var low = Floats(repeating: 0)
      var high = Floats(repeating: 0)
      if first >= 0 { low = sixteen(x + first &* stride, at: 16 &* v, of: stride) }
      if second >= 0 { high = sixteen(x + second &* stride, at: 16 &* v, of: stride) }
      pairs[pair &* vectors &+ v] = I.pack(high: high, low: low)
    }
  }
}

/// A gene's weights in pairs; the bias, which may follow, is left out.
@_alwaysEmitIntoClient @inline(__always)
public func packLogitWeights<I: BFloat16Instructions>(
  _ instructions: I.Type, _ w: UnsafePointer<Float>, stride: Int, geneCount: Int,
  inputCount: Int, into pairs: UnsafeMutablePointer<Int32>
) {
  for g in 0..<geneCount {
    let row = w + g &* stride
    let place = pairs + g &* (stride / 2)
    var k = 0
    while k < stride {
      let narrow = I.narrow(sixteen(row, at: k, of: stride))
      let target = UnsafeMutableRawPointer(place + k / 2)
      if k &+ 16 <= stride {
        target.storeBytes(of: narrow, as: SIMD8<Int32>.self)
      } else {
        target.storeBytes(of: narrow.lowHalf, as: SIMD4<Int32>.self)
      }
      k &+= 16
    }
    if inputCount & 1 == 1 { place[inputCount / 2] &= 0xFFFF }
  }
}

/// The weights of two genes in pairs; the last is alone if their number is odd.
@_alwaysEmitIntoClient @inline(__always)
public func packGeneWeights<I: BFloat16Instructions>(
  _ instructions: I.Type, _ w: UnsafePointer<Float>, stride: Int, geneCount: Int,
  into pairs: UnsafeMutablePointer<FloatBits>
) {
  let vectors = pairStride(stride) / 16
  var g = 0
  while g < geneCount {
    let row = w + g &* stride
    for v in 0..<vectors {
      var high = Floats(repeating: 0)
      if g &+ 1 < geneCount { high = sixteen(row + stride, at: 16 &* v, of: stride) }
      pairs[(g / 2) &* vectors &+ v] = I.pack(
        high: high, low: sixteen(row, at: 16 &* v, of: stride))
    }
    g &+= 2
  }
}

/// Derivatives in both layouts, those of weights times 2^t_g, and their sizes.
@_alwaysEmitIntoClient @inline(__always)
public func packDerivatives<I: BFloat16Instructions>(
  _ instructions: I.Type, _ u: UnsafePointer<Floats>, tileStride: Int, geneCount: Int,
  blockCount: Int, _ rows: BFloat16Rows
) {
  var g = 0
  while g < geneCount {
    let isPair = g &+ 1 < geneCount
    let scale0 = Floats(repeating: rows.units.scales[g])
    let scale1 = Floats(repeating: isPair ? rows.units.scales[g &+ 1] : 0)
    let target0 = UnsafeMutableRawPointer(rows.rowPairs + g &* rows.rowStride)
    let target1 = UnsafeMutableRawPointer(rows.rowPairs + (g &+ 1) &* rows.rowStride)
    var size0 = Floats(repeating: 0)
    var size1 = Floats(repeating: 0)
    for block in 0..<blockCount {
      let place = u + (block &* tileStride &+ g)
      let u0 = place[0]
      let u1 = isPair ? place[1] : Floats(repeating: 0)
      rows.genePairs[block &* genePairsOfChunk &+ g / 2] = I.pack(high: u1, low: u0)
      let scaled0 = u0 * scale0
      let scaled1 = u1 * scale1
      size0 += magnitude(scaled0)
      size1 += magnitude(scaled1)
      if rows.isInOrder {
        target0.storeBytes(
          of: I.narrow(scaled0), toByteOffset: 32 &* block, as: SIMD8<Int32>.self)
        if isPair {
          target1.storeBytes(
            of: I.narrow(scaled1), toByteOffset: 32 &* block, as: SIMD8<Int32>.self)
        }
      }
    }
    rows.units.sizes[g] = size0.sum()
    if isPair { rows.units.sizes[g &+ 1] = size1.sum() }
    g &+= 2
  }
  if !rows.isInOrder {
    packRowsOfLanes(instructions, u, tileStride: tileStride, geneCount: geneCount, rows)
  }
}

/// Derivatives by row where lanes begin at odd rows: lane by lane, each over the zeros that the one before has
/// left behind its end.
@_alwaysEmitIntoClient @inline(__always)
func packRowsOfLanes<I: BFloat16Instructions>(
  _ instructions: I.Type, _ u: UnsafePointer<Floats>, tileStride: Int, geneCount: Int,
  _ rows: BFloat16Rows
) {
  let derivatives = UnsafeRawPointer(u).assumingMemoryBound(to: Float.self)
  for g in 0..<geneCount {
    let scale = Floats(repeating: rows.units.scales[g])
    var row = 0
    for lane in 0..<rows.laneCount {
      var pair = rows.bounds[lane]
      let end = row &+ rows.laneSizes[lane]
      while row < end {
        let count = min(16, end &- row)
        let found = sixteenRows(
          derivatives + g &* 16, tileStride: tileStride &* 16, from: row, count: count)
        let isOutside = rowNumbers .>= FloatBits(repeating: Int32(truncatingIfNeeded: count))
        UnsafeMutableRawPointer(rows.rowPairs + (g &* rows.rowStride &+ pair)).storeBytes(
          of: I.narrow((found * scale).replacing(with: 0, where: isOutside)),
          as: SIMD8<Int32>.self)
        row &+= count
        pair &+= 8
      }
    }
  }
}
