import Concurrency
import Foundation
import Modeling
import Models
import Networks
import Probability
import Sums
import Testing

/// The model without latents: dispersions of the largest likelihood, losses by their formula.
struct MeanProfileTests {
  /// Counts of one profile with these dispersions, cells of very different totals.
  private func counts(_ dispersions: [Double], cells: Int) throws -> CompressedCounts {
    var builder = CompressedCounts.Builder(columnCount: dispersions.count)
    for cell in 0..<cells {
      var stream = RandomSource(seed: 5).stream("profile test", index: cell)
      let depth = exp(stream.normal() * 0.7)
      var columns: [Int32] = []
      var values: [UInt32] = []
      for (g, r) in dispersions.enumerated() {
        let count = stream.negativeBinomial(mean: depth * Double(1 + g % 3), dispersion: r)
        if count > 0 {
          columns.append(Int32(g))
          values.append(UInt32(count))
        }
      }
      try builder.appendRow(columns: columns, values: values)
    }
    return builder.build()
  }

  /// −log p of one gene by the formula, cell after cell.
  private func loss(_ profile: MeanProfile, _ g: Int, _ rho: Double, _ counts: CompressedCounts)
    -> [Double]
  {
    (0..<counts.rowCount).map { row in
      var x = 0.0
      counts.forEachNonZero(inRow: row) { if $0 == g { x = Double($1) } }
      let (r, m) = (exp(rho), profile.shares[g] * Double(counts.total(ofRow: row)))
      guard m > 0 else { return 0 }
      let rising = logGamma(x + r) - logGamma(r) - logGamma(x + 1)
      let zeros: Double = r * log1p(m / r)
      return zeros - rising - x * log(m / (r + m))
    }
  }

  @Test func dispersionsHaveTheLargestPosterior() throws {
    let wanted = [0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 1000, 0.3, 4, 0.05]
    let counts = try counts(wanted, cells: 3000)
    let profile = try MeanProfile(
      of: [CountRows(counts, rows: Array(0..<3000))], geneCount: wanted.count, with: Alone(),
      on: Workers(threadCount: 2))
    var (sum, total) = (0.0, 0.0)
    for (rho, weight) in zip(profile.logDispersions, profile.weights) {
      sum += rho * weight
      total += weight
    }
    let centre = sum / total
    for g in wanted.indices {
      func objective(_ rho: Double) -> Double {
        loss(profile, g, rho, counts).reduce(0, +) + (rho - centre) * (rho - centre) / 8
      }
      let rho = profile.logDispersions[g]
      // The classes of totals, and a centre that is one round old, cost less than a twentieth of a nat.
      #expect(objective(rho) < objective(rho + 0.4) + 0.05, "gene \(g), \(exp(rho))")
      #expect(objective(rho) < objective(rho - 0.4) + 0.05, "gene \(g), \(exp(rho))")
    }
  }

  @Test func lossesFollowTheFormula() throws {
    let counts = try counts([0.02, 0.5, 2, 50, 3000, 0.3], cells: 60)
    let profile = try MeanProfile(
      of: [CountRows(counts, rows: Array(0..<50))], geneCount: 6, with: Alone(),
      on: Workers(threadCount: 1))
    let found = profile.losses(CountRows(counts, rows: Array(0..<60)))
    let terms = (0..<6).map { loss(profile, $0, profile.logDispersions[$0], counts) }
    for cell in 0..<60 {
      let wanted = terms.reduce(0) { $0 + $1[cell] }
      #expect(abs(found[cell] - wanted) < 1e-5 * max(1, wanted), "cell \(cell)")
    }
    #expect(MeanProfile(storedTree: profile.storedTree) == profile)
    #expect(MeanProfile(storedTree: MeanProfile().storedTree) == nil)
  }

  @Test func comparisonsKnowTheirError() throws {
    let losses = [1.0, 2, 3, 4]
    let null = [2.0, 2.5, 4, 6]
    let found = try #require(NullComparison(losses: losses, null: null, values: 2))
    // Differences −1, −0.5, −1, −2: mean −1.125, variance of the mean 0.3958…/4.
    #expect(abs(found.loss - found.null + 1.125) < 1e-12)
    #expect(abs(found.standardError - 0.3145764348) < 1e-9)
    #expect(found.isBetter == true)
    #expect(NullComparison(losses: null, null: losses, values: 2)?.isBetter == false)
    #expect(
      NullComparison(losses: losses, null: losses.map { _ in .nan }, values: 2)?.isBetter == nil)
    #expect(NullComparison(losses: [], null: [], values: 2) == nil)
  }
}
