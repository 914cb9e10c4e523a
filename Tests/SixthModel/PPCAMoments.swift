import LinearAlgebra
import Modeling
import RealModule
import Sums

/// What the E step sums over all rows.
struct PPCAMoments {
  /// M = WᵀW + σ² I.
  let posterior: Cholesky
  /// C = Σ (x − μ) z̄ᵀ, d × k.
  let cross: Matrix<Double>
  /// Σ z̄ z̄ᵀ, k × k.
  let scores: Matrix<Double>

  /// Collective: one sum.
  ///
  /// - Throws: `SumFault` where the state is not finite.
  init<Everyone: Team & ~Copyable>(
    _ shared: ProbabilisticPCA.State, _ lanes: [ProbabilisticPCA.Lane],
    with everyone: borrowing Everyone
  ) throws(SumFault) {
    let (d, k) = (shared.loadings.rowCount, shared.loadings.columnCount)
    guard let posterior = Self.posterior(shared) else {
      throw SumFault(block: "loadings", kind: .notFinite, count: 1)
    }
    var partials = PartialSums([.wide("cross", count: d * k), .wide("scores", count: k * k)])
    for lane in lanes where !lane.rows.isEmpty {
      let centred = lane.centred(shared.means)
      let scores = Self.scores(centred, shared.loadings, posterior)
      partials.add(matrixProduct(centred, scores, transposing: .first).elements, to: 0)
      partials.add(scores.gram(.transposed).elements, to: 1)
    }
    let sums = try everyone.sum(partials)
    self.posterior = posterior
    cross = Matrix(rowCount: d, columnCount: k, elements: sums.values(of: 0))
    scores = Matrix(rowCount: k, columnCount: k, elements: sums.values(of: 1))
  }

  /// log|M|.
  var logDeterminant: Double { posterior.factor.diagonal.reduce(0) { $0 + 2 * .log($1) } }

  /// A = n σ² M⁻¹ + Σ z̄ z̄ᵀ of n rows.
  func secondMoments(_ n: Double, _ noise: Double) -> Matrix<Double> {
    var sum = posterior.inverse()
    sum.scale(by: n * noise)
    sum.add(scores)
    return sum
  }

  /// M; nil where it is not positive definite.
  static func posterior(_ shared: ProbabilisticPCA.State) -> Cholesky? {
    var matrix = shared.loadings.gram(.transposed)
    for index in 0..<matrix.rowCount { matrix[index, index] += shared.noise }
    return try? Cholesky(matrix)
  }

  /// z̄ of centred rows, rows × k.
  static func scores(
    _ centred: Matrix<Double>, _ loadings: Matrix<Double>, _ posterior: Cholesky
  ) -> Matrix<Double> {
    matrixProduct(matrixProduct(centred, loadings), posterior.inverse())
  }
}

extension ProbabilisticPCA.Lane {
  /// x − μ of its rows.
  func centred(_ means: [Double]) -> Matrix<Double> {
    var centred = values
    for row in 0..<values.rowCount {
      for column in means.indices { centred[row, column] -= means[column] }
    }
    return centred
  }
}

extension Matrix<Double> {
  /// tr(Aᵀ B).
  func inner(_ other: Matrix) -> Double {
    zip(elements, other.elements).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
