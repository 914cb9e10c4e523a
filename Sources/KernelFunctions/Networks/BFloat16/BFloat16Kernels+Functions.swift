/// Each product by its function. `@inline(never)`: in the thunk that a conformance calls the compiler would not inline C
/// instructions; so the code stands in a specialisation of its own for every copy.
extension BFloat16Kernels {
  /// Inputs of sixteen rows in pairs: see `packInputPairs`.
  @_alwaysEmitIntoClient @inline(never)
  public func packInputs(
    _ x: UnsafePointer<Floats>, inputCount: Int, into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packInputPairs(Instructions.self, x, inputCount: inputCount, into: pairs)
  }
  /// Rows in pairs: see `packRowPairs`.
  @_alwaysEmitIntoClient @inline(never)
  public func packRows(
    _ x: UnsafePointer<Float>, stride: Int, order: UnsafePointer<Int32>, pairCount: Int,
    into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packRowPairs(
      Instructions.self, x, stride: stride, order: order, pairCount: pairCount,
      into: pairs)
  }
  /// A gene's weights in pairs: see `packLogitWeights`.
  @_alwaysEmitIntoClient @inline(never)
  public func packWeights(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int,
    into pairs: UnsafeMutablePointer<Int32>
  ) {
    packLogitWeights(
      Instructions.self, w, stride: stride, geneCount: geneCount,
      inputCount: inputCount,
      into: pairs)
  }
  /// The weights of two genes in pairs: see `packGeneWeights`.
  @_alwaysEmitIntoClient @inline(never)
  public func packWeightsOfGenePairs(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int,
    into pairs: UnsafeMutablePointer<FloatBits>
  ) {
    packGeneWeights(
      Instructions.self, w, stride: stride, geneCount: geneCount, into: pairs)
  }
  /// Derivatives in both layouts, those of weights times 2^t_g, and their sizes: see `packDerivatives`.
  @_alwaysEmitIntoClient @inline(never)
  public func packDerivatives(
    _ u: UnsafePointer<Floats>, tileStride: Int, geneCount: Int, blockCount: Int,
    _ rows: BFloat16Rows
  ) {
    KernelFunctions.packDerivatives(
      Instructions.self, u, tileStride: tileStride, geneCount: geneCount,
      blockCount: blockCount,
      rows)
  }
  /// u_gi = b_g + Σ_k w_gk x_ki, k in pairs: see `multiplyLogitsOfPairs`.
  @_alwaysEmitIntoClient @inline(never)
  public func logits(
    _ pairs: UnsafePointer<Int32>, _ w: UnsafePointer<Float>, stride: Int, geneCount: Int,
    inputCount: Int, _ x: UnsafePointer<FloatBits>, into u: UnsafeMutablePointer<Floats>
  ) {
    multiplyLogitsOfPairs(
      Instructions.self, pairs, w, stride: stride, geneCount: geneCount,
      inputCount: inputCount,
      x,
      into: u)
  }
  /// d_ki ← d_ki + Σ_g w_gk u_gi, g in pairs, for blocks of rows one after the other: see
  /// `multiplyHiddenGradientOfPairs`.
  @_alwaysEmitIntoClient @inline(never)
  public func hiddenGradient(
    _ w: UnsafePointer<Int32>, stride: Int, geneCount: Int, inputCount: Int, blockCount: Int,
    _ u: UnsafePointer<FloatBits>, into d: UnsafeMutablePointer<Floats>
  ) {
    multiplyHiddenGradientOfPairs(
      Instructions.self, w, stride: stride, geneCount: geneCount,
      inputCount: inputCount,
      blockCount: blockCount, u, into: d)
  }
  /// sums_gk ← sums_gk + 2^(s_g − t_g) Σ over lanes of round(2^t_g Σ_r u_gr x_rk), r in pairs from zero: see
  /// `multiplyWeightGradientOfPairs`.
  @_alwaysEmitIntoClient @inline(never)
  public func weightGradient(
    _ rows: BFloat16Rows, _ x: UnsafePointer<FloatBits>, stride: Int, geneCount: Int,
    largestInput: Float, to sums: UnsafeMutablePointer<Int64>
  ) -> Int {
    return multiplyWeightGradientOfPairs(
      Instructions.self, rows, x, stride: stride, geneCount: geneCount,
      largestInput: largestInput, to: sums)
  }
}
