import TileKernels

/// Eigenproblems by divide and conquer, compiled for one instruction set.
extension CompiledArithmetic: SecularArithmetic {
  package func poleSums(
    _ d: UnsafePointer<Double>, _ w: UnsafePointer<Double>, count: Int, at x: Double
  ) -> (Double, Double) {
    sumOverPoles(d, w, count: count, at: x)
  }
  package func multiply(
    _ products: UnsafeMutablePointer<Double>, byQuotientsOf differences: UnsafePointer<Double>,
    _ d: UnsafePointer<Double>, pole: Double, count: Int
  ) {
    multiplyByQuotients(products, differences, d, pole: pole, count: count)
  }
  package func divide(
    _ z: UnsafePointer<Double>, by differences: UnsafeMutablePointer<Double>, count: Int
  ) -> Double {
    divideByDifferences(z, differences, count: count)
  }
}
