package import TileKernels

/// The products in bfloat16 on processors without instructions for them: the same bits, more slowly than in single
/// precision.
package struct EmulatedBFloat16Kernels: BFloat16Arithmetic {
  /// As users know the instruction set.
  package var name: String { "emulated BF16" }
  /// The kernels.
  package init() {}

  package func packInputs(
    _ x: UnsafePointer<Floats>, inputCount: Int, into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packInputPairs(EmulatedBFloat16.self, x, inputCount: inputCount, into: pairs)
  }
  package func packRows(
    _ x: UnsafePointer<Float>, stride: Int, order: UnsafePointer<Int32>, pairCount: Int,
    into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packRowPairs(
      EmulatedBFloat16.self, x, stride: stride, order: order, pairCount: pairCount, into: pairs)
  }
  package func packWeights(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int,
    into pairs: UnsafeMutablePointer<Int32>
  ) {
    packLogitWeights(
      EmulatedBFloat16.self, w, stride: stride, geneCount: geneCount, inputCount: inputCount,
      into: pairs)
  }
  package func packWeightsOfGenePairs(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int,
    into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packGeneWeights(EmulatedBFloat16.self, w, stride: stride, geneCount: geneCount, into: pairs)
  }
  package func packDerivatives(
    _ u: UnsafePointer<Floats>, tileStride: Int, geneCount: Int, blockCount: Int,
    _ rows: BFloat16Rows
  ) {
    TileKernels.packDerivatives(
      EmulatedBFloat16.self, u, tileStride: tileStride, geneCount: geneCount,
      blockCount: blockCount,
      rows)
  }
  package func logits(
    _ pairs: UnsafePointer<Int32>, _ w: UnsafePointer<Float>, stride: Int, geneCount: Int,
    inputCount: Int, _ x: UnsafePointer<FloatBits>, into u: UnsafeMutablePointer<Floats>
  ) {
    multiplyLogitsOfPairs(
      EmulatedBFloat16.self, pairs, w, stride: stride, geneCount: geneCount, inputCount: inputCount,
      x,
      into: u)
  }
  package func hiddenGradient(
    _ w: UnsafePointer<Int32>, stride: Int, geneCount: Int, inputCount: Int, blockCount: Int,
    _ u: UnsafePointer<FloatBits>, into d: UnsafeMutablePointer<Floats>
  ) {
    multiplyHiddenGradientOfPairs(
      EmulatedBFloat16.self, w, stride: stride, geneCount: geneCount, inputCount: inputCount,
      blockCount: blockCount, u, into: d)
  }
  package func weightGradient(
    _ rows: BFloat16Rows, _ x: UnsafePointer<FloatBits>, stride: Int, geneCount: Int,
    largestInput: Float, to sums: UnsafeMutablePointer<Int64>
  ) -> Int {
    return multiplyWeightGradientOfPairs(
      EmulatedBFloat16.self, rows, x, stride: stride, geneCount: geneCount,
      largestInput: largestInput, to: sums)
  }
}
