/// Each kernel by its function. `@inline(never)`: in the thunk that a conformance calls the compiler would not inline C
/// instructions; so the code stands in a specialisation of its own for every copy.
extension NetworkKernels {
  @_alwaysEmitIntoClient @inline(never)
  package func logits(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int,
    _ x: UnsafePointer<Floats>, into u: UnsafeMutablePointer<Floats>
  ) {
    multiplyLogits(
      w, stride: stride, geneCount: geneCount, inputCount: inputCount, x, into: u,
      isWide: Self.isWide)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func hiddenGradient(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int, blockCount: Int,
    _ u: UnsafePointer<Floats>, tileStride: Int,
    into d: UnsafeMutablePointer<Floats>, gradientStride: Int
  ) {
    multiplyHiddenGradient(
      w, stride: stride, geneCount: geneCount, inputCount: inputCount, blockCount: blockCount, u,
      tileStride: tileStride, into: d, gradientStride: gradientStride, isWide: Self.isWide)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func weightGradient(
    _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
    geneCount: Int, laneCount: Int, bounds: UnsafePointer<Int>, _ units: GradientUnits,
    largestInput: Float, to sums: UnsafeMutablePointer<Int64>
  ) -> Int {
    return multiplyWeightGradient(
      Instructions.self, u, tileStride: tileStride, x, stride: stride, geneCount: geneCount,
      laneCount: laneCount, bounds: bounds, units, largestInput: largestInput, to: sums,
      isWide: Self.isWide)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func plainWeightGradient(
    _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
    geneCount: Int, rowCount: Int, to sums: UnsafeMutablePointer<Float>
  ) {
    multiplyPlainWeightGradient(
      u, tileStride: tileStride, x, stride: stride, geneCount: geneCount, rowCount: rowCount,
      to: sums, isWide: Self.isWide)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func zeros(
    _ kind: OutputKind, _ u: UnsafeMutablePointer<Floats>, _ excess: UnsafeMutablePointer<Floats>,
    geneCount: Int, dispersions: UnsafePointer<Float>, inverses: UnsafePointer<Float>,
    scale: UnsafePointer<Floats>, stage: UnsafeMutablePointer<Floats>,
    loss: UnsafeMutablePointer<Floats>
  ) {
    loss[0] = differentiateZeros(
      kind, u, excess, geneCount: geneCount, dispersions: dispersions, inverses: inverses,
      scale: scale[0], stage: stage)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func zerosOfSoftmax(
    _ u: UnsafeMutablePointer<Floats>, _ v: UnsafeMutablePointer<Floats>,
    _ excess: UnsafeMutablePointer<Floats>, geneCount: Int, dispersions: UnsafePointer<Float>,
    inverses: UnsafePointer<Float>, scale: UnsafePointer<Floats>, logSum: UnsafePointer<Floats>,
    stage: UnsafeMutablePointer<Floats>, loss: UnsafeMutablePointer<Floats>
  ) {
    loss[0] = differentiateZerosOfSoftmax(
      u, v, excess, geneCount: geneCount, dispersions: dispersions, inverses: inverses,
      scale: scale[0], logSum: logSum[0], stage: stage)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func entries(_ kind: OutputKind, _ entries: EntryArrays, vectorCount: Int) {
    differentiateEntries(kind, entries, vectorCount: vectorCount)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func longCounts(
    _ kind: OutputKind, _ a: UnsafeMutablePointer<Doubles>, _ k: UnsafeMutablePointer<Doubles>,
    _ s: UnsafeMutablePointer<Doubles>, _ r: UnsafePointer<Doubles>, vectorCount: Int
  ) {
    for j in 0..<vectorCount {
      let terms = differentiateLongCounts(
        kind, logit: a[j], count: k[j], scale: s[j], dispersion: r[j])
      a[j] = terms.derivative
      k[j] = terms.loss
      s[j] = terms.excess
    }
  }
  @_alwaysEmitIntoClient @inline(never)
  package func maximumAndSumOf(
    _ u: UnsafePointer<Floats>, geneCount: Int, maximum: UnsafeMutablePointer<Floats>,
    sum: UnsafeMutablePointer<Floats>
  ) {
    let result = maximumAndSum(u, geneCount: geneCount)
    maximum[0] = result.maximum
    sum[0] = result.sum
  }
  @_alwaysEmitIntoClient @inline(never)
  package func logSum(
    _ maxima: UnsafePointer<Floats>, _ sums: UnsafePointer<Floats>, count: Int, apart: Int,
    into result: UnsafeMutablePointer<Floats>
  ) {
    result[0] = combineLogSums(maxima, sums, count: count, apart: apart)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func addSum(
    of v: UnsafePointer<Floats>, geneCount: Int, to total: UnsafeMutablePointer<Floats>
  ) {
    total[0] += sumOverGenes(v, geneCount: geneCount)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func subtract(
    _ v: UnsafeMutablePointer<Floats>, _ p: UnsafePointer<Floats>, geneCount: Int,
    total: UnsafePointer<Floats>
  ) {
    subtractMean(v, p, geneCount: geneCount, total: total[0])
  }
  @_alwaysEmitIntoClient @inline(never)
  package func activate(
    _ kind: OutputKind, _ u: UnsafeMutablePointer<Floats>, geneCount: Int,
    scale: UnsafePointer<Floats>, logSum: UnsafePointer<Floats>
  ) {
    if case .negativeBinomialSoftmax = kind {
      activateSoftmaxTile(u, geneCount: geneCount, scale: scale[0], logSum: logSum[0])
    } else {
      activateTile(kind, u, geneCount: geneCount, scale: scale[0])
    }
  }
  @_alwaysEmitIntoClient @inline(never)
  package func dispersionsOf(
    _ rho: UnsafePointer<Floats>, _ r: UnsafeMutablePointer<Floats>,
    _ inverses: UnsafeMutablePointer<Floats>, vectorCount: Int
  ) {
    dispersions(rho, r, inverses, vectorCount: vectorCount)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func dispersionGradient(
    _ excess: UnsafePointer<Float>, tileStride: Int, geneCount: Int, laneCount: Int,
    bounds: UnsafePointer<Int>, dispersions: UnsafePointer<Float>,
    scales: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Int64>, stride: Int, place: Int,
    stage: UnsafeMutablePointer<Floats>
  ) -> Int {
    return addExcess(
      excess, tileStride: tileStride, geneCount: geneCount, laneCount: laneCount, bounds: bounds,
      dispersions: dispersions, scales: scales, to: sums, stride: stride, place: place,
      stage: stage)
  }
  @_alwaysEmitIntoClient @inline(never)
  package func move(
    _ step: AdamNumbers, _ theta: UnsafeMutablePointer<Float>, _ m: UnsafeMutablePointer<Float>,
    _ v: UnsafeMutablePointer<Float>, along sums: UnsafePointer<Int64>, unit: Double, count: Int
  ) -> Float {
    return moveParameters(
      Instructions.self, step, theta, m, v, along: sums, unit: unit, count: count)
  }
}
