package import TileKernels

/// Sums over pairs of eigenvalues, compiled for one instruction set.
extension CompiledArithmetic: SpectrumArithmetic {
  package func moments(
    _ x: UnsafePointer<Double>, count: Int, center: Double, scale: Double, termCount: Int,
    into m: UnsafeMutablePointer<Points>
  ) {
    chebyshevMoments(
      x, count: count, center: center, scale: scale, termCount: termCount, into: m)
  }
  package func series(
    _ x: UnsafePointer<Double>, count: Int, center: Double, scale: Double,
    coefficients: UnsafePointer<Double>, termCount: Int, into sums: UnsafeMutablePointer<Double>
  ) {
    chebyshevSeries(
      x, count: count, center: center, scale: scale, coefficients: coefficients,
      termCount: termCount, into: sums)
  }
  package func nodePairs(
    _ x: UnsafePointer<Double>, _ v: UnsafePointer<Double>, count: Int, _ y: UnsafePointer<Double>,
    _ w: UnsafePointer<Double>, vectorCount: Int, rowSums: UnsafeMutablePointer<Double>,
    columnSums: UnsafeMutablePointer<Double>
  ) -> Double {
    sumNodePairs(
      x, v, count: count, y, w, vectorCount: vectorCount, rowSums: rowSums, columnSums: columnSums)
  }
  package func bounds(_ x: UnsafePointer<Double>, count: Int) -> (Double, Double) {
    boundsOfPoints(x, count: count)
  }
}
