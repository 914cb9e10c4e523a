import Foundation
import Modeling
import Probability
import Sums

/// Gaussians with one variance for each dimension that all share, fitted by EM:
///
///     γ_ik ∝ π_k exp(−½ Σ_l (z_il − μ_kl)²/σ_l²)
///     π_k = Σ_i γ_ik / N     μ_k = Σ_i γ_ik z_i / Σ_i γ_ik     σ_l² = Σ_i Σ_k γ_ik (z_il − μ_kl)² / N
struct TiedGaussians {
  static let iterationCount = 30
  private var logWeights: [Double]
  private var means: [Double]
  private var variances: [Double]
  private var dimension: Int { variances.count }

  /// Starts at a partition.
  init(_ partition: StartPartition) {
    let count = max(partition.sizes.reduce(0, +), 1)
    logWeights = partition.sizes.map { log(max($0, 1e-9) / count) }
    means = partition.means
    variances = partition.deviations.map { max($0 * $0, 1e-12) }
  }

  private func logTerms(_ point: [Double]) -> [Double] {
    logWeights.indices.map { k in
      var sum = logWeights[k]
      for l in 0..<dimension {
        let distance = point[l] - means[k * dimension + l]
        sum -= 0.5 * distance * distance / variances[l]
      }
      return sum
    }
  }

  /// The component that most likely made a point.
  func likeliest(_ point: [Double]) -> Int {
    let terms = logTerms(point)
    return terms.indices.max { terms[$0] < terms[$1] } ?? 0
  }

  /// One iteration. Collective.
  mutating func improve<Everyone: Team & ~Copyable>(
    _ points: StartPoints, with everyone: borrowing Everyone
  ) throws(SumFault) {
    let (K, L) = (logWeights.count, dimension)
    var partials = PartialSums([
      .wide("weights", count: K), .wide("means", count: K * L), .wide("squares", count: L),
    ])
    for rows in points.lanes {
      var sizes = [Double](repeating: 0, count: K)
      var totals = [Double](repeating: 0, count: K * L)
      var squares = [Double](repeating: 0, count: L)
      for row in rows {
        let terms = logTerms(row)
        let largest = terms.max() ?? 0
        let exponentials = terms.map { exp($0 - largest) }
        let total = exponentials.reduce(0, +)
        for k in 0..<K {
          let share = exponentials[k] / total
          sizes[k] += share
          for l in 0..<L { totals[k * L + l] += share * row[l] }
        }
        for l in 0..<L { squares[l] += row[l] * row[l] }
      }
      partials.add(sizes, to: 0)
      partials.add(totals, to: 1)
      partials.add(squares, to: 2)
    }
    let sums = try everyone.sum(consume partials)
    let sizes = sums.values(of: 0)
    let count = max(sizes.reduce(0, +), 1e-300)
    means = sums.values(of: 1)
    variances = sums.values(of: 2)
    for k in 0..<K {
      for l in 0..<L {
        means[k * L + l] /= max(sizes[k], 1e-300)
        variances[l] -= sizes[k] * means[k * L + l] * means[k * L + l]
      }
    }
    variances = variances.map { max($0 / count, 1e-12) }
    logWeights = sizes.map { log(max($0, 1e-300) / count) }
  }
}
