/// The kernels of coordinate ascent for topics, compiled for one instruction set; all give the same bits.
public protocol TopicArithmetic: Sendable {
  /// See `expectDirichlet`.
  func dirichlet(
    _ a: UnsafeMutablePointer<Double>, rowCount: Int, width: Int, totals: UnsafePointer<Double>)
  /// See `expectBeta`.
  func beta(_ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, count: Int)
  /// See `divideCopies`.
  func divide(
    copies genotypes: UnsafePointer<UInt8>, _ p: UnsafeMutablePointer<Double>,
    _ q: UnsafeMutablePointer<Double>, count: Int)
  /// See `logLikelihoodOfCopies`.
  func logLikelihood(
    copies genotypes: UnsafePointer<UInt8>, _ p: UnsafePointer<Double>, _ q: UnsafePointer<Double>,
    count: Int
  ) -> Double
  /// See `divideReads`.
  func divide(reads x: UnsafePointer<Double>, _ d: UnsafeMutablePointer<Double>, count: Int)
  /// See `logLikelihoodOfReads`.
  func logLikelihood(
    reads x: UnsafePointer<Double>, _ d: UnsafePointer<Double>, count: Int
  ) -> Double
  /// See `dirichletTerms`.
  func dirichletTerms(
    _ a: UnsafePointer<Double>, width: Int, prior: Double, digammaOfTotal: Double
  ) -> Double
  /// See `betaTerms`.
  func betaTerms(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, priorA: Double, priorB: Double,
    count: Int
  ) -> Double
  /// See `extrapolateLogarithms`.
  func extrapolate(
    _ point: UnsafeMutablePointer<Double>, from previous: UnsafePointer<Double>, by weight: Double,
    atLeast least: Double, count: Int)
}
