import LinearAlgebra
package import Modeling
import RealModule

/// Donors in clusters, by bisection along principal components: what ancestral populations begin with.
///
/// Whichever cluster's leading component stands out most from noise is cut in two along it, until there are enough.
/// What one component tells of the whole cohort hides what divides a part of it; within that part it is the first.
///
///     X_ij = (y_ij − 2 f_j)/√(2 f_j (1 − f_j)),  0 where missing      X Xᵀ = V diag(λ) Vᵀ
///     prominence = (n − 1) λ₁/Σλ − (1 + √((n − 1)/S))²
///
/// n donors of the cluster, S variants, f their frequencies in the cluster; the second term is where the spectrum of
/// noise ends. Donors are cut where the two sides' sums of squares along the component are least.
///
/// Source: N. Patterson, A. L. Price, D. Reich, Population structure and eigenanalysis, PLoS Genetics 2:e190, 2006;
/// A. Intarapanich et al., Iterative pruning PCA improves resolution of highly structured populations, BMC
/// Bioinformatics 10:382, 2009, of going on within clusters.
package struct DonorClusters: Sendable {
  /// The donors of each cluster.
  package private(set) var members: [[Int]]

  /// - Parameter donors: who is to be divided; relatives would form clusters of their own.
  package init(_ genotypes: Genotypes, _ donors: [Int], count: Int, variantLimit: Int = 20_000) {
    members = [donors]
    var cuts = [Cut(genotypes, donors, variantLimit: variantLimit)]
    while members.count < count {
      let best = cuts.indices.max { cuts[$0].prominence < cuts[$1].prominence } ?? 0
      guard cuts[best].prominence > -.infinity else { return }
      let parts = [cuts[best].first, cuts[best].second]
      members.remove(at: best)
      cuts.remove(at: best)
      members += parts
      cuts += parts.map { Cut(genotypes, $0, variantLimit: variantLimit) }
    }
  }

  /// How a cluster would be cut.
  private struct Cut {
    var prominence = -Double.infinity
    var first: [Int] = []
    var second: [Int] = []

    init(_ genotypes: Genotypes, _ donors: [Int], variantLimit: Int) {
      let count = donors.count
      guard count > 2 else { return }
      var covariance = Matrix<Double>(rowCount: count, columnCount: count)
      var used = 0
      for variants in spreadVariants(genotypes.variantCount, limit: variantLimit) {
        let columns = variants.compactMap { standardised(genotypes, donors, $0) }
        used += columns.count
        guard !columns.isEmpty else { continue }
        covariance.add(Matrix(rows: columns).gram(.transposed))
      }
      let trace = (0..<count).reduce(0.0) { $0 + covariance[$1, $1] }
      guard trace > 0, let leading = try? SymmetricEigen(covariance, largest: 1) else { return }
      let rest = Double(count - 1)
      prominence =
        rest * leading.values[0] / trace
        - (1 + (rest / Double(used)).squareRoot()) * (1 + (rest / Double(used)).squareRoot())
      let scores = leading.vectors.column(0)
      let order = donors.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
      let size = sizeOfFirst(order.map { scores[$0] })
      first = order[..<size].map { donors[$0] }.sorted()
      second = order[size...].map { donors[$0] }.sorted()
    }

    /// A variant's column of X; nil where all have the same.
    private func standardised(
      _ genotypes: Genotypes, _ donors: [Int], _ variant: Int
    ) -> [Double]? {
      var (copies, known) = (0, 0)
      for donor in donors where genotypes[donor, variant] <= 2 {
        copies += Int(genotypes[donor, variant])
        known += 1
      }
      guard copies > 0, copies < 2 * known else { return nil }
      let frequency = Double(copies) / Double(2 * known)
      let scale = 1 / (2 * frequency * (1 - frequency)).squareRoot()
      return donors.map { donor in
        let own = genotypes[donor, variant]
        return own <= 2 ? (Double(own) - 2 * frequency) * scale : 0
      }
    }

    /// How many of the increasing scores come before the cut.
    private func sizeOfFirst(_ scores: [Double]) -> Int {
      let total = scores.reduce(0, +)
      var (best, size, sum) = (-Double.infinity, 1, 0.0)
      for cut in 1..<scores.count {
        sum += scores[cut - 1]
        let rest = total - sum
        let between = sum * sum / Double(cut) + rest * rest / Double(scores.count - cut)
        if between > best { (best, size) = (between, cut) }
      }
      return size
    }
  }
}
