/// The kernels of networks: products, likelihoods and Adam on the tiles of a fused layer, and the hidden layers.
///
/// Vectors travel by pointer only, because how they travel in registers depends on the instruction set.
public protocol NetworkKernels: KernelCopy {
  /// What the copy has beyond the arithmetic of Swift's vectors.
  associatedtype Instructions: VectorInstructions
  /// Whether there are thirty-two vector registers rather than sixteen.
  static var isWide: Bool { get }

  /// See `multiplyLogits`.
  func logits(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int,
    _ x: UnsafePointer<Floats>, into u: UnsafeMutablePointer<Floats>)
  /// See `multiplyHiddenGradient`.
  func hiddenGradient(
    _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, inputCount: Int, blockCount: Int,
    _ u: UnsafePointer<Floats>, tileStride: Int,
    into d: UnsafeMutablePointer<Floats>, gradientStride: Int)
  /// See `multiplyWeightGradient`.
  func weightGradient(
    _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
    geneCount: Int, laneCount: Int, bounds: UnsafePointer<Int>, _ units: GradientUnits,
    largestInput: Float, to sums: UnsafeMutablePointer<Int64>
  ) -> Int
  /// See `multiplyPlainWeightGradient`.
  func plainWeightGradient(
    _ u: UnsafePointer<Float>, tileStride: Int, _ x: UnsafePointer<Float>, stride: Int,
    geneCount: Int, rowCount: Int, to sums: UnsafeMutablePointer<Float>)
  /// See `differentiateZeros`; the loss is written.
  func zeros(
    _ kind: OutputKind, _ u: UnsafeMutablePointer<Floats>, _ excess: UnsafeMutablePointer<Floats>,
    geneCount: Int, dispersions: UnsafePointer<Float>, inverses: UnsafePointer<Float>,
    scale: UnsafePointer<Floats>, stage: UnsafeMutablePointer<Floats>,
    loss: UnsafeMutablePointer<Floats>)
  /// See `differentiateZerosOfSoftmax`; the loss is written.
  func zerosOfSoftmax(
    _ u: UnsafeMutablePointer<Floats>, _ v: UnsafeMutablePointer<Floats>,
    _ excess: UnsafeMutablePointer<Floats>, geneCount: Int, dispersions: UnsafePointer<Float>,
    inverses: UnsafePointer<Float>, scale: UnsafePointer<Floats>, logSum: UnsafePointer<Floats>,
    stage: UnsafeMutablePointer<Floats>, loss: UnsafeMutablePointer<Floats>)
  /// See `differentiateEntries`.
  func entries(_ kind: OutputKind, _ entries: EntryArrays, vectorCount: Int)
  /// See `differentiateLongCounts`; a, k, s become derivative, loss and excess.
  func longCounts(
    _ kind: OutputKind, _ a: UnsafeMutablePointer<Doubles>, _ k: UnsafeMutablePointer<Doubles>,
    _ s: UnsafeMutablePointer<Doubles>, _ r: UnsafePointer<Doubles>, vectorCount: Int)
  /// See `maximumAndSum`.
  func maximumAndSumOf(
    _ u: UnsafePointer<Floats>, geneCount: Int, maximum: UnsafeMutablePointer<Floats>,
    sum: UnsafeMutablePointer<Floats>)
  /// See `combineLogSums`.
  func logSum(
    _ maxima: UnsafePointer<Floats>, _ sums: UnsafePointer<Floats>, count: Int, apart: Int,
    into result: UnsafeMutablePointer<Floats>)
  /// Adds Σ_g v_g.
  func addSum(
    of v: UnsafePointer<Floats>, geneCount: Int, to total: UnsafeMutablePointer<Floats>)
  /// See `subtractMean`.
  func subtract(
    _ v: UnsafeMutablePointer<Floats>, _ p: UnsafePointer<Floats>, geneCount: Int,
    total: UnsafePointer<Floats>)
  /// See `activateTile` and `activateSoftmaxTile`.
  func activate(
    _ kind: OutputKind, _ u: UnsafeMutablePointer<Floats>, geneCount: Int,
    scale: UnsafePointer<Floats>, logSum: UnsafePointer<Floats>)
  /// See `dispersions`.
  func dispersionsOf(
    _ rho: UnsafePointer<Floats>, _ r: UnsafeMutablePointer<Floats>,
    _ inverses: UnsafeMutablePointer<Floats>, vectorCount: Int)
  /// See `addExcess`.
  func dispersionGradient(
    _ excess: UnsafePointer<Float>, tileStride: Int, geneCount: Int, laneCount: Int,
    bounds: UnsafePointer<Int>, dispersions: UnsafePointer<Float>,
    scales: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Int64>, stride: Int, place: Int,
    stage: UnsafeMutablePointer<Floats>
  ) -> Int
  /// See `moveParameters`.
  func move(
    _ step: AdamNumbers, _ theta: UnsafeMutablePointer<Float>, _ m: UnsafeMutablePointer<Float>,
    _ v: UnsafeMutablePointer<Float>, along sums: UnsafePointer<Int64>, unit: Double, count: Int
  ) -> Float
}
