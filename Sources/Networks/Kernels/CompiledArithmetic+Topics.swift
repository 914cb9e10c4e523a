import TileKernels

extension CompiledArithmetic: TopicArithmetic {
  package func dirichlet(
    _ a: UnsafeMutablePointer<Double>, rowCount: Int, width: Int, totals: UnsafePointer<Double>
  ) {
    expectDirichlet(a, rowCount: rowCount, width: width, totals: totals)
  }
  package func beta(
    _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, count: Int
  ) {
    expectBeta(a, b, count: count)
  }
  package func divide(
    copies genotypes: UnsafePointer<UInt8>, _ p: UnsafeMutablePointer<Double>,
    _ q: UnsafeMutablePointer<Double>, count: Int
  ) {
    divideCopies(genotypes, p, q, count: count)
  }
  package func logLikelihood(
    copies genotypes: UnsafePointer<UInt8>, _ p: UnsafePointer<Double>, _ q: UnsafePointer<Double>,
    count: Int
  ) -> Double {
    logLikelihoodOfCopies(genotypes, p, q, count: count)
  }
  package func divide(
    reads x: UnsafePointer<Double>, _ d: UnsafeMutablePointer<Double>, count: Int
  ) {
    divideReads(x, d, count: count)
  }
  package func logLikelihood(
    reads x: UnsafePointer<Double>, _ d: UnsafePointer<Double>, count: Int
  ) -> Double {
    logLikelihoodOfReads(x, d, count: count)
  }
  package func dirichletTerms(
    _ a: UnsafePointer<Double>, width: Int, prior: Double, digammaOfTotal: Double
  ) -> Double {
    TileKernels.dirichletTerms(a, width: width, prior: prior, digammaOfTotal: digammaOfTotal)
  }
  package func betaTerms(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, priorA: Double, priorB: Double,
    count: Int
  ) -> Double {
    TileKernels.betaTerms(a, b, priorA: priorA, priorB: priorB, count: count)
  }
  package func extrapolate(
    _ point: UnsafeMutablePointer<Double>, from previous: UnsafePointer<Double>, by weight: Double,
    atLeast least: Double, count: Int
  ) {
    extrapolateLogarithms(point, from: previous, by: weight, atLeast: least, count: count)
  }
}
