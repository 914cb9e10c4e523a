public import LinearAlgebra
public import Sums

/// Mean and covariance of a minibatch's inputs over everyone: one small sum, from which the statistics of any linear
/// function of the inputs follow.
///
///     z̄ = Σ z_i/n      C = Σ z_i z_iᵀ/n − z̄ z̄ᵀ
public struct InputMoments: Sendable {
  /// n, rows of everyone.
  public let count: Double
  /// z̄, the means of the H inputs.
  public let means: [Double]
  /// C: H × H, of n rather than n − 1 degrees of freedom.
  public let covariance: Matrix<Double>

  /// The moments of rows × `width` inputs.
  ///
  /// Collective. A lane's part is summed in double precision over its rows, lanes as integers: the same bits however
  /// the lanes are spread.
  public init<Scalar: NetworkScalar, Everyone: Team & ~Copyable>(
    of inputs: [Scalar], width: Int, groups: LaneGroups, with everyone: borrowing Everyone
  ) throws(SumFault) {
    precondition(inputs.count == groups.rowCount * width)
    var partials = PartialSums([.wide("moments of the inputs", count: 1 + width + width * width)])
    for group in 0..<groups.count where !groups[group].isEmpty {
      partials.add(Self.parts(of: inputs, groups[group], width), to: 0)
    }
    let sums = try everyone.sum(partials).values(of: 0)
    let count = sums[0]
    let means = sums[1...width].map { $0 / max(count, 1) }
    var covariance = Matrix(rowCount: width, columnCount: width, repeating: 0.0)
    for i in 0..<width {
      for j in 0..<width {
        covariance[i, j] = sums[1 + width + i * width + j] / max(count, 1) - means[i] * means[j]
      }
    }
    self.count = count
    self.means = means
    self.covariance = covariance
  }

  /// Number, Σ z, Σ z zᵀ of some rows.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func parts<Scalar: NetworkScalar>(
    of inputs: [Scalar], _ rows: Range<Int>, _ width: Int
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: 1 + width + width * width)
    sums[0] = Double(rows.count)
    for row in rows {
      for i in 0..<width {
        let z = Double(inputs[row * width + i])
        sums[1 + i] += z
        // Symmetric: the products below the diagonal are the same numbers.
        for j in 0..<width {
          sums[1 + width + i * width + j] += z * Double(inputs[row * width + j])
        }
      }
    }
    return sums
  }
}
