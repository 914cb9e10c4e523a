package import TileKernels

/// The kernels of Poisson regression, each the generic function of TileKernels compiled here.
extension CompiledArithmetic: PoissonArithmetic {
  package func predictors(
    _ b: UnsafePointer<Double>, stride: Int, geneCount: Int, width: Int,
    _ h: UnsafePointer<WideDoubles>, vectorCount: Int, into eta: UnsafeMutablePointer<WideDoubles>
  ) {
    narrowPredictors(
      b, stride: stride, geneCount: geneCount, width: width, h, vectorCount: vectorCount, into: eta)
  }
  package func addProduct(
    _ a: UnsafePointer<Double>, rowStride: Int, depthStride: Int, rowCount: Int, depth: Int,
    _ b: UnsafePointer<WideDoubles>, width: Int, to c: UnsafeMutablePointer<WideDoubles>
  ) {
    addNarrowProduct(
      a, rowStride: rowStride, depthStride: depthStride, rowCount: rowCount, depth: depth, b,
      width: width, to: c)
  }
  package func means(
    _ eta: UnsafeMutablePointer<WideDoubles>, geneCount: Int, vectorCount: Int,
    exposure: UnsafePointer<WideDoubles>, limit: Double, sums: UnsafeMutablePointer<Double>
  ) -> Int {
    poissonMeans(
      eta, geneCount: geneCount, vectorCount: vectorCount, exposure: exposure, limit: limit,
      sums: sums)
  }
  package func moments(
    _ entries: PoissonEntries, _ h: UnsafePointer<WideDoubles>, width: Int,
    into t: UnsafeMutablePointer<WideDoubles>
  ) {
    countMoments(entries, h, width: width, into: t)
  }
  package func counts(
    _ entries: PoissonEntries, _ eta: UnsafePointer<Double>, stride: Int, limit: Double,
    _ v: UnsafePointer<WideDoubles>?, width: Int, residuals: UnsafeMutablePointer<WideDoubles>?,
    sums: UnsafeMutablePointer<Double>
  ) {
    countTerms(
      entries, eta, stride: stride, limit: limit, v, width: width, residuals: residuals, sums: sums)
  }
  package func rates(
    _ entries: PoissonEntries, _ h: UnsafePointer<WideDoubles>, _ v: UnsafePointer<WideDoubles>,
    width: Int, rowUpdates d: UnsafeMutablePointer<WideDoubles>?,
    geneUpdates t: UnsafeMutablePointer<WideDoubles>?, wantsLogarithms: Bool,
    stage: UnsafeMutablePointer<WideDoubles>
  ) -> Double {
    rateTerms(
      entries, h, v, width: width, rowUpdates: d, geneUpdates: t, wantsLogarithms: wantsLogarithms,
      stage: stage)
  }
  package func divide(
    _ y: UnsafeMutablePointer<WideDoubles>, by r: UnsafePointer<WideDoubles>, vectorCount: Int,
    wantsLogarithms: Bool
  ) -> Double {
    divideByRates(y, r, vectorCount: vectorCount, wantsLogarithms: wantsLogarithms)
  }
  package func gammas(
    _ shapes: UnsafePointer<Double>, _ rates: UnsafePointer<Double>, vectorCount: Int,
    priorShape: Double, priorRate: Double, means: UnsafeMutablePointer<Double>,
    geometricMeans: UnsafeMutablePointer<Double>
  ) -> Double {
    gammaTerms(
      shapes, rates, vectorCount: vectorCount, priorShape: priorShape, priorRate: priorRate,
      means: means, geometricMeans: geometricMeans)
  }
}
