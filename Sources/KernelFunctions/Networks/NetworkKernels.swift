/// The kernels of networks: products, likelihoods and Adam on the tiles of a fused layer, and the hidden layers.
///
/// Vectors travel by pointer only, because how they travel in registers depends on the instruction set.
public protocol NetworkKernels: KernelCopy {
  /// What the copy has beyond the arithmetic of Swift's vectors.
  associatedtype Instructions: VectorInstructions
  /// Whether there are thirty-two vector registers rather than sixteen.
  static var isWide: Bool { get }

  /// u_gi = b_g + Σ_k w_gk x_ki, k in order: see `multiplyLogits`.
  func logits(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int,
    _ x: UnsafePointer<Floats>, into u: UnsafeMutablePointer<Floats>)
  /// d_ki ← d_ki + Σ_g w_gk u_gi, g in order, for blocks of rows one after the other: see `multiplyHiddenGradient`.
  func hiddenGradient(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int, blockCount: Int,
    _ u: UnsafePointer<Floats>, tileStride: Int,
    into d: UnsafeMutablePointer<Floats>, gradientStride: Int)
  /// sums_gk ← sums_gk + 2^(s_g − t_g) Σ over lanes of round(2^t_g Σ_r u_gr x_rk), r in order from zero: see
  /// `multiplyWeightGradient`.
  func weightGradient(
    _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
    geneCount: Int, laneCount: Int, bounds: UnsafePointer<Int>, _ units: GradientUnits,
    largestInput: Float, to sums: UnsafeMutablePointer<Int64>
  ) -> Int
  /// The weights' gradient in plain floats, whatever the lanes: see `multiplyPlainWeightGradient`.
  func plainWeightGradient(
    _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
    geneCount: Int, rowCount: Int, to sums: UnsafeMutablePointer<Float>)
  /// Derivatives of a tile as if all its values were zero, as `OutputTile` says: see `differentiateZeros`.
  func zeros(
    _ kind: OutputKind, _ tile: OutputTile, dispersions: UnsafePointer<Float>,
    inverses: UnsafePointer<Float>, byRow: Bool, scale: UnsafePointer<Floats>,
    logSum: UnsafePointer<Floats>, loss: UnsafeMutablePointer<Floats>)
  /// Replaces the gathered arrays by what the entries change, sixteen at a time: see `differentiateEntries`.
  func entries(_ kind: OutputKind, _ entries: EntryArrays, vectorCount: Int)
  /// What zero inflation changes for gathered entries, before `differentiateEntries` replaces them: see
  /// `differentiateInflatedEntries`.
  func inflatedEntries(
    _ kind: OutputKind, _ entries: EntryArrays, _ inflated: InflatedEntries, vectorCount: Int)
  /// Long counts, in double precision: see `differentiateLongCounts`.
  func longCounts(_ kind: OutputKind, _ arrays: LongCountArrays, vectorCount: Int)
  /// The largest logit of each row, and Σ e^(a − largest): see `maximumAndSum`.
  func maximumAndSumOf(
    _ u: UnsafePointer<Floats>, geneCount: Int, maximum: UnsafeMutablePointer<Floats>,
    sum: UnsafeMutablePointer<Floats>)
  /// log Σ eᵃ of each row from the chunks' largest logits and sums, chunks in order: see `combineLogSums`.
  func logSum(
    _ maxima: UnsafePointer<Floats>, _ sums: UnsafePointer<Floats>, count: Int, apart: Int,
    into result: UnsafeMutablePointer<Floats>)
  /// Adds Σ_g v_g.
  func addSum(
    of v: UnsafePointer<Floats>, geneCount: Int, to total: UnsafeMutablePointer<Floats>)
  /// v becomes v − p Σ v: see `subtractMean`.
  func subtract(
    _ v: UnsafeMutablePointer<Floats>, _ p: UnsafePointer<Floats>, geneCount: Int,
    total: UnsafePointer<Floats>)
  /// Replaces logits by means s y(a), or by the probability for `bernoulli`: see `activateTile`.
  func activate(
    _ kind: OutputKind, _ u: UnsafeMutablePointer<Floats>, geneCount: Int,
    scale: UnsafePointer<Floats>, logSum: UnsafePointer<Floats>)
  /// r = c + e^ρ, with c = 1 or 0, 1/r and ∂r/∂ρ = r − c: see `dispersions`.
  func dispersionsOf(
    _ rho: UnsafePointer<Floats>, smallest: Float, vectorCount: Int, into result: DispersionArrays)
  /// Lays numbers by group of rows and gene out by gene and row, for sixteen rows: see `spreadGroups`.
  func spread(
    _ numbers: UnsafePointer<Float>, groupStride: Int, groups: UnsafePointer<Int32>,
    geneCount: Int, into rows: UnsafeMutablePointer<Floats>)
  /// Adds r′_g Σ_i excess_gi 2^s_g, over those of each lane's rows that are members, to the dispersion's place: see
  /// `addExcess`.
  func dispersionGradient(
    _ excess: UnsafePointer<Float>, tileStride: Int, geneCount: Int, laneCount: Int,
    bounds: UnsafePointer<Int>, _ members: DispersionRows, slopes: UnsafePointer<Float>,
    scales: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Int64>, stride: Int, place: Int,
    stage: UnsafeMutablePointer<Floats>
  ) -> Int
  /// Adam on `count` parameters (a multiple of 8) whose gradient is `sums` · `unit`: see `moveParameters`.
  func move(
    _ step: AdamNumbers, _ theta: UnsafeMutablePointer<Float>, _ m: UnsafeMutablePointer<Float>,
    _ v: UnsafeMutablePointer<Float>, along sums: UnsafePointer<Int64>, unit: Double, count: Int
  ) -> Float
}
