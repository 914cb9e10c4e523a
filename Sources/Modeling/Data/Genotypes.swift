/// Genotypes of donors: how many copies of the counted allele each carries at each variant.
///
/// A plain value, the same on every rank; a byte a genotype, so that 831 donors × 200 000 variants take
/// 170 MB.
public struct Genotypes: Companion, Equatable {
  /// The byte of a genotype that was not observed.
  public static var missing: UInt8 { 255 }

  /// Names of the donors.
  public var donors: [String]
  /// The variants: identifiers as names; columns `chromosome`, `position`, `counted_allele`,
  /// `other_allele` as far as the file says.
  public var variants: Table
  /// Copies of the counted allele, 0, 1 or 2, or ``missing``: donors × variants, row-major.
  public var dosages: [UInt8]

  /// Genotypes.
  ///
  /// - Precondition: a byte for every donor and variant, each 0, 1, 2 or ``missing``.
  public init(donors: [String], variants: Table, dosages: [UInt8]) {
    precondition(
      dosages.count == donors.count * variants.count,
      "\(dosages.count) genotypes of \(donors.count) donors at \(variants.count) variants")
    precondition(
      dosages.allSatisfy { $0 <= 2 || $0 == Self.missing }, "a genotype is 0, 1, 2 or missing")
    self.donors = donors
    self.variants = variants
    self.dosages = dosages
  }

  /// How many donors.
  public var donorCount: Int { donors.count }
  /// How many variants.
  public var variantCount: Int { variants.count }

  /// One donor's copies of the counted allele at one variant, or ``missing``.
  public subscript(donor: Int, variant: Int) -> UInt8 {
    dosages[donor * variantCount + variant]
  }

  /// The donors at these positions, in this order.
  public func selecting(donors positions: some Sequence<Int>) -> Genotypes {
    let positions = Array(positions)
    return Genotypes(
      donors: positions.map { donors[$0] }, variants: variants,
      dosages: positions.flatMap { dosages[$0 * variantCount..<($0 + 1) * variantCount] })
  }

  /// The variants at these positions, in this order.
  public func selecting(variants positions: some Sequence<Int>) -> Genotypes {
    let positions = Array(positions)
    return Genotypes(
      donors: donors, variants: variants.selecting(positions),
      dosages: donors.indices.flatMap { donor in positions.map { self[donor, $0] } })
  }
}
