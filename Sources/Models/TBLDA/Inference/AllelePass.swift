package import LinearAlgebra
import Probability
import RealModule

/// One pass over the genotypes of a lane's variants: the responsibilities of topics and ancestral populations
/// for allele copies, summed.
///
/// Ancestry is J more topics that stand still: with sources B = [τ; Θ] and weights of the counted and the
/// other allele
///
///     T¹ = [α β, (1 − α) Λ¹]      T⁰ = [α (1 − β), (1 − α) Λ⁰]
///     W¹ = Y / (T¹ B)             W⁰ = (2 − Y) / (T⁰ B)               0 in both where y is missing
///     N¹ = T¹ ∘ (W¹ Bᵀ)           N⁰ = T⁰ ∘ (W⁰ Bᵀ)                   expected copies by source
///     M  = T¹ᵀ W¹ + T⁰ᵀ W⁰
///
/// The topics' columns of N update ζ̂ and γ̂, the populations' columns α, M the samples' topics.
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | B | sources: shares of populations, expected topics of donors | (J + K) × I | `sources` |
/// | M | | (J + K) × I | `donorSums` |
/// | Λ¹, Λ⁰ | weights of either allele in topics | S × K | `weights` |
/// | N¹, N⁰ | of the topics | S × K | `copies` |
/// | Σ N of the populations | | | `ancestryCopies` |
///
/// With Λ¹ = exp E[log λ], Λ⁰ = exp E[log (1 − λ)] that is a step of coordinate ascent; with Λ¹ = λ, Λ⁰ = 1 − λ
/// it gives the derivatives of the likelihood: N¹/λ − N⁰/(1 − λ) by λ, M by θ (up to a constant, which the
/// simplex does not see).
package struct AllelePass {
  /// M.
  package private(set) var donorSums: Matrix<Double>
  /// N¹ and N⁰ of the topics.
  package private(set) var copies: AllelePair
  /// Expected allele copies from ancestry alone.
  package private(set) var ancestryCopies = 0.0
  /// Σ y log (T¹ B) + (2 − y) log (T⁰ B); 0 unless asked for.
  package private(set) var logLikelihood = 0.0

  /// A pass.
  ///
  /// - Parameters:
  ///   - genotypes: variants × donors, 3 where missing.
  ///   - frequencies: β, variants × populations.
  package init(
    genotypes: [UInt8], frequencies: [Double], weights: AllelePair, sources: Matrix<Double>,
    alpha: Double, wantsLikelihood: Bool
  ) {
    let (S, K) = (weights.counted.rowCount, weights.counted.columnCount)
    let (sourceCount, I) = (sources.rowCount, sources.columnCount)
    donorSums = Matrix(rowCount: sourceCount, columnCount: I, repeating: 0)
    copies = weights
    let blockRows = min(128, max(16, 65_536 / max(1, I)))
    let blockCount = (S + blockRows - 1) / blockRows
    var ratios = Matrix<Double>(rowCount: 0, columnCount: 0, repeating: 0)
    var otherRatios = ratios
    for block in 0..<blockCount {
      let rows = block * S / blockCount..<(block + 1) * S / blockCount
      let (ones, zeros) = Self.weights(
        rows, of: weights, frequencies: frequencies, width: sourceCount, alpha: alpha)
      if ratios.rowCount != rows.count {
        ratios = Matrix(rowCount: rows.count, columnCount: I, repeating: 0)
        otherRatios = ratios
      }
      ratios.setProduct(ones, sources)
      otherRatios.setProduct(zeros, sources)
      if wantsLikelihood {
        logLikelihood += Self.logLikelihood(
          genotypes, from: rows.lowerBound * I, ratios, otherRatios)
      }
      Self.divide(genotypes, from: rows.lowerBound * I, &ratios, &otherRatios)
      donorSums.setProduct(ones, ratios, transposing: .first, beta: 1)
      donorSums.setProduct(zeros, otherRatios, transposing: .first, beta: 1)
      let bySource = matrixProduct(ratios, sources, transposing: .second)
      let otherBySource = matrixProduct(otherRatios, sources, transposing: .second)
      for (index, row) in rows.enumerated() {
        for source in 0..<sourceCount {
          let counted = ones[index, source] * bySource[index, source]
          let other = zeros[index, source] * otherBySource[index, source]
          let topic = source - (sourceCount - K)
          if topic < 0 {
            ancestryCopies += counted + other
          } else {
            copies.counted[row, topic] = counted
            copies.other[row, topic] = other
          }
        }
      }
    }
  }

  /// T¹ and T⁰ of some variants.
  private static func weights(
    _ rows: Range<Int>, of topics: AllelePair, frequencies: [Double], width: Int, alpha: Double
  ) -> (Matrix<Double>, Matrix<Double>) {
    let K = topics.counted.columnCount
    let J = width - K
    var ones = Matrix<Double>(rowCount: rows.count, columnCount: width, repeating: 0)
    var zeros = ones
    for (index, row) in rows.enumerated() {
      for population in 0..<J {
        let frequency = frequencies[row * J + population]
        ones[index, population] = alpha * frequency
        zeros[index, population] = alpha * (1 - frequency)
      }
      for topic in 0..<K {
        ones[index, J + topic] = (1 - alpha) * topics.counted[row, topic]
        zeros[index, J + topic] = (1 - alpha) * topics.other[row, topic]
      }
    }
    return (ones, zeros)
  }

  /// W¹ and W⁰ in the place of T¹ B and T⁰ B.
  private static func divide(
    _ genotypes: [UInt8], from start: Int, _ ratios: inout Matrix<Double>,
    _ otherRatios: inout Matrix<Double>
  ) {
    // copies of either allele by genotype; a missing genotype has none
    let copies: (SIMD4<Double>, SIMD4<Double>) = ([0, 1, 2, 0], [2, 1, 0, 0])
    ratios.withUnsafeMutableElements { ratios in
      otherRatios.withUnsafeMutableElements { others in
        genotypes.withUnsafeBufferPointer { genotypes in
          withUnsafeBytes(of: copies) { table in
            let table = table.assumingMemoryBound(to: Double.self)
            for index in ratios.indices {
              let genotype = Int(genotypes[start &+ index])
              let (ones, zeros) = (table[genotype], table[4 &+ genotype])
              ratios[index] = ones == 0 ? 0 : ones / ratios[index]
              others[index] = zeros == 0 ? 0 : zeros / others[index]
            }
          }
        }
      }
    }
  }

  /// Σ y log p + (2 − y) log q, p and q unnormalised: one logarithm for four genotypes.
  private static func logLikelihood(
    _ genotypes: [UInt8], from start: Int, _ p: Matrix<Double>, _ q: Matrix<Double>
  ) -> Double {
    p.withUnsafeElements { p in
      q.withUnsafeElements { q in
        genotypes.withUnsafeBufferPointer { genotypes in
          var (sum, product, count) = (0.0, 1.0, 0)
          for index in p.indices {
            switch genotypes[start &+ index] {
            case 0: product *= q[index] * q[index]
            case 1: product *= p[index] * q[index]
            case 2: product *= p[index] * p[index]
            default: break
            }
            count &+= 1
            // Factors of 10⁻³⁰ and more cannot bring three more of them below the smallest number.
            if count == 4 || product < 1e-60 {
              sum += .log(product)
              (product, count) = (1, 0)
            }
          }
          return sum + .log(product)
        }
      }
    }
  }
}
