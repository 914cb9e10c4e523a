/// What a variant's genotypes come to.
public struct VariantCounts: Sendable, Equatable {
  /// Donors whose genotype was observed.
  public let observed: Int
  /// Copies of the counted allele among them.
  public let copies: Int

  /// A variant's counts.
  public init(observed: Int, copies: Int) {
    self.observed = observed
    self.copies = copies
  }

  /// Whether there is one allele only, or none observed.
  public var isConstant: Bool { copies == 0 || copies == 2 * observed }
  /// The frequency of the counted allele; NaN where nothing was observed.
  public var frequency: Double { Double(copies) / Double(2 * observed) }
  /// The frequency of the rarer allele; NaN where nothing was observed.
  public var minorFrequency: Double {
    Double(min(copies, 2 * observed - copies)) / Double(2 * observed)
  }
}

extension Genotypes {
  /// What every variant's genotypes come to.
  public var variantCounts: [VariantCounts] {
    var observed = [Int](repeating: 0, count: variantCount)
    var copies = observed
    for donor in 0..<donorCount {
      let start = donor * variantCount
      for variant in 0..<variantCount where dosages[start + variant] != Self.missing {
        observed[variant] += 1
        copies[variant] += Int(dosages[start + variant])
      }
    }
    return zip(observed, copies).map { VariantCounts(observed: $0, copies: $1) }
  }

  /// The variants that can be used: of an allele frequency and share of missing genotypes within bounds.
  ///
  /// - Parameters:
  ///   - minimumFrequency: of the rarer allele; 0 keeps all variants that were observed at all.
  ///   - maximumMissing: the largest share of donors without a genotype.
  public func variants(minimumFrequency: Double, maximumMissing: Double) -> [Int] {
    variantCounts.usable(
      donorCount: donorCount, minimumFrequency: minimumFrequency, maximumMissing: maximumMissing)
  }

  /// The chromosome of every variant as a code, with the names of the codes; nil where it is not known.
  public var chromosomes: (codes: [Int32], names: [String])? {
    variants["chromosome"]?.asCategories
  }

  /// The position of every variant in bases; nil where it is not known.
  public var positions: [Int]? { variants.positions }
}

extension Table {
  /// The column `position`, if it is there and complete.
  var positions: [Int]? {
    guard case .integers(let values)? = self["position"] else { return nil }
    let known = values.compactMap { $0.map { Int($0) } }
    return known.count == values.count ? known : nil
  }
}

extension [VariantCounts] {
  /// Whether these counts let the variant be used, as
  /// ``Genotypes/variants(minimumFrequency:maximumMissing:)`` asks.
  func usable(donorCount: Int, minimumFrequency: Double, maximumMissing: Double) -> [Int] {
    indices.filter { variant in
      let observed = self[variant].observed
      return observed > 0 && self[variant].minorFrequency >= minimumFrequency
        && Double(donorCount - observed) <= maximumMissing * Double(donorCount)
    }
  }
}
