import Kernels
package import LinearAlgebra

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
  /// M, what updates the donors' sources, (J + K) × I.
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
    let (W, I) = (sources.rowCount, sources.columnCount)
    donorSums = Matrix(rowCount: W, columnCount: I, repeating: 0)
    copies = weights
    guard S > 0, I > 0 else { return }
    var found = (ancestry: 0.0, likelihood: 0.0)
    donorSums.withUnsafeMutableBase { donorSums in
      copies.counted.withUnsafeMutableBase { counted in
        copies.other.withUnsafeMutableBase { other in
          sources.withUnsafeBase { sources in
            genotypes.withUnsafeBufferPointer { genotypes in
              let blocks = AlleleBlocks(
                variantCount: S, topicCount: K, sourceCount: W, donorCount: I,
                genotypes: genotypes, frequencies: frequencies, sources: sources, alpha: alpha)
              found = blocks.pass(
                counted: counted, other: other, donorSums: donorSums,
                wantsLikelihood: wantsLikelihood)
            }
          }
        }
      }
    }
    (ancestryCopies, logLikelihood) = found
  }
}

/// The variants of a pass, block by block, the two alleles one above the other, so that each product is one:
///
///     T = [T¹; T⁰]      W = [W¹; W⁰]      N = T ∘ (W Bᵀ)      M = Tᵀ W
private struct AlleleBlocks {
  let variantCount: Int
  let topicCount: Int
  let sourceCount: Int
  let donorCount: Int
  let genotypes: UnsafeBufferPointer<UInt8>
  let frequencies: [Double]
  let sources: UnsafePointer<Double>
  let alpha: Double

  /// Replaces Λ¹, Λ⁰ by N¹, N⁰ and adds up M.
  ///
  /// - Returns: expected copies from ancestry, and the log-likelihood; 0 unless asked for.
  func pass(
    counted: UnsafeMutablePointer<Double>, other: UnsafeMutablePointer<Double>,
    donorSums: UnsafeMutablePointer<Double>, wantsLikelihood: Bool
  ) -> (Double, Double) {
    let (S, W, I) = (variantCount, sourceCount, donorCount)
    let blockRows = min(128, max(16, 65_536 / I))
    let blockCount = (S + blockRows - 1) / blockRows
    let weights = UnsafeMutablePointer<Double>.allocate(capacity: 2 * blockRows * W)
    let bySource = UnsafeMutablePointer<Double>.allocate(capacity: 2 * blockRows * W)
    let ratios = UnsafeMutablePointer<Double>.allocate(capacity: 2 * blockRows * I)
    defer {
      weights.deallocate()
      bySource.deallocate()
      ratios.deallocate()
    }
    let kernels = Kernels.current.topics
    var (ancestryCopies, logLikelihood) = (0.0, 0.0)
    for block in 0..<blockCount {
      let rows = block * S / blockCount..<(block + 1) * S / blockCount
      let n = rows.count
      setWeights(rows, counted, other, weights)
      Double.gemm(
        rowCount: 2 * n, columnCount: I, depth: W, alpha: 1, a: Operand(weights, stride: W),
        b: Operand(sources, stride: I), beta: 0, c: ratios, cStride: I)
      if let own = genotypes.baseAddress.map({ $0 + rows.lowerBound * I }) {
        if wantsLikelihood {
          logLikelihood += kernels.logLikelihood(
            copies: own, ratios, ratios + n * I, count: n * I)
        }
        kernels.divide(copies: own, ratios, ratios + n * I, count: n * I)
      }
      Double.gemm(
        rowCount: W, columnCount: I, depth: 2 * n, alpha: 1,
        a: Operand(weights, stride: W, .transposed), b: Operand(ratios, stride: I),
        beta: block == 0 ? 0 : 1, c: donorSums, cStride: I)
      Double.gemm(
        rowCount: 2 * n, columnCount: W, depth: I, alpha: 1, a: Operand(ratios, stride: I),
        b: Operand(sources, stride: I, .transposed), beta: 0, c: bySource, cStride: W)
      ancestryCopies += setCopies(rows, weights, bySource, counted, other)
    }
    return (ancestryCopies, logLikelihood)
  }

  /// T of some variants.
  private func setWeights(
    _ rows: Range<Int>, _ counted: UnsafePointer<Double>, _ other: UnsafePointer<Double>,
    _ weights: UnsafeMutablePointer<Double>
  ) {
    let (K, W) = (topicCount, sourceCount)
    let J = W - K
    let rest = 1 - alpha
    for row in rows {
      let ones = weights + (row - rows.lowerBound) * W
      let zeros = ones + rows.count * W
      for population in 0..<J {
        let frequency = frequencies[row * J + population]
        ones[population] = alpha * frequency
        zeros[population] = alpha * (1 - frequency)
      }
      for topic in 0..<K {
        ones[J + topic] = rest * counted[row * K + topic]
        zeros[J + topic] = rest * other[row * K + topic]
      }
    }
  }

  /// N of some variants: the topics' part in the place of Λ, the sum of the populations' part returned.
  private func setCopies(
    _ rows: Range<Int>, _ weights: UnsafePointer<Double>, _ bySource: UnsafePointer<Double>,
    _ counted: UnsafeMutablePointer<Double>, _ other: UnsafeMutablePointer<Double>
  ) -> Double {
    let (K, W) = (topicCount, sourceCount)
    let J = W - K
    var ancestryCopies = 0.0
    for row in rows {
      let ones = (row - rows.lowerBound) * W
      let zeros = ones + rows.count * W
      for population in 0..<J {
        ancestryCopies +=
          weights[ones + population] * bySource[ones + population]
          + weights[zeros + population] * bySource[zeros + population]
      }
      for topic in 0..<K {
        counted[row * K + topic] = weights[ones + J + topic] * bySource[ones + J + topic]
        other[row * K + topic] = weights[zeros + J + topic] * bySource[zeros + J + topic]
      }
    }
    return ancestryCopies
  }
}
