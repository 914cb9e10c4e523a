// The matrix products of the output layer on one tile of genes. A legend for this file:
//
//   g gene in the tile        k input of the layer        i row in a block of sixteen
//   w[g · stride + k]         weights, then the bias at k = inputCount
//   x[k · 16 + i]             a block of rows, transposed: sixteen rows side by side
//   u[g · 16 + i]             logits, or derivatives by them
//
// Every output entry is one chain of fused multiply-adds in a fixed order, so its bits do not depend on
// how many entries are computed side by side. A chain waits four times as long for its next link as the
// processor needs to begin one, so at least four must run side by side, and the more there are, the less is
// loaded for each: six in the sixteen registers of AVX2, where a vector takes two, and twelve in the
// thirty-two of AVX-512 (`isWide`).

/// Rows of a block.
@_alwaysEmitIntoClient public var blockRows: Int { @inline(__always) get { 16 } }

/// u_gi = b_g + Σ_k w_gk x_ki, k in order.
@_alwaysEmitIntoClient @inline(always)
public func multiplyLogits(
  _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int,
  _ x: UnsafePointer<Floats>, into u: UnsafeMutablePointer<Floats>, isWide: Bool
) {
  var g = 0
  while isWide, g &+ 12 <= geneCount {
    multiplyLogits12(w + g &* stride, stride: stride, inputCount: inputCount, x, into: u + g)
    g &+= 12
  }
  while g &+ 6 <= geneCount {
    multiplyLogits6(w + g &* stride, stride: stride, inputCount: inputCount, x, into: u + g)
    g &+= 6
  }
  if g &+ 4 <= geneCount {
    multiplyLogits4(w + g &* stride, stride: stride, inputCount: inputCount, x, into: u + g)
    g &+= 4
  }
  while g < geneCount {
    multiplyLogits1(w + g &* stride, stride: stride, inputCount: inputCount, x, into: u + g)
    g &+= 1
  }
}

/// d_ki ← d_ki + Σ_g w_gk u_gi, g in order, for blocks of rows one after the other.
///
/// - Parameters:
///   - u: the blocks' tiles, `tileStride` vectors apart.
///   - d: the blocks' gradients, `gradientStride` vectors apart.
@_alwaysEmitIntoClient @inline(always)
public func multiplyHiddenGradient(
  _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int, blockCount: Int,
  _ u: UnsafePointer<Floats>, tileStride: Int,
  into d: UnsafeMutablePointer<Floats>, gradientStride: Int, isWide: Bool
) {
  // A stretch of genes short enough that its weights for some k and a block's u stay in the first cache.
  let stretch = 128
  var g = 0
  while g < geneCount {
    let genes = min(stretch, geneCount &- g)
    var k = 0
    while k < inputCount {
      let left = inputCount &- k
      let count = isWide && left >= 12 ? 12 : left >= 6 ? 6 : left >= 4 ? 4 : 1
      let weights = w + (g &* stride &+ k)
      for block in 0..<blockCount {
        let rows = u + (block &* tileStride &+ g)
        let sums = d + (block &* gradientStride &+ k)
        switch count {
        case 12:
          multiplyHiddenGradient12(weights, stride: stride, geneCount: genes, rows, into: sums)
        case 6:
          multiplyHiddenGradient6(weights, stride: stride, geneCount: genes, rows, into: sums)
        case 4:
          multiplyHiddenGradient4(weights, stride: stride, geneCount: genes, rows, into: sums)
        default:
          multiplyHiddenGradient1(weights, stride: stride, geneCount: genes, rows, into: sums)
        }
      }
      k &+= count
    }
    g &+= genes
  }
}
