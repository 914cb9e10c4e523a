/// The kernels of coordinate ascent for topics, for TBLDA.
public protocol TopicKernels: KernelCopy {
  /// a ← exp(ψ(a) − ψ(Σ a)) for every row.
  func dirichlet(
    _ a: UnsafeMutablePointer<Double>, rowCount: Int, width: Int, totals: UnsafePointer<Double>)
  /// a ← exp(ψ(a) − ψ(a + b)),  b ← exp(ψ(b) − ψ(a + b)).
  func beta(_ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, count: Int)
  /// p ← y / p,  q ← (2 − y) / q;  0 where there is no copy.
  func divide(
    copies genotypes: UnsafePointer<UInt8>, _ p: UnsafeMutablePointer<Double>,
    _ q: UnsafeMutablePointer<Double>, count: Int)
  /// Σ y log p + (2 − y) log q: a logarithm for several genotypes.
  func logLikelihood(
    copies genotypes: UnsafePointer<UInt8>, _ p: UnsafePointer<Double>, _ q: UnsafePointer<Double>,
    count: Int
  ) -> Double
  /// d ← x / d, 0 where there is no read.
  func divide(reads x: UnsafePointer<Double>, _ d: UnsafeMutablePointer<Double>, count: Int)
  /// Σ x log d.
  func logLikelihood(
    reads x: UnsafePointer<Double>, _ d: UnsafePointer<Double>, count: Int
  ) -> Double
  /// Σ (a − prior) (ψ(a) − ψ(A)) − log Γ(a) over one row with the sum A: what a Dirichlet distribution's divergence
  /// from its prior has of every concentration.
  func dirichletTerms(
    _ a: UnsafePointer<Double>, width: Int, prior: Double, digammaOfTotal: Double
  ) -> Double
  /// Σ log Γ(a + b) − log Γ(a) − log Γ(b) + (a − prior) (ψ(a) − ψ(a + b)) + (b − prior) (ψ(b) − ψ(a + b)): the same
  /// of Beta distributions.
  func betaTerms(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, priorA: Double, priorB: Double,
    count: Int
  ) -> Double
  /// x ← max(least, x (x / y)^weight): a step further along the logarithm from y to x.
  func extrapolate(
    _ point: UnsafeMutablePointer<Double>, from previous: UnsafePointer<Double>, by weight: Double,
    atLeast least: Double, count: Int)
}
