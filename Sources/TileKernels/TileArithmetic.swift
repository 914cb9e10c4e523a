/// The kernels of the output layer, compiled for one instruction set.
///
/// Conformers differ in nothing but what they are compiled for: the functions of this module are inlined
/// into theirs. All give the same bits. Vectors travel by pointer only,
/// because how they travel in registers depends on the instruction set.
public protocol TileArithmetic: Sendable {
  /// As users know the instruction set.
  var name: String { get }

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
  /// See `differentiateZeros`.
  func zeros(
    _ kind: OutputKind, _ tile: OutputTile, dispersions: UnsafePointer<Float>,
    inverses: UnsafePointer<Float>, byRow: Bool, scale: UnsafePointer<Floats>,
    logSum: UnsafePointer<Floats>, loss: UnsafeMutablePointer<Floats>)
  /// See `differentiateEntries`.
  func entries(_ kind: OutputKind, _ entries: EntryArrays, vectorCount: Int)
  /// See `differentiateInflatedEntries`.
  func inflatedEntries(
    _ kind: OutputKind, _ entries: EntryArrays, _ inflated: InflatedEntries, vectorCount: Int)
  /// See `differentiateLongCounts`.
  func longCounts(_ kind: OutputKind, _ arrays: LongCountArrays, vectorCount: Int)
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
  /// See `activateTile`.
  func activate(
    _ kind: OutputKind, _ u: UnsafeMutablePointer<Floats>, geneCount: Int,
    scale: UnsafePointer<Floats>, logSum: UnsafePointer<Floats>)
  /// See `dispersions`.
  func dispersionsOf(
    _ rho: UnsafePointer<Floats>, smallest: Float, vectorCount: Int, into result: DispersionArrays)
  /// See `spreadGroups`.
  func spread(
    _ numbers: UnsafePointer<Float>, groupStride: Int, groups: UnsafePointer<Int32>,
    geneCount: Int, into rows: UnsafeMutablePointer<Floats>)
  /// See `addExcess`.
  func dispersionGradient(
    _ excess: UnsafePointer<Float>, tileStride: Int, geneCount: Int, laneCount: Int,
    bounds: UnsafePointer<Int>, _ members: DispersionRows, slopes: UnsafePointer<Float>,
    scales: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Int64>, stride: Int, place: Int,
    stage: UnsafeMutablePointer<Floats>
  ) -> Int
  /// See `moveParameters`.
  func move(
    _ step: AdamNumbers, _ theta: UnsafeMutablePointer<Float>, _ m: UnsafeMutablePointer<Float>,
    _ v: UnsafeMutablePointer<Float>, along sums: UnsafePointer<Int64>, unit: Double, count: Int
  ) -> Float
}
