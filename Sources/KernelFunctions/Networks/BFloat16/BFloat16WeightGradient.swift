// The weight gradient of some lanes from pairs of rows, rounded to integers in units of 2^−t_g: see
// WeightGradient.swift for the legend and for how they are rounded.

/// sums_gk ← sums_gk + 2^(s_g − t_g) Σ over lanes of round(2^t_g Σ_r u_gr x_rk), r in pairs from zero.
///
/// - Parameter largestInput: of all |x|, the bias's 1 included.
/// - Returns: how many numbers were NaN and are left out.
@_alwaysEmitIntoClient @inline(__always)
public func multiplyWeightGradientOfPairs<I: BFloat16Instructions>(
  _ instructions: I.Type, _ rows: BFloat16Rows, _ x: UnsafePointer<FloatBits>, stride: Int,
  geneCount: Int, largestInput: Float, to sums: UnsafeMutablePointer<Int64>
) -> Int {
  let vectors = pairStride(stride) / 16
  var faults = 0
  var g = 0
  while g < geneCount {
    let genes = geneCount &- g >= 3 ? 3 : 1
    let isSafe = rows.units.hold(g..<g &+ genes, largestInput: largestInput)
    var v = 0
    while v < vectors {
      let left = vectors &- v
      let width = left >= 7 ? 7 : left >= 4 ? 4 : left >= 2 ? 2 : 1
      if isSafe {
        switch (genes, width) {
        case (3, 7):
          addStrip(
            I.self, InlineArray<3, Void>.self, InlineArray<7, Void>.self, rows, gene: g, x,
            vectors: vectors, from: v, stride: stride, to: sums)
        case (3, 4):
          addStrip(
            I.self, InlineArray<3, Void>.self, InlineArray<4, Void>.self, rows, gene: g, x,
            vectors: vectors, from: v, stride: stride, to: sums)
        case (3, 2):
          addStrip(
            I.self, InlineArray<3, Void>.self, InlineArray<2, Void>.self, rows, gene: g, x,
            vectors: vectors, from: v, stride: stride, to: sums)
        default:
          for gene in g..<g &+ genes {
            for one in v..<v &+ width {
              addStrip(
                I.self, InlineArray<1, Void>.self, InlineArray<1, Void>.self, rows, gene: gene, x,
                vectors: vectors, from: one, stride: stride, to: sums)
            }
          }
        }
      } else {
        for gene in g..<g &+ genes {
          for one in v..<v &+ width {
            faults &+= addChecked(
              I.self, rows, gene: gene, x, vectors: vectors, at: one, stride: stride, to: sums)
          }
        }
      }
      v &+= width
    }
    g &+= genes
  }
  return faults
}

/// A few genes × a few vectors of inputs, all lanes, in thirty-two bits.
@_alwaysEmitIntoClient @inline(__always)
func addStrip<I: BFloat16Instructions, let genes: Int, let width: Int>(
  _ instructions: I.Type, _ geneKind: InlineArray<genes, Void>.Type,
  _ widthKind: InlineArray<width, Void>.Type, _ rows: BFloat16Rows, gene: Int,
  _ x: UnsafePointer<FloatBits>, vectors: Int, from first: Int, stride: Int,
  to sums: UnsafeMutablePointer<Int64>
) {
  let none = InlineArray<width, FloatBits>(repeating: FloatBits(repeating: 0))
  var totals = InlineArray<genes, InlineArray<width, FloatBits>>(repeating: none)
  let u = rows.rowPairs + gene &* rows.rowStride
  for lane in 0..<rows.laneCount {
    let zero = InlineArray<width, Floats>(repeating: Floats(repeating: 0))
    var parts = InlineArray<genes, InlineArray<width, Floats>>(repeating: zero)
    for pair in rows.bounds[lane]..<rows.bounds[lane &+ 1] {
      let inputs = x + (pair &* vectors &+ first)
      for g in 0..<genes {
        let derivatives = FloatBits(repeating: u[g &* rows.rowStride &+ pair])
        for v in 0..<width {
          parts[g][v] = I.dot(parts[g][v], derivatives, inputs[v])
        }
      }
    }
    for g in 0..<genes {
      for v in 0..<width { totals[g][v] &+= I.nearest(parts[g][v]) }
    }
  }
  for g in 0..<genes {
    let shift = SIMD8<Int64>(repeating: rows.units.shifts[gene &+ g])
    for v in 0..<width {
      let k = 16 &* (first &+ v)
      let place = sums + ((gene &+ g) &* stride &+ k)
      addShifted(totals[g][v].lowHalf, shift, to: place)
      if k &+ 8 < stride { addShifted(totals[g][v].highHalf, shift, to: place + 8) }
    }
  }
}

/// One gene × one vector of inputs, all lanes, each number checked: those beyond 2^50 units are cut off there.
///
/// - Returns: how many were NaN; they are left out.
@_alwaysEmitIntoClient @inline(__always)
func addChecked<I: BFloat16Instructions>(
  _ instructions: I.Type, _ rows: BFloat16Rows, gene: Int, _ x: UnsafePointer<FloatBits>,
  vectors: Int, at vector: Int, stride: Int,
  to sums: UnsafeMutablePointer<Int64>
) -> Int {
  let u = rows.rowPairs + gene &* rows.rowStride
  let shift = rows.units.shifts[gene]
  let count = min(16, stride &- 16 &* vector)
  let place = sums + (gene &* stride &+ 16 &* vector)
  var faults = 0
  for lane in 0..<rows.laneCount {
    var part = Floats(repeating: 0)
    for pair in rows.bounds[lane]..<rows.bounds[lane &+ 1] {
      part = I.dot(part, FloatBits(repeating: u[pair]), x[pair &* vectors &+ vector])
    }
    for k in 0..<count {
      faults &+= addRounded(Double(part[k]), shift: shift, to: place + k)
    }
  }
  return faults
}
