/// The ancestry of donors and variants, found before a fit and then held fixed: the expected frequency of
/// the counted allele is their product.
///
///     A_ji = Σ_q β_jq τ_qi,   Σ_q τ_qi = 1
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | β | allele frequencies of the ancestral populations | `frequencies`, variants × populations |
/// | τ | shares of the populations in each donor | `shares`, donors × populations |
public struct Ancestry: Companion, Equatable {
  /// Names of the donors.
  public let donors: [String]
  /// The variants: β is of the counted allele.
  public let variants: [Variant]
  /// How many ancestral populations.
  public let populationCount: Int
  /// τ, donors × populations, row-major; each row sums to 1.
  public let shares: [Double]
  /// β, variants × populations, row-major, 0…1.
  public let frequencies: [Double]

  /// An ancestry; the shares of each donor are divided by their sum.
  ///
  /// - Precondition: numbers for every donor and variant.
  public init(
    donors: [String], variants: [Variant], populationCount: Int, shares: [Double],
    frequencies: [Double]
  ) {
    precondition(
      populationCount > 0 && shares.count == donors.count * populationCount
        && frequencies.count == variants.count * populationCount,
      "an ancestry of \(shares.count) shares and \(frequencies.count) frequencies")
    self.donors = donors
    self.variants = variants
    self.populationCount = populationCount
    self.frequencies = frequencies
    var shares = shares
    for donor in donors.indices {
      let range = donor * populationCount..<(donor + 1) * populationCount
      let sum = shares[range].reduce(0, +)
      for index in range { shares[index] /= sum }
    }
    self.shares = shares
  }

  /// The variants asked for in their order, each counting the allele that is counted there: β becomes 1 − β where the
  /// alleles are exchanged.
  ///
  /// - Throws: `ModelError` as ``VariantAlignment``.
  public func frequencies(
    of wanted: [Variant]
  ) throws(ModelError) -> (frequencies: [Double], notes: [String]) {
    let alignment = try VariantAlignment(
      of: wanted, asker: "the genotypes", in: variants, file: "the ancestry")
    var frequencies: [Double] = []
    frequencies.reserveCapacity(wanted.count * populationCount)
    for (place, isSwapped) in zip(alignment.places, alignment.isSwapped) {
      for value in self.frequencies[place * populationCount..<(place + 1) * populationCount] {
        frequencies.append(isSwapped ? 1 - value : value)
      }
    }
    return (frequencies, alignment.notes)
  }
}
