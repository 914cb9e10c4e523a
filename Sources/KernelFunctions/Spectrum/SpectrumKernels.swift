/// The kernels of sums over pairs of eigenvalues, for MED-MAGMA.
public protocol SpectrumKernels: KernelCopy {
  /// m_k = Σ_i T_k(t_i), eight partial sums each, k < termCount.
  func moments(
    _ x: UnsafePointer<Double>, count: Int, center: Double, scale: Double, termCount: Int,
    into m: UnsafeMutablePointer<Points>)
  /// Σ_k c_k T_k(t_i) of every point, by Clenshaw's recurrence.
  func series(
    _ x: UnsafePointer<Double>, count: Int, center: Double, scale: Double,
    coefficients: UnsafePointer<Double>, termCount: Int, into sums: UnsafeMutablePointer<Double>)
  /// rowSums_a = Σ_b w_b/(x_a + y_b), columnSums_b += Σ_a v_a/(x_a + y_b); returns Σ_ab v_a w_b log(x_a + y_b).
  ///
  /// The other axis's nodes come in fours, the last filled up with nodes of weight 0.
  func nodePairs(
    _ x: UnsafePointer<Double>, _ v: UnsafePointer<Double>, count: Int, _ y: UnsafePointer<Double>,
    _ w: UnsafePointer<Double>, vectorCount: Int, rowSums: UnsafeMutablePointer<Double>,
    columnSums: UnsafeMutablePointer<Double>
  ) -> Double
  /// The smallest and the largest of at least one point.
  func bounds(_ x: UnsafePointer<Double>, count: Int) -> (low: Double, high: Double)
}
