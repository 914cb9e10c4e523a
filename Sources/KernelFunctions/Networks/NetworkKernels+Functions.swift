/// Each kernel by its function. `@inline(never)`: in the thunk that a conformance calls the compiler would not inline C
/// instructions; so the code stands in a specialisation of its own for every copy.
extension NetworkKernels {
  /// u_gi = b_g + Σ_k w_gk x_ki, k in order: see `multiplyLogits`.
  @_alwaysEmitIntoClient @inline(never)
  public func logits(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int,
    _ x: UnsafePointer<Floats>, into u: UnsafeMutablePointer<Floats>
  ) {
    multiplyLogits(
      w, stride: stride, geneCount: geneCount, inputCount: inputCount, x, into: u,
      isWide: Self.isWide)
  }
  /// d_ki ← d_ki + Σ_g w_gk u_gi, g in order, for blocks of rows one after the other: see `multiplyHiddenGradient`.
  @_alwaysEmitIntoClient @inline(never)
  public func hiddenGradient(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int, blockCount: Int,
    _ u: UnsafePointer<Floats>, tileStride: Int,
    into d: UnsafeMutablePointer<Floats>, gradientStride: Int
  ) {
    multiplyHiddenGradient(
      w, stride: stride, geneCount: geneCount, inputCount: inputCount, blockCount: blockCount, u,
      tileStride: tileStride, into: d, gradientStride: gradientStride, isWide: Self.isWide)
  }
  /// sums_gk ← sums_gk + 2^(s_g − t_g) Σ over lanes of round(2^t_g Σ_r u_gr x_rk), r in order from zero: see
  /// `multiplyWeightGradient`.
  @_alwaysEmitIntoClient @inline(never)
  public func weightGradient(
    _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
    geneCount: Int, laneCount: Int, bounds: UnsafePointer<Int>, _ units: GradientUnits,
    largestInput: Float, to sums: UnsafeMutablePointer<Int64>
  ) -> Int {
    return multiplyWeightGradient(
      Instructions.self, u, tileStride: tileStride, x, stride: stride, geneCount: geneCount,
      laneCount: laneCount, bounds: bounds, units, largestInput: largestInput, to: sums,
      isWide: Self.isWide)
  }
  /// The weights' gradient in plain floats, whatever the lanes: see `multiplyPlainWeightGradient`.
  @_alwaysEmitIntoClient @inline(never)
  public func plainWeightGradient(
    _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
    geneCount: Int, rowCount: Int, to sums: UnsafeMutablePointer<Float>
  ) {
    multiplyPlainWeightGradient(
      u, tileStride: tileStride, x, stride: stride, geneCount: geneCount, rowCount: rowCount,
      to: sums, isWide: Self.isWide)
  }
  /// Derivatives of a tile as if all its values were zero, as `OutputTile` says: see `differentiateZeros`.
  @_alwaysEmitIntoClient @inline(never)
  public func zeros(
    _ kind: OutputKind, _ tile: OutputTile, dispersions: UnsafePointer<Float>,
    inverses: UnsafePointer<Float>, byRow: Bool, scale: UnsafePointer<Floats>,
    logSum: UnsafePointer<Floats>, loss: UnsafeMutablePointer<Floats>
  ) {
    differentiateZeros(
      Instructions.self, kind, tile, dispersions: dispersions, inverses: inverses,
      byRow: byRow, scale: scale,
      logSum: logSum, loss: loss)
  }
  /// Replaces the gathered arrays by what the entries change, sixteen at a time: see `differentiateEntries`.
  @_alwaysEmitIntoClient @inline(never)
  public func entries(_ kind: OutputKind, _ entries: EntryArrays, vectorCount: Int) {
    differentiateEntries(Instructions.self, kind, entries, vectorCount: vectorCount)
  }
  /// What zero inflation changes for gathered entries, before `differentiateEntries` replaces them: see
  /// `differentiateInflatedEntries`.
  @_alwaysEmitIntoClient @inline(never)
  public func inflatedEntries(
    _ kind: OutputKind, _ entries: EntryArrays, _ inflated: InflatedEntries, vectorCount: Int
  ) {
    differentiateInflatedEntries(
      Instructions.self, kind, entries, inflated, vectorCount: vectorCount)
  }
  /// Long counts, in double precision: see `differentiateLongCounts`.
  @_alwaysEmitIntoClient @inline(never)
  public func longCounts(_ kind: OutputKind, _ arrays: LongCountArrays, vectorCount: Int) {
    differentiateLongCounts(Instructions.self, kind, arrays, vectorCount: vectorCount)
  }
  /// The largest logit of each row, and Σ e^(a − largest): see `maximumAndSum`.
  @_alwaysEmitIntoClient @inline(never)
  public func maximumAndSumOf(
    _ u: UnsafePointer<Floats>, geneCount: Int, maximum: UnsafeMutablePointer<Floats>,
    sum: UnsafeMutablePointer<Floats>
  ) {
    let result = maximumAndSum(u, geneCount: geneCount)
    maximum[0] = result.maximum
    sum[0] = result.sum
  }
  /// log Σ eᵃ of each row from the chunks' largest logits and sums, chunks in order: see `combineLogSums`.
  @_alwaysEmitIntoClient @inline(never)
  public func logSum(
    _ maxima: UnsafePointer<Floats>, _ sums: UnsafePointer<Floats>, count: Int, apart: Int,
    into result: UnsafeMutablePointer<Floats>
  ) {
    result[0] = combineLogSums(maxima, sums, count: count, apart: apart)
  }
  /// Adds Σ_g v_g.
  @_alwaysEmitIntoClient @inline(never)
  public func addSum(
    of v: UnsafePointer<Floats>, geneCount: Int, to total: UnsafeMutablePointer<Floats>
  ) {
    total[0] += sumOverGenes(v, geneCount: geneCount)
  }
  /// v becomes v − p Σ v: see `subtractMean`.
  @_alwaysEmitIntoClient @inline(never)
  public func subtract(
    _ v: UnsafeMutablePointer<Floats>, _ p: UnsafePointer<Floats>, geneCount: Int,
    total: UnsafePointer<Floats>
  ) {
    subtractMean(v, p, geneCount: geneCount, total: total[0])
  }
  /// Replaces logits by means s y(a), or by the probability for `bernoulli`: see `activateTile`.
  @_alwaysEmitIntoClient @inline(never)
  public func activate(
    _ kind: OutputKind, _ u: UnsafeMutablePointer<Floats>, geneCount: Int,
    scale: UnsafePointer<Floats>, logSum: UnsafePointer<Floats>
  ) {
    activateTile(
      Instructions.self, kind, u, geneCount: geneCount, scale: scale, logSum: logSum)
  }
  /// r = c + e^ρ, with c = 1 or 0, 1/r and ∂r/∂ρ = r − c: see `dispersions`.
  @_alwaysEmitIntoClient @inline(never)
  public func dispersionsOf(
    _ rho: UnsafePointer<Floats>, smallest: Float, vectorCount: Int, into result: DispersionArrays
  ) {
    dispersions(rho, smallest: smallest, vectorCount: vectorCount, into: result)
  }
  /// Lays numbers by group of rows and gene out by gene and row, for sixteen rows: see `spreadGroups`.
  @_alwaysEmitIntoClient @inline(never)
  public func spread(
    _ numbers: UnsafePointer<Float>, groupStride: Int, groups: UnsafePointer<Int32>,
    geneCount: Int, into rows: UnsafeMutablePointer<Floats>
  ) {
    spreadGroups(
      numbers, groupStride: groupStride, groups: groups, geneCount: geneCount, into: rows)
  }
  /// Adds r′_g Σ_i excess_gi 2^s_g, over those of each lane's rows that are members, to the dispersion's place: see
  /// `addExcess`.
  @_alwaysEmitIntoClient @inline(never)
  public func dispersionGradient(
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
  /// Adam on `count` parameters (a multiple of 8) whose gradient is `sums` · `unit`: see `moveParameters`.
  @_alwaysEmitIntoClient @inline(never)
  public func move(
    _ step: AdamNumbers, _ theta: UnsafeMutablePointer<Float>, _ m: UnsafeMutablePointer<Float>,
    _ v: UnsafeMutablePointer<Float>, along sums: UnsafePointer<Int64>, unit: Double, count: Int
  ) -> Float {
    return moveParameters(
      Instructions.self, step, theta, m, v, along: sums, unit: unit, count: count)
  }
}
