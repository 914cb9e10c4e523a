/// The kernels of Poisson regression, for PRRR and nn-PRRR.
public protocol PoissonKernels: KernelCopy {
  /// η_gn ← Σ_c b_gc h_cn for a tile of genes × rows.
  ///
  /// - Parameters:
  ///   - b: geneCount × width numbers, `stride` apart for each gene.
  ///   - h: width × vectorCount vectors of rows.
  ///   - eta: geneCount × vectorCount vectors, replaced.
  func predictors(
    _ b: UnsafePointer<Double>, stride: Int, geneCount: Int, width: Int,
    _ h: UnsafePointer<WideDoubles>, vectorCount: Int, into eta: UnsafeMutablePointer<WideDoubles>)
  /// c_m += Σ_d a_md b_d for rows c_m and b_d of `width` vectors.
  ///
  /// - Parameters:
  ///   - a: numbers, `rowStride` apart for m, `depthStride` apart for d.
  ///   - b: depth × width vectors.
  ///   - c: rowCount × width vectors.
  func addProduct(
    _ a: UnsafePointer<Double>, rowStride: Int, depthStride: Int, rowCount: Int, depth: Int,
    _ b: UnsafePointer<WideDoubles>, width: Int, to c: UnsafeMutablePointer<WideDoubles>)
  /// μ ← s ∘ exp(min(η, limit)) in place for a tile of genes, and Σ μ of each gene.
  ///
  /// Edge cases: η above the limit is clipped, so that a step that is far too long stays finite; below −700 it is
  /// −700; NaN stays NaN.
  /// - Parameters:
  ///   - eta: geneCount × vectorCount vectors of rows.
  ///   - exposure: s, vectorCount vectors, zeros behind its end.
  /// - Returns: predictors that were clipped.
  func means(
    _ eta: UnsafeMutablePointer<WideDoubles>, geneCount: Int, vectorCount: Int,
    exposure: UnsafePointer<WideDoubles>, limit: Double, sums: UnsafeMutablePointer<Double>
  ) -> Int
  /// t_g += Σ_e y_e h_{row e} for every gene.
  ///
  /// - Parameters:
  ///   - h: scores of the rows, `width` vectors each.
  ///   - t: geneCount × width vectors.
  func moments(
    _ entries: PoissonEntries, _ h: UnsafePointer<WideDoubles>, width: Int,
    into t: UnsafeMutablePointer<WideDoubles>)
  /// Σ_e y_e min(η_e, limit) of every gene; with residuals: r_{row e} += y_e v_g.
  ///
  /// - Parameters:
  ///   - eta: geneCount × stride predictors.
  ///   - v: loadings of the genes, geneCount × width vectors; nil: no residuals are wanted.
  ///   - residuals: `width` vectors a row; nil: not wanted.
  func counts(
    _ entries: PoissonEntries, _ eta: UnsafePointer<Double>, stride: Int, limit: Double,
    _ v: UnsafePointer<WideDoubles>?, width: Int, residuals: UnsafeMutablePointer<WideDoubles>?,
    sums: UnsafeMutablePointer<Double>)
  /// Weights w_e = y_e / r_e of rates r_e = h_{row e} · v_g, for every gene; what they add to both sides.
  ///
  ///     d_{row e} += w_e v_g,   t_g ← Σ_e w_e h_{row e},   returned: Σ_e y_e log r_e
  ///
  /// - Parameters:
  ///   - h: scores of the rows, `width` vectors each; zeros behind the factors.
  ///   - v: loadings of the genes, `width` vectors each; zeros behind the factors.
  ///   - d: `width` vectors a row; nil: not wanted.
  ///   - t: geneCount × width vectors; nil: not wanted.
  ///   - stage: room for the rates and the counts of a gene: 2 × 32 vectors.
  func rates(
    _ entries: PoissonEntries, _ h: UnsafePointer<WideDoubles>, _ v: UnsafePointer<WideDoubles>,
    width: Int, rowUpdates d: UnsafeMutablePointer<WideDoubles>?,
    geneUpdates t: UnsafeMutablePointer<WideDoubles>?, wantsLogarithms: Bool,
    stage: UnsafeMutablePointer<WideDoubles>
  ) -> Double
  /// y ← y / r in place, vector by vector; Σ y log r where it is wanted.
  ///
  /// A rate below 10⁻³⁰⁰ counts as 10⁻³⁰⁰, so that rows of padding (y = 0, r = 0) add nothing.
  func divide(
    _ y: UnsafeMutablePointer<WideDoubles>, by r: UnsafePointer<WideDoubles>, vectorCount: Int,
    wantsLogarithms: Bool
  ) -> Double
  /// E θ, exp E log θ and Σ KL(Gamma(α, β) ‖ Gamma(a, b)) of many gamma distributions.
  ///
  ///     E θ = α / β,   exp E log θ = exp(ψ(α)) / β
  ///     KL = (α − a) ψ(α) − log Γ(α) + a log(β / b) + α (b − β) / β + log Γ(a)       (log Γ(a) is the caller's)
  ///
  /// ψ and log Γ by their asymptotic series at α + 8 and the recurrence: error below 10⁻¹⁴ (1 + |value|).
  /// - Parameters:
  ///   - shapes, rates: α > 0 and β > 0, eight times `vectorCount` numbers, aligned as doubles.
  ///   - means, geometricMeans: results.
  /// - Returns: Σ KL without log Γ(a) and a log b.
  func gammas(
    _ shapes: UnsafePointer<Double>, _ rates: UnsafePointer<Double>, vectorCount: Int,
    priorShape: Double, priorRate: Double, means: UnsafeMutablePointer<Double>,
    geometricMeans: UnsafeMutablePointer<Double>
  ) -> Double
}
