// The inner loops of the weight gradient: a few genes × a few inputs, each sum in its register. See
// WeightGradient.swift for the legend.

/// Eight inputs, or eight genes.
public typealias HalfFloats = SIMD8<Float>

/// Derivatives from a gene on, and inputs from some k on.
@frozen @usableFromInline struct WeightTile {
  @usableFromInline let u: UnsafePointer<Float>
  @usableFromInline let tileStride: Int
  @usableFromInline let x: UnsafePointer<Float>
  @usableFromInline let stride: Int
  @usableFromInline let laneCount: Int
  @usableFromInline let bounds: UnsafePointer<Int>?

  @_alwaysEmitIntoClient @inline(__always)
  init(
    u: UnsafePointer<Float>, tileStride: Int, x: UnsafePointer<Float>, stride: Int,
    laneCount: Int, bounds: UnsafePointer<Int>?
  ) {
    self.u = u
    self.tileStride = tileStride
    self.x = x
    self.stride = stride
    self.laneCount = laneCount
    self.bounds = bounds
  }

  /// Products of some genes × some vectors of inputs over some rows, r in order from zero.
  @_alwaysEmitIntoClient @inline(__always)
  func products<let genes: Int, let width: Int>(
    _ geneKind: InlineArray<genes, Void>.Type, _ widthKind: InlineArray<width, Void>.Type,
    gene: Int, vector: Int, rows: Range<Int>
  ) -> InlineArray<genes, InlineArray<width, HalfFloats>> {
    let zero = InlineArray<width, HalfFloats>(repeating: HalfFloats(repeating: 0))
    var sums = InlineArray<genes, InlineArray<width, HalfFloats>>(repeating: zero)
    var row = rows.lowerBound
    while row < rows.upperBound {
      // To the end of the block of sixteen, or of the rows.
      let end = min((row | 15) &+ 1, rows.upperBound)
      var derivative = u + ((row &>> 4) &* tileStride &+ (row & 15) &+ gene &* 16)
      var input = UnsafeRawPointer(x + (row &* stride &+ 8 &* vector))
      for _ in row..<end {
        var inputs = zero
        for v in 0..<width {
          inputs[v] = input.loadUnaligned(fromByteOffset: 32 &* v, as: HalfFloats.self)
        }
        for g in 0..<genes {
          let factor = HalfFloats(repeating: derivative[16 &* g])
          for v in 0..<width { sums[g][v] = sums[g][v].addingProduct(factor, inputs[v]) }
        }
        derivative += 1
        input += stride &* 4
      }
      row = end
    }
    return sums
  }

  /// All lanes, in thirty-two bits.
  @_alwaysEmitIntoClient @inline(__always)
  func add<I: VectorInstructions, let genes: Int, let width: Int>(
    _ instructions: I.Type, _ geneKind: InlineArray<genes, Void>.Type,
    _ widthKind: InlineArray<width, Void>.Type, _ units: GradientUnits, first: Int, vector: Int,
    to sums: UnsafeMutablePointer<Int64>
  ) {
    guard let bounds else { return }
    let none = InlineArray<width, SIMD8<Int32>>(repeating: SIMD8(repeating: 0))
    var totals = InlineArray<genes, InlineArray<width, SIMD8<Int32>>>(repeating: none)
    for lane in 0..<laneCount {
      let parts = products(
        geneKind, widthKind, gene: 0, vector: vector, rows: bounds[lane]..<bounds[lane &+ 1])
      for g in 0..<genes {
        let scale = HalfFloats(repeating: units.scales[first &+ g])
        for v in 0..<width { totals[g][v] &+= I.nearest(parts[g][v] * scale) }
      }
    }
    for g in 0..<genes {
      let shift = SIMD8<Int64>(repeating: units.shifts[first &+ g])
      for v in 0..<width {
        addShifted(totals[g][v], shift, to: sums + (g &* stride &+ 8 &* (vector &+ v)))
      }
    }
  }

  /// One gene × one vector of inputs, all lanes, each number checked.
  ///
  /// - Returns: how many were NaN.
  @_alwaysEmitIntoClient @inline(__always)
  func addChecked(
    gene: Int, vector: Int, _ units: GradientUnits, first: Int,
    to sums: UnsafeMutablePointer<Int64>
  ) -> Int {
    guard let bounds else { return 0 }
    let scale = HalfFloats(repeating: units.scales[first &+ gene])
    let place = sums + (gene &* stride &+ 8 &* vector)
    var faults = 0
    for lane in 0..<laneCount {
      let parts = products(
        InlineArray<1, Void>.self, InlineArray<1, Void>.self, gene: gene, vector: vector,
        rows: bounds[lane]..<bounds[lane &+ 1])
      let part = parts[0][0] * scale
      for k in 0..<8 {
        faults &+= addRounded(Double(part[k]), shift: units.shifts[first &+ gene], to: place + k)
      }
    }
    return faults
  }

  /// Some rows' products as floats.
  @_alwaysEmitIntoClient @inline(__always)
  func addPlain<let genes: Int, let width: Int>(
    _ geneKind: InlineArray<genes, Void>.Type, _ widthKind: InlineArray<width, Void>.Type,
    _ rowCount: Int, to sums: UnsafeMutablePointer<Float>
  ) {
    let parts = products(geneKind, widthKind, gene: 0, vector: 0, rows: 0..<rowCount)
    for g in 0..<genes {
      for v in 0..<width {
        let place = UnsafeMutableRawPointer(sums + (g &* stride &+ 8 &* v))
        place.storeBytes(
          of: place.loadUnaligned(as: HalfFloats.self) + parts[g][v], as: HalfFloats.self)
      }
    }
  }
}

/// Adds eight integers times 2^shift.
@_alwaysEmitIntoClient @inline(__always)
func addShifted(
  _ values: SIMD8<Int32>, _ shift: SIMD8<Int64>, to sums: UnsafeMutablePointer<Int64>
) {
  let place = UnsafeMutableRawPointer(sums)
  let old = place.loadUnaligned(as: SIMD8<Int64>.self)
  place.storeBytes(
    of: old &+ (SIMD8<Int64>(truncatingIfNeeded: values) &<< shift), as: SIMD8<Int64>.self)
}

/// Adds a number of any size, rounded to the nearest integer, ties to even, times 2^shift; beyond ±2^50 units it is
/// cut off there.
///
/// - Returns: 1 for NaN, which is left out.
@_alwaysEmitIntoClient @inline(__always)
func addRounded(_ value: Double, shift: Int64, to sum: UnsafeMutablePointer<Int64>) -> Int {
  guard value == value else { return 1 }
  let limit = Double(Int64(1) &<< (50 &- shift))
  let carried = roundingStart + max(-limit, min(limit, value))
  sum.pointee &+= (Int64(bitPattern: carried.bitPattern) &- roundingStartBits) &<< shift
  return 0
}
