// The matrix products of the output layer on one tile of genes. A legend for this file:
//
//   g gene in the tile        k input of the layer        i row in a block of sixteen
//   w[g · stride + k]         weights, then the bias at k = inputCount
//   x[k · 16 + i]             a block of rows, transposed: sixteen rows side by side
//   u[g · 16 + i]             logits, or derivatives by them
//
// Every output entry is one chain of fused multiply-adds in a fixed order, so its bits do not depend on
// how many entries are computed side by side.

/// Rows of a block.
@_alwaysEmitIntoClient public var blockRows: Int { @inline(__always) get { 16 } }

/// u_gi = b_g + Σ_k w_gk x_ki, k in order.
@_alwaysEmitIntoClient @inline(always)
public func multiplyLogits(
  _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int,
  _ x: UnsafePointer<Floats>, into u: UnsafeMutablePointer<Floats>
) {
  var g = 0
  while g &+ 6 <= geneCount {
    let w0 = w + g &* stride
    let w1 = w0 + stride
    let w2 = w1 + stride
    let w3 = w2 + stride
    let w4 = w3 + stride
    let w5 = w4 + stride
    var u0 = Floats(repeating: w0[inputCount])
    var u1 = Floats(repeating: w1[inputCount])
    var u2 = Floats(repeating: w2[inputCount])
    var u3 = Floats(repeating: w3[inputCount])
    var u4 = Floats(repeating: w4[inputCount])
    var u5 = Floats(repeating: w5[inputCount])
    for k in 0..<inputCount {
      let rows = x[k]
      u0 = u0.addingProduct(Floats(repeating: w0[k]), rows)
      u1 = u1.addingProduct(Floats(repeating: w1[k]), rows)
      u2 = u2.addingProduct(Floats(repeating: w2[k]), rows)
      u3 = u3.addingProduct(Floats(repeating: w3[k]), rows)
      u4 = u4.addingProduct(Floats(repeating: w4[k]), rows)
      u5 = u5.addingProduct(Floats(repeating: w5[k]), rows)
    }
    u[g] = u0
    u[g &+ 1] = u1
    u[g &+ 2] = u2
    u[g &+ 3] = u3
    u[g &+ 4] = u4
    u[g &+ 5] = u5
    g &+= 6
  }
  while g < geneCount {
    let w0 = w + g &* stride
    var u0 = Floats(repeating: w0[inputCount])
    for k in 0..<inputCount { u0 = u0.addingProduct(Floats(repeating: w0[k]), x[k]) }
    u[g] = u0
    g &+= 1
  }
}

/// d_ki ← d_ki + Σ_g w_gk u_gi, g in order, for `kCount` ≤ 6 values of k from w on.
@_alwaysEmitIntoClient @inline(always)
func multiplyHiddenGradient6(
  _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, _ u: UnsafePointer<Floats>,
  into d: UnsafeMutablePointer<Floats>
) {
  var d0 = d[0]
  var d1 = d[1]
  var d2 = d[2]
  var d3 = d[3]
  var d4 = d[4]
  var d5 = d[5]
  var weights = w
  for g in 0..<geneCount {
    let rows = u[g]
    d0 = d0.addingProduct(Floats(repeating: weights[0]), rows)
    d1 = d1.addingProduct(Floats(repeating: weights[1]), rows)
    d2 = d2.addingProduct(Floats(repeating: weights[2]), rows)
    d3 = d3.addingProduct(Floats(repeating: weights[3]), rows)
    d4 = d4.addingProduct(Floats(repeating: weights[4]), rows)
    d5 = d5.addingProduct(Floats(repeating: weights[5]), rows)
    weights += stride
  }
  d[0] = d0
  d[1] = d1
  d[2] = d2
  d[3] = d3
  d[4] = d4
  d[5] = d5
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
  into d: UnsafeMutablePointer<Floats>, gradientStride: Int
) {
  // A stretch of genes short enough that its weights for six k and a block's u stay in the first cache.
  let stretch = 128
  var g = 0
  while g < geneCount {
    let genes = min(stretch, geneCount &- g)
    var k = 0
    while k < inputCount {
      if k &+ 6 <= inputCount {
        for block in 0..<blockCount {
          multiplyHiddenGradient6(
            w + (g &* stride &+ k), stride: stride, geneCount: genes,
            u + (block &* tileStride &+ g), into: d + (block &* gradientStride &+ k))
        }
        k &+= 6
      } else {
        for block in 0..<blockCount {
          let rows = u + (block &* tileStride &+ g)
          var sum = d[block &* gradientStride &+ k]
          var weight = w + (g &* stride &+ k)
          for gene in 0..<genes {
            sum = sum.addingProduct(Floats(repeating: weight[0]), rows[gene])
            weight += stride
          }
          d[block &* gradientStride &+ k] = sum
        }
        k &+= 1
      }
    }
    g &+= genes
  }
}
