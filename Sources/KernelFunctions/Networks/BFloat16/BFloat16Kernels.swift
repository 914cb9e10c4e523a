/// The three products of a training step with factors rounded to bfloat16 and sums in single precision,
/// bit by bit the same in every copy.
///
/// | Layout | Shape | What |
/// |---|---|---|
/// | inputs of logits | [block][⌈H/2⌉] × 16 rows | inputs 2k, 2k + 1 of a row in a pair |
/// | inputs of weights | [pair][⌈S/16⌉] × 16 inputs | two rows of a lane in a pair |
/// | weights of logits | [gene][S/2] | inputs 2k, 2k + 1 in a pair |
/// | weights of hidden gradients | [gene/2][`pairStride`] | genes 2g, 2g + 1 in a pair |
/// | derivatives of hidden gradients | [block][128] × 16 rows | genes 2g, 2g + 1 in a pair |
/// | derivatives of weights | [gene][`rowStride`] | two rows of a lane in a pair |
public protocol BFloat16Kernels: KernelCopy {
  /// Products and conversions of bfloat16.
  associatedtype Instructions: BFloat16Instructions

  /// Inputs of sixteen rows in pairs: see `packInputPairs`.
  func packInputs(
    _ x: UnsafePointer<Floats>, inputCount: Int, into pairs: UnsafeMutablePointer<FloatBits>)
  /// Rows in pairs: see `packRowPairs`.
  func packRows(
    _ x: UnsafePointer<Float>, stride: Int, order: UnsafePointer<Int32>, pairCount: Int,
    into pairs: UnsafeMutablePointer<FloatBits>)
  /// A gene's weights in pairs: see `packLogitWeights`.
  func packWeights(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int,
    into pairs: UnsafeMutablePointer<Int32>)
  /// The weights of two genes in pairs: see `packGeneWeights`.
  func packWeightsOfGenePairs(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int,
    into pairs: UnsafeMutablePointer<FloatBits>)
  /// Derivatives in both layouts, those of weights times 2^t_g, and their sizes: see `packDerivatives`.
  func packDerivatives(
    _ u: UnsafePointer<Floats>, tileStride: Int, geneCount: Int, blockCount: Int,
    _ rows: BFloat16Rows)
  /// u_gi = b_g + Σ_k w_gk x_ki, k in pairs: see `multiplyLogitsOfPairs`.
  func logits(
    _ pairs: UnsafePointer<Int32>, _ w: UnsafePointer<Float>, stride: Int, geneCount: Int,
    inputCount: Int, _ x: UnsafePointer<FloatBits>, into u: UnsafeMutablePointer<Floats>)
  /// d_ki ← d_ki + Σ_g w_gk u_gi, g in pairs, for blocks of rows one after the other: see
  /// `multiplyHiddenGradientOfPairs`.
  func hiddenGradient(
    _ w: UnsafePointer<Int32>, stride: Int, geneCount: Int, inputCount: Int, blockCount: Int,
    _ u: UnsafePointer<FloatBits>, into d: UnsafeMutablePointer<Floats>)
  /// sums_gk ← sums_gk + 2^(s_g − t_g) Σ over lanes of round(2^t_g Σ_r u_gr x_rk), r in pairs from zero: see
  /// `multiplyWeightGradientOfPairs`.
  func weightGradient(
    _ rows: BFloat16Rows, _ x: UnsafePointer<FloatBits>, stride: Int, geneCount: Int,
    largestInput: Float, to sums: UnsafeMutablePointer<Int64>
  ) -> Int
}

/// Derivatives of a group of rows on a chunk of genes, packed, with what tells how they are counted.
@frozen public struct BFloat16Rows {
  /// Genes in pairs: [block][128] × 16 rows.
  public let genePairs: UnsafeMutablePointer<FloatBits>
  /// Rows in pairs: [gene][rowStride], and eight more.
  public let rowPairs: UnsafeMutablePointer<Int32>
  /// Pairs of rows that a gene has room for, a multiple of eight.
  public let rowStride: Int
  /// In what gradients are counted.
  public let units: GradientUnits
  /// Lanes of the group.
  public let laneCount: Int
  /// Rows of each lane.
  public let laneSizes: UnsafePointer<Int>
  /// Pairs of each lane: lane l has pairs bounds[l] ..< bounds[l + 1].
  public let bounds: UnsafePointer<Int>
  /// Whether each row is where it would be without lanes.
  public let isInOrder: Bool

  /// All of them together.
  public init(
    genePairs: UnsafeMutablePointer<FloatBits>, rowPairs: UnsafeMutablePointer<Int32>,
    rowStride: Int, units: GradientUnits, laneCount: Int,
    laneSizes: UnsafePointer<Int>, bounds: UnsafePointer<Int>, isInOrder: Bool
  ) {
    self.genePairs = genePairs
    self.rowPairs = rowPairs
    self.rowStride = rowStride
    self.units = units
    self.laneCount = laneCount
    self.laneSizes = laneSizes
    self.bounds = bounds
    self.isInOrder = isInOrder
  }
}

/// Pairs of genes of a chunk.
@_alwaysEmitIntoClient public var genePairsOfChunk: Int { @inline(__always) get { 128 } }

/// Numbers between two pairs of genes in `packGeneWeights`: S, filled up to a multiple of sixteen.
@_alwaysEmitIntoClient @inline(__always)
public func pairStride(_ stride: Int) -> Int { (stride &+ 15) & ~15 }
