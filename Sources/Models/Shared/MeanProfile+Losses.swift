import Foundation
package import Modeling
import Probability

extension MeanProfile {
  /// −log p of rows of a lane, in order.
  ///
  ///     Σ_g r_g log(1 + p_g t/r_g)  −  Σ_{x_g > 0} [log Γ(x_g + r_g)/(Γ(r_g) x_g!) + x_g log(m_g/(r_g + m_g))]
  ///
  /// The first sum is a smooth function of t: by a cubic between the ends of the total's class, at an error of 10⁻⁷.
  ///
  /// Local.
  package func losses(_ lane: CountRows) -> [Double] {
    var ends: [Int: (value: Double, slope: Double)] = [:]
    let dispersions = logDispersions.map { exp($0) }
    return lane.rows.map { row in
      let total = Double(lane.counts.total(ofRow: row))
      guard total > 0 else { return 0 }
      let index = TotalClass.index(total)
      for end in [index, index + 1] where ends[end] == nil { ends[end] = zeros(atEnd: end) }
      guard let low = ends[index], let high = ends[index + 1] else { return .nan }
      let place = log(total) / TotalClass.width - Double(index)
      var loss = Self.cubic(low, high, at: place)
      lane.counts.forEachNonZero(inRow: row) { g, count in
        let (r, x) = (dispersions[g], Double(count))
        let m = shares[g] * total
        loss -= logGammaDifference(r, plus: x) - logGamma(x + 1) - x * log1p(r / m)
      }
      return loss
    }
  }

  /// Σ_g r log(1 + p t/r) at the beginning of a class of totals, and its derivative by log t.
  private func zeros(atEnd index: Int) -> (value: Double, slope: Double) {
    let total = exp(Double(index) * TotalClass.width)
    var (value, slope) = (0.0, 0.0)
    for g in 0..<geneCount {
      let (r, m) = (exp(logDispersions[g]), shares[g] * total)
      value += r * log1p(m / r)
      slope += r * m / (r + m)
    }
    return (value, slope)
  }

  /// The cubic with these values and derivatives by log t at both ends of a class, at 0…1.
  private static func cubic(
    _ low: (value: Double, slope: Double), _ high: (value: Double, slope: Double), at x: Double
  ) -> Double {
    let y = 1 - x
    return low.value * y * y * (1 + 2 * x) + high.value * x * x * (1 + 2 * y)
      + TotalClass.width * x * y * (low.slope * y - high.slope * x)
  }
}

// MARK: - In a fit file

extension MeanProfile {
  /// For the fit file; without genes an empty group.
  package var storedTree: StoredTree {
    guard geneCount > 0 else { return .group([:]) }
    func column(_ values: [Double]) -> StoredTree { .doubles(values, shape: [values.count]) }
    return .group([
      "shares": column(shares), "log_dispersions": column(logDispersions),
      "weights": column(weights),
    ])
  }

  /// The profile of a fit file; nil where it has none.
  package init?(storedTree tree: StoredTree?) {
    guard case .doubles(let shares, _)? = tree?["shares"],
      case .doubles(let dispersions, _)? = tree?["log_dispersions"],
      case .doubles(let weights, _)? = tree?["weights"],
      dispersions.count == shares.count, weights.count == shares.count
    else { return nil }
    self.shares = shares
    logDispersions = dispersions
    self.weights = weights
  }
}
