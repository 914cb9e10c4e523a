/// How many genotypes are fitted along with the counts.
public struct GenotypeShape: Companion, Equatable {
  /// How many variants there are.
  public var variantCount: Int
  /// How many donors there are; 0 where it is not known.
  public var donorCount: Int

  /// So many donors at so many variants.
  public init(variantCount: Int, donorCount: Int) {
    self.variantCount = variantCount
    self.donorCount = donorCount
  }

  /// One for every donor at every variant.
  public var entryCount: Double { Double(variantCount) * Double(donorCount) }
}
