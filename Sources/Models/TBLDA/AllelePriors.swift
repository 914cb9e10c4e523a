import Modeling

/// ζ and γ of a lane's variants, the prior of allele frequencies in topics: the same for all, or around each variant's
/// own frequency.
///
///     half:       λ_jk ~ Beta(ζ, γ)
///     frequency:  λ_jk ~ Beta((ζ + γ) f_j, (ζ + γ) (1 − f_j)),   f_j = (½ + copies_j) / (1 + 2 observed_j)
///
/// A topic that holds few copies of a variant has about the prior's mean: one half predicts genotypes far from it badly,
/// the frequency as well as ancestry of one population does.
struct AllelePriors: Sendable {
  /// ζ, one number for all variants or one for each.
  let counted: [Double]
  /// γ, one number for all variants or one for each.
  let other: [Double]

  /// The priors of a run of variants.
  init(_ configuration: TBLDAConfiguration, _ counts: ArraySlice<VariantCounts>) {
    let (zeta, gamma) = (configuration.allelePrior, configuration.otherAllelePrior)
    guard configuration.alleleCenter == .frequency, !counts.isEmpty else {
      (counted, other) = ([zeta], [gamma])
      return
    }
    let frequencies = counts.map { (0.5 + Double($0.copies)) / Double(1 + 2 * $0.observed) }
    counted = frequencies.map { (zeta + gamma) * $0 }
    other = frequencies.map { (zeta + gamma) * (1 - $0) }
  }

  /// The smallest of all.
  var smallest: Double { min(counted.min() ?? 1, other.min() ?? 1) }

  /// ζ and γ side by side: once for all, or for every variant's topics.
  func interleaved(_ topicCount: Int) -> [Double] {
    guard counted.count > 1 else { return [counted[0], other[0]] }
    return zip(counted, other).flatMap { zeta, gamma in
      (0..<topicCount).flatMap { _ in [zeta, gamma] }
    }
  }
}
