package import LinearAlgebra
package import Modeling
import RealModule

/// The sources of reads in logarithms, for numbers so small that their products are 0:
///
///     r_lgk = φ_lk ψ_kg / Σ_j φ_lj ψ_jg        Σ_g x r (samples × topics),  Σ_l x r (topics × genes)
///
/// φ ∘ P and ψ ∘ G of ``ReadPass``. Local.
/// - Complexity: an exponential for each read gene and topic.
package struct ReadShares {
  /// Reads by sample and topic.
  package private(set) var bySample: Matrix<Double>
  /// Reads by topic and gene.
  package private(set) var byGene: Matrix<Double>
  /// Σ x log (φ ψ).
  package private(set) var logLikelihood = 0.0

  /// The sources of some samples' reads.
  ///
  /// - Parameters:
  ///   - samples: their counts, and which rows of these they are.
  ///   - weights: log φ, a row for each sample.
  ///   - topics: log ψ, topics × genes.
  package init(
    _ samples: (counts: CompressedCounts, rows: [Int]), weights: Matrix<Double>,
    topics: Matrix<Double>
  ) {
    let K = topics.rowCount
    bySample = Matrix(rowCount: samples.rows.count, columnCount: K)
    byGene = Matrix(rowCount: K, columnCount: topics.columnCount)
    let genes = topics.transposed()
    var terms = [Double](repeating: 0, count: K)
    for (sample, row) in samples.rows.enumerated() {
      samples.counts.forEachNonZero(inRow: row) { gene, count in
        for topic in 0..<K { terms[topic] = weights[sample, topic] + genes[gene, topic] }
        logLikelihood += Double(count) * normalize(&terms)
        for topic in 0..<K {
          bySample[sample, topic] += Double(count) * terms[topic]
          byGene[topic, gene] += Double(count) * terms[topic]
        }
      }
    }
  }
}

/// The sources of allele copies in logarithms: ancestry, and topics with
///
///     r_sik ∝ (1 − α) λ_sk Θ_ki  (counted),  (1 − α)(1 − λ_sk) Θ_ki  (other);  of ancestry ∝ α βτ, α (1 − β)τ
///
/// N and Θ ∘ M of ``AllelePass``. Local.
/// - Complexity: two exponentials for each genotype and topic.
package struct AlleleShares {
  /// Copies by variant and topic, of either allele.
  package private(set) var copies: AllelePair
  /// Copies by topic and donor.
  package private(set) var byDonor: Matrix<Double>
  /// Copies of ancestry.
  package private(set) var ofAncestry = 0.0
  /// Σ y log p + (2 − y) log (1 − p).
  package private(set) var logLikelihood = 0.0

  /// The sources of some variants' alleles.
  ///
  /// - Parameters:
  ///   - genotypes: variants × donors, 3 where missing.
  ///   - frequencies: β, variants × populations.
  ///   - weights: log λ and log (1 − λ), variants × topics.
  ///   - sources: [τ; Θ], (populations + topics) × donors.
  package init(
    genotypes: [UInt8], frequencies: [Double], weights: AllelePair, sources: Matrix<Double>,
    alpha: Double
  ) {
    let (S, K) = (weights.counted.rowCount, weights.counted.columnCount)
    let (J, I) = (sources.rowCount - K, sources.columnCount)
    let none = Matrix<Double>(rowCount: S, columnCount: K)
    copies = AllelePair(counted: none, other: none)
    byDonor = Matrix(rowCount: K, columnCount: I)
    let logarithms = sources.map { Double.log($0) }
    let ofTopics = Double.log(1 - alpha)
    // The last is that of ancestry.
    var terms = [Double](repeating: 0, count: K + 1)
    for variant in 0..<S {
      for donor in 0..<I where genotypes[variant * I + donor] < 3 {
        let counted = Double(genotypes[variant * I + donor])
        for (isCounted, number) in [(true, counted), (false, 2 - counted)] where number > 0 {
          var ancestry = 0.0
          for population in 0..<J {
            let frequency = frequencies[variant * J + population]
            ancestry += (isCounted ? frequency : 1 - frequency) * sources[population, donor]
          }
          for topic in 0..<K {
            terms[topic] =
              ofTopics + logarithms[J + topic, donor]
              + (isCounted ? weights.counted : weights.other)[variant, topic]
          }
          terms[K] = .log(alpha * ancestry)
          logLikelihood += number * normalize(&terms)
          ofAncestry += number * terms[K]
          for topic in 0..<K {
            byDonor[topic, donor] += number * terms[topic]
            if isCounted {
              copies.counted[variant, topic] += number * terms[topic]
            } else {
              copies.other[variant, topic] += number * terms[topic]
            }
          }
        }
      }
    }
  }
}

/// Replaces logarithms of shares by the shares, which sum to 1.
///
/// - Returns: the logarithm of their sum.
private func normalize(_ terms: inout [Double]) -> Double {
  let largest = terms.max() ?? 0
  var sum = 0.0
  for index in terms.indices {
    terms[index] = .exp(terms[index] - largest)
    sum += terms[index]
  }
  for index in terms.indices { terms[index] /= sum }
  return largest + .log(sum)
}
