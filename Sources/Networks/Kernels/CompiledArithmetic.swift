package import TileKernels

/// The kernels of TileKernels, compiled for the instruction set of the module that this file stands in.
///
/// One source, three modules: TileKernelsAVX2 and TileKernelsAVX512 hold links to the CompiledArithmetic files of
/// Networks, which itself is compiled for any processor. What differs stands beside them in each module:
/// `CompiledInstructions`, `isWide`, `instructionSet`, and the name by which others know the module's kernels.
package struct CompiledArithmetic: TileArithmetic {
  /// As users know the instruction set.
  package var name: String { instructionSet }
  /// The kernels of this module.
  package init() {}

  package func logits(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int,
    _ x: UnsafePointer<Floats>, into u: UnsafeMutablePointer<Floats>
  ) {
    multiplyLogits(
      w, stride: stride, geneCount: geneCount, inputCount: inputCount, x, into: u,
      isWide: isWide)
  }
  package func hiddenGradient(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int, blockCount: Int,
    _ u: UnsafePointer<Floats>, tileStride: Int,
    into d: UnsafeMutablePointer<Floats>, gradientStride: Int
  ) {
    multiplyHiddenGradient(
      w, stride: stride, geneCount: geneCount, inputCount: inputCount, blockCount: blockCount, u,
      tileStride: tileStride, into: d, gradientStride: gradientStride, isWide: isWide)
  }
  package func weightGradient(
    _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
    geneCount: Int, laneCount: Int, bounds: UnsafePointer<Int>, _ units: GradientUnits,
    largestInput: Float, to sums: UnsafeMutablePointer<Int64>
  ) -> Int {
    return multiplyWeightGradient(
      CompiledInstructions.self, u, tileStride: tileStride, x, stride: stride, geneCount: geneCount,
      laneCount: laneCount, bounds: bounds, units, largestInput: largestInput, to: sums,
      isWide: isWide)
  }
  package func plainWeightGradient(
    _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
    geneCount: Int, rowCount: Int, to sums: UnsafeMutablePointer<Float>
  ) {
    multiplyPlainWeightGradient(
      u, tileStride: tileStride, x, stride: stride, geneCount: geneCount, rowCount: rowCount,
      to: sums, isWide: isWide)
  }
  package func zeros(
    _ kind: OutputKind, _ tile: OutputTile, dispersions: UnsafePointer<Float>,
    inverses: UnsafePointer<Float>, byRow: Bool, scale: UnsafePointer<Floats>,
    logSum: UnsafePointer<Floats>, loss: UnsafeMutablePointer<Floats>
  ) {
    differentiateZeros(
      CompiledInstructions.self, kind, tile, dispersions: dispersions, inverses: inverses,
      byRow: byRow, scale: scale,
      logSum: logSum, loss: loss)
  }
  package func entries(_ kind: OutputKind, _ entries: EntryArrays, vectorCount: Int) {
    differentiateEntries(CompiledInstructions.self, kind, entries, vectorCount: vectorCount)
  }
  package func inflatedEntries(
    _ kind: OutputKind, _ entries: EntryArrays, _ inflated: InflatedEntries, vectorCount: Int
  ) {
    differentiateInflatedEntries(
      CompiledInstructions.self, kind, entries, inflated, vectorCount: vectorCount)
  }
  package func longCounts(_ kind: OutputKind, _ arrays: LongCountArrays, vectorCount: Int) {
    differentiateLongCounts(CompiledInstructions.self, kind, arrays, vectorCount: vectorCount)
  }
  package func maximumAndSumOf(
    _ u: UnsafePointer<Floats>, geneCount: Int, maximum: UnsafeMutablePointer<Floats>,
    sum: UnsafeMutablePointer<Floats>
  ) {
    let result = maximumAndSum(u, geneCount: geneCount)
    maximum[0] = result.maximum
    sum[0] = result.sum
  }
  package func logSum(
    _ maxima: UnsafePointer<Floats>, _ sums: UnsafePointer<Floats>, count: Int, apart: Int,
    into result: UnsafeMutablePointer<Floats>
  ) {
    result[0] = combineLogSums(maxima, sums, count: count, apart: apart)
  }
  package func addSum(
    of v: UnsafePointer<Floats>, geneCount: Int, to total: UnsafeMutablePointer<Floats>
  ) {
    total[0] += sumOverGenes(v, geneCount: geneCount)
  }
  package func subtract(
    _ v: UnsafeMutablePointer<Floats>, _ p: UnsafePointer<Floats>, geneCount: Int,
    total: UnsafePointer<Floats>
  ) {
    subtractMean(v, p, geneCount: geneCount, total: total[0])
  }
  package func activate(
    _ kind: OutputKind, _ u: UnsafeMutablePointer<Floats>, geneCount: Int,
    scale: UnsafePointer<Floats>, logSum: UnsafePointer<Floats>
  ) {
    activateTile(
      CompiledInstructions.self, kind, u, geneCount: geneCount, scale: scale, logSum: logSum)
  }
  package func dispersionsOf(
    _ rho: UnsafePointer<Floats>, smallest: Float, vectorCount: Int, into result: DispersionArrays
  ) {
    dispersions(rho, smallest: smallest, vectorCount: vectorCount, into: result)
  }
  package func spread(
    _ numbers: UnsafePointer<Float>, groupStride: Int, groups: UnsafePointer<Int32>,
    geneCount: Int, into rows: UnsafeMutablePointer<Floats>
  ) {
    spreadGroups(
      numbers, groupStride: groupStride, groups: groups, geneCount: geneCount, into: rows)
  }
  package func dispersionGradient(
    _ excess: UnsafePointer<Float>, tileStride: Int, geneCount: Int, laneCount: Int,
    bounds: UnsafePointer<Int>, _ members: DispersionRows, slopes: UnsafePointer<Float>,
    scales: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Int64>, stride: Int, place: Int,
    stage: UnsafeMutablePointer<Floats>
  ) -> Int {
    return addExcess(
      excess, tileStride: tileStride, geneCount: geneCount, laneCount: laneCount, bounds: bounds,
      members, slopes: slopes, scales: scales, to: sums, stride: stride, place: place,
      stage: stage)
  }
  package func move(
    _ step: AdamNumbers, _ theta: UnsafeMutablePointer<Float>, _ m: UnsafeMutablePointer<Float>,
    _ v: UnsafeMutablePointer<Float>, along sums: UnsafePointer<Int64>, unit: Double, count: Int
  ) -> Float {
    return moveParameters(
      CompiledInstructions.self, step, theta, m, v, along: sums, unit: unit, count: count)
  }
}
