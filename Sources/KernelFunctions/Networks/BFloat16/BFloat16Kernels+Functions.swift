/// Each product by its function. `@inline(never)`: in the thunk that a conformance calls the compiler would not inline C
/// instructions; so the code stands in a specialisation of its own for every copy.
extension BFloat16Kernels {
  @_alwaysEmitIntoClient @inline(never)
  package func packInputs(
    _ x: UnsafePointer<Floats>, inputCount: Int, into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packInputPairs(Instructions.self, x, inputCount: inputCount, into: pairs)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func packRows(
    _ x: UnsafePointer<Float>, stride: Int, order: UnsafePointer<Int32>, pairCount: Int,
    into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packRowPairs(
      Instructions.self, x, stride: stride, order: order, pairCount: pairCount,
      into: pairs)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func packWeights(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int,
    into pairs: UnsafeMutablePointer<Int32>
  ) {
    packLogitWeights(
      Instructions.self, w, stride: stride, geneCount: geneCount,
      inputCount: inputCount,
      into: pairs)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func packWeightsOfGenePairs(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int,
    into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packGeneWeights(
      Instructions.self, w, stride: stride, geneCount: geneCount, into: pairs)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func packDerivatives(
    _ u: UnsafePointer<Floats>, tileStride: Int, geneCount: Int, blockCount: Int,
    _ rows: BFloat16Rows
  ) {
    KernelFunctions.packDerivatives(
      Instructions.self, u, tileStride: tileStride, geneCount: geneCount,
      blockCount: blockCount,
      rows)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func logits(
    _ pairs: UnsafePointer<Int32>, _ w: UnsafePointer<Float>, stride: Int, geneCount: Int,
    inputCount: Int, _ x: UnsafePointer<FloatBits>, into u: UnsafeMutablePointer<Floats>
  ) {
    multiplyLogitsOfPairs(
      Instructions.self, pairs, w, stride: stride, geneCount: geneCount,
      inputCount: inputCount,
      x,
      into: u)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func hiddenGradient(
    _ w: UnsafePointer<Int32>, stride: Int, geneCount: Int, inputCount: Int, blockCount: Int,
    _ u: UnsafePointer<FloatBits>, into d: UnsafeMutablePointer<Floats>
  ) {
    multiplyHiddenGradientOfPairs(
      Instructions.self, w, stride: stride, geneCount: geneCount,
      inputCount: inputCount,
      blockCount: blockCount, u, into: d)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func weightGradient(
    _ rows: BFloat16Rows, _ x: UnsafePointer<FloatBits>, stride: Int, geneCount: Int,
    largestInput: Float, to sums: UnsafeMutablePointer<Int64>
  ) -> Int {
    return multiplyWeightGradientOfPairs(
      Instructions.self, rows, x, stride: stride, geneCount: geneCount,
      largestInput: largestInput, to: sums)
  }
}
