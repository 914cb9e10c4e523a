/// The kernels of Poisson regression, compiled for one instruction set.
///
/// As ``TileArithmetic``: conformers differ in nothing but what they are compiled for, and give the same bits.
public protocol PoissonArithmetic: Sendable {
  /// η_gn ← Σ_c b_gc h_cn for a tile of genes × rows: see `narrowPredictors`.
  func predictors(
    _ b: UnsafePointer<Double>, stride: Int, geneCount: Int, width: Int,
    _ h: UnsafePointer<WideDoubles>, vectorCount: Int, into eta: UnsafeMutablePointer<WideDoubles>)
  /// c_m += Σ_d a_md b_d for rows c_m and b_d of `width` vectors: see `addNarrowProduct`.
  func addProduct(
    _ a: UnsafePointer<Double>, rowStride: Int, depthStride: Int, rowCount: Int, depth: Int,
    _ b: UnsafePointer<WideDoubles>, width: Int, to c: UnsafeMutablePointer<WideDoubles>)
  /// See `poissonMeans`: μ for η in a tile; how many predictors were clipped.
  func means(
    _ eta: UnsafeMutablePointer<WideDoubles>, geneCount: Int, vectorCount: Int,
    exposure: UnsafePointer<WideDoubles>, limit: Double, sums: UnsafeMutablePointer<Double>
  ) -> Int
  /// t_g += Σ_e y_e h_{row e} for every gene: see `countMoments`.
  func moments(
    _ entries: PoissonEntries, _ h: UnsafePointer<WideDoubles>, width: Int,
    into t: UnsafeMutablePointer<WideDoubles>)
  /// Σ_e y_e min(η_e, limit) of every gene: see `countTerms`.
  func counts(
    _ entries: PoissonEntries, _ eta: UnsafePointer<Double>, stride: Int, limit: Double,
    _ v: UnsafePointer<WideDoubles>?, width: Int, residuals: UnsafeMutablePointer<WideDoubles>?,
    sums: UnsafeMutablePointer<Double>)
  /// See `rateTerms`: Σ y log r.
  func rates(
    _ entries: PoissonEntries, _ h: UnsafePointer<WideDoubles>, _ v: UnsafePointer<WideDoubles>,
    width: Int, rowUpdates d: UnsafeMutablePointer<WideDoubles>?,
    geneUpdates t: UnsafeMutablePointer<WideDoubles>?, wantsLogarithms: Bool,
    stage: UnsafeMutablePointer<WideDoubles>
  ) -> Double
  /// See `divideByRates`: Σ y log r.
  func divide(
    _ y: UnsafeMutablePointer<WideDoubles>, by r: UnsafePointer<WideDoubles>, vectorCount: Int,
    wantsLogarithms: Bool
  ) -> Double
  /// E θ, exp E log θ and Σ KL(Gamma(α, β) ‖ Gamma(a, b)) of many gamma distributions: see `gammaTerms`.
  func gammas(
    _ shapes: UnsafePointer<Double>, _ rates: UnsafePointer<Double>, vectorCount: Int,
    priorShape: Double, priorRate: Double, means: UnsafeMutablePointer<Double>,
    geometricMeans: UnsafeMutablePointer<Double>
  ) -> Double
}
