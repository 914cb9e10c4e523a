// Logits and hidden gradients from pairs: see Products.swift for the legend and for why so many chains run
// side by side.

/// u_gi = b_g + Σ_k w_gk x_ki, k in pairs.
@_alwaysEmitIntoClient @inline(__always)
public func multiplyLogitsOfPairs<I: BFloat16Instructions>(
  _ instructions: I.Type, _ pairs: UnsafePointer<Int32>, _ w: UnsafePointer<Float>, stride: Int,
  geneCount: Int, inputCount: Int, _ x: UnsafePointer<FloatBits>,
  into u: UnsafeMutablePointer<Floats>
) {
  var g = 0
  while g < geneCount {
    let left = geneCount &- g
    let weights = pairs + g &* (stride / 2)
    let biases = w + (g &* stride &+ inputCount)
    let count = (inputCount &+ 1) / 2
    if left >= 12 {
      logitChains(
        I.self, InlineArray<12, Void>.self, weights, biases, stride: stride, pairCount: count, x,
        into: u + g)
      g &+= 12
    } else if left >= 4 {
      logitChains(
        I.self, InlineArray<4, Void>.self, weights, biases, stride: stride, pairCount: count, x,
        into: u + g)
      g &+= 4
    } else {
      logitChains(
        I.self, InlineArray<1, Void>.self, weights, biases, stride: stride, pairCount: count, x,
        into: u + g)
      g &+= 1
    }
  }
}

@_alwaysEmitIntoClient @inline(__always)
func logitChains<I: BFloat16Instructions, let n: Int>(
  _ instructions: I.Type, _ genes: InlineArray<n, Void>.Type, _ w: UnsafePointer<Int32>,
  _ biases: UnsafePointer<Float>, stride: Int, pairCount: Int, _ x: UnsafePointer<FloatBits>,
  into u: UnsafeMutablePointer<Floats>
) {
  var sums = InlineArray<n, Floats>(repeating: Floats(repeating: 0))
  for gene in 0..<n { sums[gene] = Floats(repeating: biases[gene &* stride]) }
  for k in 0..<pairCount {
    let rows = x[k]
    for gene in 0..<n {
      sums[gene] = I.dot(sums[gene], rows, FloatBits(repeating: w[gene &* (stride / 2) &+ k]))
    }
  }
  for gene in 0..<n { u[gene] = sums[gene] }
}

/// d_ki ← d_ki + Σ_g w_gk u_gi, g in pairs, for blocks of rows one after the other.
///
/// - Parameters:
///   - w: pairs of genes, `pairStride(stride)` apart.
///   - u: pairs of genes, `genePairsOfChunk` vectors a block.
///   - d: the blocks' gradients, H vectors a block.
@_alwaysEmitIntoClient @inline(__always)
public func multiplyHiddenGradientOfPairs<I: BFloat16Instructions>(
  _ instructions: I.Type, _ w: UnsafePointer<Int32>, stride: Int, geneCount: Int,
  inputCount: Int, blockCount: Int, _ u: UnsafePointer<FloatBits>,
  into d: UnsafeMutablePointer<Floats>
) {
  let stretch = 64
  let pairCount = (geneCount &+ 1) / 2
  let apart = pairStride(stride)
  var pair = 0
  while pair < pairCount {
    let count = min(stretch, pairCount &- pair)
    var k = 0
    while k < inputCount {
      let left = inputCount &- k
      let weights = w + (pair &* apart &+ k)
      let width = left >= 12 ? 12 : left >= 4 ? 4 : 1
      for block in 0..<blockCount {
        let rows = u + (block &* genePairsOfChunk &+ pair)
        let sums = d + (block &* inputCount &+ k)
        switch width {
        case 12:
          gradientChains(
            I.self, InlineArray<12, Void>.self, weights, apart: apart, count, rows, into: sums)
        case 4:
          gradientChains(
            I.self, InlineArray<4, Void>.self, weights, apart: apart, count, rows, into: sums)
        default:
          gradientChains(
            I.self, InlineArray<1, Void>.self, weights, apart: apart, count, rows, into: sums)
        }
      }
      k &+= width
    }
    pair &+= count
  }
}

@_alwaysEmitIntoClient @inline(__always)
func gradientChains<I: BFloat16Instructions, let n: Int>(
  _ instructions: I.Type, _ inputs: InlineArray<n, Void>.Type, _ w: UnsafePointer<Int32>,
  apart: Int, _ pairCount: Int, _ u: UnsafePointer<FloatBits>,
  into d: UnsafeMutablePointer<Floats>
) {
  var sums = InlineArray<n, Floats>(repeating: Floats(repeating: 0))
  for k in 0..<n { sums[k] = d[k] }
  var weights = w
  for pair in 0..<pairCount {
    let rows = u[pair]
    for k in 0..<n { sums[k] = I.dot(sums[k], rows, FloatBits(repeating: weights[k])) }
    weights += apart
  }
  for k in 0..<n { d[k] = sums[k] }
}
