// The weight gradient of one group of rows on one tile of genes, rounded to integers. Legend:
//
//   g gene in the tile       k input of the layer, bias and padding included (a multiple of 8)
//   r row of the row group   block r / 16, place r mod 16
//   u[block · tileStride + g · 16 + r mod 16]   derivatives by logits
//   x[r · stride + k]                           inputs, 1 for the bias, 0 for padding
//   sums[g · stride + k]                        integers, in units of 2^−s_g
//
// Each lane's part is rounded to the nearest integer, ties to even, in units of 2^−t_g, t_g ≤ s_g, in which the
// gene's largest gradient is some 2^20: about what sums in single precision lose. Thirty-two bits hold a group's
// sum where the gene's derivatives are small enough; elsewhere each part is checked on its way to sixty-four.
// Both round alike, so lanes can be added in any order and any company.

/// In what the gradients of a tile's genes are counted.
@frozen public struct GradientUnits {
  /// 2^t_g, by which a lane's part is counted.
  public let scales: UnsafePointer<Float>
  /// s_g − t_g, at least 0: the shift to the units of the sums.
  public let shifts: UnsafePointer<Int64>
  /// Room for Σ |u_g| 2^t_g over rows.
  public let sizes: UnsafeMutablePointer<Float>

  /// All of them together.
  public init(
    scales: UnsafePointer<Float>, shifts: UnsafePointer<Int64>,
    sizes: UnsafeMutablePointer<Float>
  ) {
    self.scales = scales
    self.shifts = shifts
    self.sizes = sizes
  }

  /// Whether thirty-two bits hold the sums of some genes, whose inputs are no larger than that.
  @_alwaysEmitIntoClient @inline(__always)
  func hold(_ genes: Range<Int>, largestInput: Float) -> Bool {
    for g in genes where !(sizes[g] * largestInput < 0x1p29) { return false }
    return true
  }
}

/// sums_gk ← sums_gk + 2^(s_g − t_g) Σ over lanes of round(2^t_g Σ_r u_gr x_rk), r in order from zero.
///
/// A stretch of inputs at a time, so that its part of x stays in the first cache, and within it all lanes
/// of four genes.
///
/// - Parameters:
///   - bounds: lane l holds rows bounds[l] ..< bounds[l + 1].
///   - largestInput: of all |x|, the bias's 1 included.
/// - Returns: how many numbers were NaN and are left out; those beyond ±2^50 units are cut off there.
@_alwaysEmitIntoClient @inline(__always)
public func multiplyWeightGradient<I: VectorInstructions>(
  _ instructions: I.Type, _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>,
  stride: Int, geneCount: Int, laneCount: Int, bounds: UnsafePointer<Int>, _ units: GradientUnits,
  largestInput: Float, to sums: UnsafeMutablePointer<Int64>, isWide: Bool
) -> Int {
  measureSizes(
    u, tileStride: tileStride, geneCount: geneCount, rowCount: bounds[laneCount], units)
  var faults = 0
  var k = 0
  while k < stride {
    let width = stripVectors((stride &- k) / 8, isWide: isWide)
    var g = 0
    while g < geneCount {
      let genes = geneCount &- g >= 4 ? 4 : 1
      let tile = WeightTile(
        u: u + g &* 16, tileStride: tileStride, x: x + k, stride: stride, laneCount: laneCount,
        bounds: bounds)
      let place = sums + (g &* stride &+ k)
      if !units.hold(g..<g &+ genes, largestInput: largestInput) {
        for gene in 0..<genes {
          for v in 0..<width {
            faults &+= tile.addChecked(gene: gene, vector: v, units, first: g, to: place)
          }
        }
      } else if genes == 1 {
        for v in 0..<width {
          tile.add(
            I.self, InlineArray<1, Void>.self, InlineArray<1, Void>.self, units, first: g,
            vector: v, to: place)
        }
      } else {
        switch width {
        case 4:
          tile.add(
            I.self, InlineArray<4, Void>.self, InlineArray<4, Void>.self, units, first: g,
            vector: 0, to: place)
        case 3:
          tile.add(
            I.self, InlineArray<4, Void>.self, InlineArray<3, Void>.self, units, first: g,
            vector: 0, to: place)
        case 2:
          tile.add(
            I.self, InlineArray<4, Void>.self, InlineArray<2, Void>.self, units, first: g,
            vector: 0, to: place)
        default:
          tile.add(
            I.self, InlineArray<4, Void>.self, InlineArray<1, Void>.self, units, first: g,
            vector: 0, to: place)
        }
      }
      g &+= genes
    }
    k &+= 8 &* width
  }
  return faults
}

/// The weights' gradient in plain floats, whatever the lanes: for measuring what the integers cost.
@_alwaysEmitIntoClient @inline(__always)
public func multiplyPlainWeightGradient(
  _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
  geneCount: Int, rowCount: Int, to sums: UnsafeMutablePointer<Float>, isWide: Bool
) {
  var k = 0
  while k < stride {
    let width = stripVectors((stride &- k) / 8, isWide: isWide)
    var g = 0
    while g < geneCount {
      let genes = geneCount &- g >= 4 && width > 1 ? 4 : 1
      let tile = WeightTile(
        u: u + g &* 16, tileStride: tileStride, x: x + k, stride: stride, laneCount: 0,
        bounds: nil)
      let place = sums + (g &* stride &+ k)
      switch (genes, width) {
      case (4, 4):
        tile.addPlain(InlineArray<4, Void>.self, InlineArray<4, Void>.self, rowCount, to: place)
      case (4, 3):
        tile.addPlain(InlineArray<4, Void>.self, InlineArray<3, Void>.self, rowCount, to: place)
      case (4, 2):
        tile.addPlain(InlineArray<4, Void>.self, InlineArray<2, Void>.self, rowCount, to: place)
      default:
        for v in 0..<width {
          let one = WeightTile(
            u: u + g &* 16, tileStride: tileStride, x: x + (k &+ 8 &* v), stride: stride,
            laneCount: 0, bounds: nil)
          one.addPlain(
            InlineArray<1, Void>.self, InlineArray<1, Void>.self, rowCount, to: place + 8 &* v)
        }
      }
      g &+= genes
    }
    k &+= 8 &* width
  }
}

/// Vectors of the next strip, of those that are left.
///
/// Strips of three or four have chains enough; those of two or one wait for their products.
@_alwaysEmitIntoClient @inline(__always)
func stripVectors(_ left: Int, isWide: Bool) -> Int {
  if isWide {
    if left < 3 || left % 3 == 0 { return min(left, 3) }
    return left == 5 ? 3 : 4
  }
  // Four are better taken as two and two than as three and one.
  return left >= 3 && left != 4 ? 3 : min(left, 2)
}

/// Σ |u_g| 2^t_g over rows, whole blocks of them: rows that only fill a block up count too, and hold finite numbers.
@_alwaysEmitIntoClient @inline(__always)
func measureSizes(
  _ u: UnsafePointer<Float>, tileStride: Int, geneCount: Int, rowCount: Int,
  _ units: GradientUnits
) {
  let blocks = (rowCount &+ 15) / 16
  for g in 0..<geneCount {
    var size = Floats(repeating: 0)
    for block in 0..<blocks {
      let place = UnsafeRawPointer(u + (block &* tileStride &+ g &* 16))
      size += magnitude(place.loadUnaligned(as: Floats.self))
    }
    units.sizes[g] = size.sum() * units.scales[g]
  }
}
