/// The kernels of eigenproblems by divide and conquer.
public protocol SecularKernels: KernelCopy {
  /// Σ w/(d − x) and Σ w/(d − x)².
  func poleSums(
    _ d: UnsafePointer<Double>, _ w: UnsafePointer<Double>, count: Int, at x: Double
  ) -> (value: Double, slope: Double)
  /// products_i ← products_i · differences_i / (d_i − pole).
  func multiply(
    _ products: UnsafeMutablePointer<Double>, byQuotientsOf differences: UnsafePointer<Double>,
    _ d: UnsafePointer<Double>, pole: Double, count: Int)
  /// differences_i ← z_i / differences_i; returns the sum of their squares.
  func divide(
    _ z: UnsafePointer<Double>, by differences: UnsafeMutablePointer<Double>, count: Int
  ) -> Double
}
