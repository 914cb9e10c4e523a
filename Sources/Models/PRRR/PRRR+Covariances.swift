import Concurrency
import LinearAlgebra
import Modeling
import Sums

extension PRRR {
  /// The most factors up to which covariances are computed: they take k (k + 1) / 2 numbers a gene.
  static let covarianceLimit = 30

  /// How sure each gene's loadings are, given U: the inverse of the Hessian at the maximum, in canonical form.
  ///
  ///     Σ_j = [(Σ_n μ_nj h_n h_nᵀ + Λ)⁻¹]_{1…k, 1…k},   h_n = (x_n U, 1),  Λ the precisions of the priors
  ///
  /// A normal approximation of the posterior (Laplace's); U counts as known, being determined by all genes
  /// together.
  ///
  /// Collective; one pass over the rows.
  /// - Returns: upper triangles, gene by gene; nil for too many factors.
  /// - Throws: `SumFault`, or `LinearAlgebraError` where a gene's Hessian is not positive definite.
  func geneCovariances<Everyone: Team & ~Copyable>(
    _ coefficients: ReducedRankCoefficients, _ lanes: [CountRegressionLane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws -> [Double]? {
    guard factorCount <= Self.covarianceLimit else { return nil }
    let blocks = lanes.map(\.training)
    let scores = blocks.map {
      Models.scores(of: $0, at: coefficients.covariateLoadings, on: workers)
    }
    let sums = try geneSums(
      lanes: blocks, scores: scores, coefficients: coefficients.geneCoefficients, with: everyone,
      on: workers)
    let parts = workers.map(geneCount, inStretchesOf: Self.genesOfAPiece) { genes in
      Result { try genes.flatMap { try covariance($0, sums) } }
    }
    return try parts.flatMap { try $0.get() }
  }

  /// Σ_j of one gene.
  ///
  /// - Throws: where its Hessian is not positive definite.
  private func covariance(
    _ gene: Int, _ sums: GeneSums
  ) throws(LinearAlgebraError) -> [Double] {
    let k = factorCount
    let width = configuration.intercept ? k + 1 : k
    var hessian = Matrix<Double>(rowCount: width, columnCount: width)
    var place = gene * packedCount(k + 1)
    for a in 0...k {
      for b in a...k {
        if b < width {
          hessian[a, b] = sums.meanMoments[place]
          hessian[b, a] = sums.meanMoments[place]
        }
        place += 1
      }
    }
    // In canonical form both priors have the standard deviation (σ_U σ_V)^½.
    let loading =
      configuration.fullRank ? loadingDeviation : (covariateDeviation * geneDeviation).squareRoot()
    for a in 0..<width {
      let deviation = a == k ? configuration.interceptDeviation : loading
      hessian[a, a] += 1 / (deviation * deviation)
    }
    let inverse = try Cholesky(hessian).inverse()
    return (0..<k).flatMap { a in (a..<k).map { b in inverse[a, b] } }
  }
}
