package import TileKernels

/// The products in bfloat16, compiled for the module that this file stands in: TileKernelsBFloat16, or TileKernelsAVX2
/// through a link. What differs stands beside it: `CompiledBFloat16Instructions` and `bfloat16InstructionSet`.
package struct CompiledBFloat16: BFloat16Arithmetic {
  /// As users know the instruction set.
  package var name: String { bfloat16InstructionSet }
  /// The kernels of this module.
  package init() {}

  package func packInputs(
    _ x: UnsafePointer<Floats>, inputCount: Int, into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packInputPairs(CompiledBFloat16Instructions.self, x, inputCount: inputCount, into: pairs)
  }
  package func packRows(
    _ x: UnsafePointer<Float>, stride: Int, order: UnsafePointer<Int32>, pairCount: Int,
    into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packRowPairs(
      CompiledBFloat16Instructions.self, x, stride: stride, order: order, pairCount: pairCount,
      into: pairs)
  }
  package func packWeights(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int,
    into pairs: UnsafeMutablePointer<Int32>
  ) {
    packLogitWeights(
      CompiledBFloat16Instructions.self, w, stride: stride, geneCount: geneCount,
      inputCount: inputCount,
      into: pairs)
  }
  package func packWeightsOfGenePairs(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int,
    into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packGeneWeights(
      CompiledBFloat16Instructions.self, w, stride: stride, geneCount: geneCount, into: pairs)
  }
  package func packDerivatives(
    _ u: UnsafePointer<Floats>, tileStride: Int, geneCount: Int, blockCount: Int,
    _ rows: BFloat16Rows
  ) {
    TileKernels.packDerivatives(
      CompiledBFloat16Instructions.self, u, tileStride: tileStride, geneCount: geneCount,
      blockCount: blockCount,
      rows)
  }
  package func logits(
    _ pairs: UnsafePointer<Int32>, _ w: UnsafePointer<Float>, stride: Int, geneCount: Int,
    inputCount: Int, _ x: UnsafePointer<FloatBits>, into u: UnsafeMutablePointer<Floats>
  ) {
    multiplyLogitsOfPairs(
      CompiledBFloat16Instructions.self, pairs, w, stride: stride, geneCount: geneCount,
      inputCount: inputCount,
      x,
      into: u)
  }
  package func hiddenGradient(
    _ w: UnsafePointer<Int32>, stride: Int, geneCount: Int, inputCount: Int, blockCount: Int,
    _ u: UnsafePointer<FloatBits>, into d: UnsafeMutablePointer<Floats>
  ) {
    multiplyHiddenGradientOfPairs(
      CompiledBFloat16Instructions.self, w, stride: stride, geneCount: geneCount,
      inputCount: inputCount,
      blockCount: blockCount, u, into: d)
  }
  package func weightGradient(
    _ rows: BFloat16Rows, _ x: UnsafePointer<FloatBits>, stride: Int, geneCount: Int,
    largestInput: Float, to sums: UnsafeMutablePointer<Int64>
  ) -> Int {
    return multiplyWeightGradientOfPairs(
      CompiledBFloat16Instructions.self, rows, x, stride: stride, geneCount: geneCount,
      largestInput: largestInput, to: sums)
  }
}
