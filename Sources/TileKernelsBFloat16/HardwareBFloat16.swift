internal import CTileInstructions
package import TileKernels

/// The instructions of AVX512_BF16.
enum HardwareBFloat16: BFloat16Instructions {
  @inline(__always)
  static func dot(_ sum: Floats, _ a: FloatBits, _ b: FloatBits) -> Floats {
    distfit_dot(sum, a, b)
  }
  @inline(__always)
  static func pack(high: Floats, low: Floats) -> FloatBits { distfit_pack(high, low) }
  @inline(__always)
  static func narrow(_ x: Floats) -> SIMD8<Int32> { distfit_narrow(x) }
  @inline(__always)
  static func nearest(_ x: Floats) -> FloatBits { distfit_nearest(x) }
}

/// Processors with AVX512_BF16, which multiply two pairs of bfloat16 in the time of one pair of floats.
package struct BFloat16Kernels: BFloat16Arithmetic {
  /// As users know the instruction set.
  package var name: String { "AVX-512 BF16" }
  /// The kernels.
  package init() {}

  package func packInputs(
    _ x: UnsafePointer<Floats>, inputCount: Int, into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packInputPairs(HardwareBFloat16.self, x, inputCount: inputCount, into: pairs)
  }
  package func packRows(
    _ x: UnsafePointer<Float>, stride: Int, order: UnsafePointer<Int32>, pairCount: Int,
    into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packRowPairs(
      HardwareBFloat16.self, x, stride: stride, order: order, pairCount: pairCount, into: pairs)
  }
  package func packWeights(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int,
    into pairs: UnsafeMutablePointer<Int32>
  ) {
    packLogitWeights(
      HardwareBFloat16.self, w, stride: stride, geneCount: geneCount, inputCount: inputCount,
      into: pairs)
  }
  package func packWeightsOfGenePairs(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int,
    into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packGeneWeights(HardwareBFloat16.self, w, stride: stride, geneCount: geneCount, into: pairs)
  }
  package func packDerivatives(
    _ u: UnsafePointer<Floats>, tileStride: Int, geneCount: Int, blockCount: Int,
    _ rows: BFloat16Rows
  ) {
    TileKernels.packDerivatives(
      HardwareBFloat16.self, u, tileStride: tileStride, geneCount: geneCount,
      blockCount: blockCount,
      rows)
  }
  package func logits(
    _ pairs: UnsafePointer<Int32>, _ w: UnsafePointer<Float>, stride: Int, geneCount: Int,
    inputCount: Int, _ x: UnsafePointer<FloatBits>, into u: UnsafeMutablePointer<Floats>
  ) {
    multiplyLogitsOfPairs(
      HardwareBFloat16.self, pairs, w, stride: stride, geneCount: geneCount, inputCount: inputCount,
      x,
      into: u)
  }
  package func hiddenGradient(
    _ w: UnsafePointer<Int32>, stride: Int, geneCount: Int, inputCount: Int, blockCount: Int,
    _ u: UnsafePointer<FloatBits>, into d: UnsafeMutablePointer<Floats>
  ) {
    multiplyHiddenGradientOfPairs(
      HardwareBFloat16.self, w, stride: stride, geneCount: geneCount, inputCount: inputCount,
      blockCount: blockCount, u, into: d)
  }
  package func weightGradient(
    _ rows: BFloat16Rows, _ x: UnsafePointer<FloatBits>, stride: Int, geneCount: Int,
    largestInput: Float, to sums: UnsafeMutablePointer<Int64>
  ) -> Int {
    return multiplyWeightGradientOfPairs(
      HardwareBFloat16.self, rows, x, stride: stride, geneCount: geneCount,
      largestInput: largestInput, to: sums)
  }
}
