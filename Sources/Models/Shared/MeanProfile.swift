package import Concurrency
import Foundation
package import Modeling
import Networks
import Probability
package import Sums

/// The model of counts without latents that every fit is compared with: all cells have the same profile, each its
/// own total, and genes their own dispersions.
///
///     x_ig ~ NB(mean p_g t_i, dispersion r_g)      p_g = Σ_i x_ig / Σ_i t_i      r_g = e^ρ_g of the largest likelihood
///
/// over the training cells, with the normal prior of `DispersionSteps` on ρ. A gene without any count has the share of
/// half a count.
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | t | total count of a cell | | |
/// | p, ρ | shares, log dispersions | G, G | `shares`, `logDispersions` |
/// | w | ι_g / (ι_g + 1/τ²): how much a gene says about its ρ, ι the observed information | G | `weights` |
package struct MeanProfile: Codable, Sendable, Equatable {
  /// p, the share of each gene of all counts.
  package var shares: [Double]
  /// ρ = log r of each gene.
  package var logDispersions: [Double]
  /// w, how much each gene says about the genes' centre.
  package var weights: [Double]

  /// A profile of no genes.
  package init() {
    (shares, logDispersions, weights) = ([], [], [])
  }

  /// G.
  var geneCount: Int { shares.count }
}

/// Rows of one lane's counts.
package struct CountRows: Sendable {
  /// The lane's counts.
  let counts: CompressedCounts
  /// The rows that are meant.
  let rows: [Int]

  /// These rows of a lane.
  package init(_ counts: CompressedCounts, rows: [Int]) {
    self.counts = counts
    self.rows = rows
  }
}

/// Totals in classes 1/16 apart in their logarithm: sums over all cells of smooth functions of the total then go over
/// some sixty classes, at an error of 10⁻⁴ of their curvature.
enum TotalClass {
  static let width = 1.0 / 16
  /// Totals up to 10⁹.
  static let count = 340

  static func index(_ total: Double) -> Int { min(Int(log(max(total, 1)) / width), count - 1) }
}

// MARK: - Fitting

extension MeanProfile {
  /// Iterations of Newton's method before the prior's centre is renewed, and after.
  private static let iterationCounts = (first: 8, second: 8)

  /// The profile of some cells.
  ///
  /// Collective.
  /// - Parameter lanes: the training rows of each lane.
  package init<Everyone: Team & ~Copyable>(
    of lanes: [CountRows], geneCount: Int, with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) {
    let moments = try ProfileMoments(lanes, geneCount, with: everyone, on: workers)
    shares = moments.shares
    logDispersions = moments.logDispersions
    weights = moments.counts.map { $0 / ($0 + 50) }
    for count in [Self.iterationCounts.first, Self.iterationCounts.second] {
      var search = DispersionSearch(self)
      for _ in 0..<count {
        let entries = try entrySums(lanes, with: everyone, on: workers)
        let isDone = search.step(&self, entries, moments.classes)
        if isDone { break }
      }
    }
  }

  /// For each gene, over the counts that are not zero, r Σ [ψ(x + r) − ψ(r) − x/(r + m)] and
  /// r² Σ [ψ′(x + r) − ψ′(r) + x/(r + m)²]: one after the other, G numbers each.
  private func entrySums<Everyone: Team & ~Copyable>(
    _ lanes: [CountRows], with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> [Double] {
    let G = geneCount
    let dispersions = logDispersions.map { exp($0) }
    return try summedOverLanes(lanes, count: 2 * G, with: everyone, on: workers) { lane, part in
      for row in lane.rows {
        let total = Double(lane.counts.total(ofRow: row))
        lane.counts.forEachNonZero(inRow: row) { g, count in
          let (r, x) = (dispersions[g], Double(count))
          let share = r / (r + shares[g] * total)
          let (first, second) = polygammaDifferences(r, count)
          part[g] += first - x * share
          part[G + g] += x * share * share - second
        }
      }
    }
  }
}

/// r (ψ(r + k) − ψ(r)) and r² (ψ′(r) − ψ′(r + k)).
private func polygammaDifferences(
  _ r: Double, _ k: UInt32
) -> (first: Double, second: Double) {
  guard k <= 64 else {
    let end = r + Double(k)
    return (r * (digamma(end) - digamma(r)), r * r * (trigamma(r) - trigamma(end)))
  }
  var (first, second) = (0.0, 0.0)
  for j in 0..<k {
    let quotient = r / (r + Double(j))
    first += quotient
    second += quotient * quotient
  }
  return (first, second)
}

/// Numbers summed over the lanes of everyone, lanes side by side on the threads.
private func summedOverLanes<Everyone: Team & ~Copyable>(
  _ lanes: [CountRows], count: Int, with everyone: borrowing Everyone, on workers: Workers,
  _ add: @Sendable (CountRows, UnsafeMutableBufferPointer<Double>) -> Void
) throws(SumFault) -> [Double] {
  var partials = PartialSums([.wide("sums of the mean profile", count: count)])
  for first in stride(from: 0, to: lanes.count, by: workers.threadCount) {
    let some = Array(lanes[first..<min(first + workers.threadCount, lanes.count)])
    var parts = Array(repeating: [Double](repeating: 0, count: count), count: some.count)
    parts.withUnsafeMutableBufferPointer { parts in
      nonisolated(unsafe) let parts = parts
      workers.perform(some.count) { index in
        parts[index].withUnsafeMutableBufferPointer { add(some[index], $0) }
      }
    }
    for part in parts { partials.add(part, to: 0) }
  }
  return try everyone.sum(consume partials).values(of: 0)
}

/// Classes of cells by their total: how many, and their mean total.
private struct TotalClasses {
  var counts: [Double] = []
  var totals: [Double] = []
}

/// What one pass over the counts says: shares, a first ρ by moments, the classes of totals.
///
///     r_g = p_g² Σ t² / (Σ (x_g − p_g t)² − p_g Σ t)
private struct ProfileMoments {
  var shares: [Double]
  var logDispersions: [Double]
  /// Σ x of each gene.
  var counts: [Double]
  var classes = TotalClasses()

  init<Everyone: Team & ~Copyable>(
    _ lanes: [CountRows], _ G: Int, with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) {
    let K = TotalClass.count
    let sums = try summedOverLanes(lanes, count: 3 * G + 2 * K + 1, with: everyone, on: workers) {
      lane, part in
      for row in lane.rows {
        let total = Double(lane.counts.total(ofRow: row))
        lane.counts.forEachNonZero(inRow: row) { g, count in
          let x = Double(count)
          part[g] += x
          part[G + g] += x * x
          part[2 * G + g] += x * total
        }
        part[3 * G + TotalClass.index(total)] += 1
        part[3 * G + K + TotalClass.index(total)] += total
        part[3 * G + 2 * K] += total * total
      }
    }
    counts = Array(sums[..<G])
    let total = max(counts.reduce(0, +), 1)
    shares = counts.map { max($0, 0.5) / total }
    logDispersions = (0..<G).map { g in
      let p = max(sums[g], 0.5) / total
      let expected = p * p * sums[3 * G + 2 * K]
      let excess = sums[G + g] - 2 * p * sums[2 * G + g] + expected - p * total
      return min(max(log(expected / max(excess, expected / 100)), -3), 4)
    }
    for k in 0..<K where sums[3 * G + k] > 0 {
      classes.counts.append(sums[3 * G + k])
      classes.totals.append(sums[3 * G + K + k] / sums[3 * G + k])
    }
  }
}

/// Newton's method for every gene, each within the interval that its derivatives have left.
private struct DispersionSearch {
  private var lower: [Double]
  private var upper: [Double]
  private let centre: Double

  init(_ profile: MeanProfile) {
    centre = DispersionSteps.centre(of: profile.logDispersions, weights: profile.weights)
    let G = profile.logDispersions.count
    lower = Array(repeating: Double(Dispersion.range.lowerBound), count: G)
    upper = Array(repeating: Double(Dispersion.range.upperBound), count: G)
  }

  /// One iteration for all genes.
  ///
  /// - Returns: whether no gene's likelihood changes noticeably any more.
  mutating func step(
    _ profile: inout MeanProfile, _ entries: [Double], _ classes: TotalClasses
  ) -> Bool {
    let G = profile.shares.count
    let prior = 1 / (DispersionSteps.spread * DispersionSteps.spread)
    var isDone = true
    for g in 0..<G {
      let rho = profile.logDispersions[g]
      let r = exp(rho)
      // ∂ℓ/∂ρ, and ∂²ℓ/∂ρ² = ∂ℓ/∂ρ + r² ∂(∂ℓ/∂r)/∂r: over the entries, then over all cells.
      var slope = entries[g]
      var bend = entries[G + g]
      for (count, total) in zip(classes.counts, classes.totals) {
        let m = profile.shares[g] * total
        let rest = m / (r + m)
        slope -= r * count * (log1p(m / r) - rest)
        bend += r * count * rest * rest
      }
      let information = -(slope + bend)
      profile.weights[g] = max(information, 0) / (max(information, 0) + prior)
      let gradient = slope - prior * (rho - centre)
      if gradient > 0 { lower[g] = rho } else { upper[g] = rho }
      let curvature = information + prior
      // Where the posterior is not concave: a step uphill.
      let newton = min(max(gradient / curvature, -2), 2)
      var next = rho + (curvature > 0.1 * prior ? newton : gradient > 0 ? 1 : -1)
      if !(next > lower[g] && next < upper[g]) { next = 0.5 * (lower[g] + upper[g]) }
      if abs(gradient * (next - rho)) > 1e-3 { isDone = false }
      profile.logDispersions[g] = next
    }
    return isDone
  }
}
