import Modeling

/// How many donors and variants a file of genotypes has.
public struct GenotypeSize: Sendable {
  /// Names of the donors.
  public let donors: Set<String>
  private let path: String
  private let variants: [Chromosome?: Int]

  /// Of a PLINK file set only `.bim` and `.fam` are read, of other files everything.
  ///
  /// Local.
  /// - Throws: `StorageError` as ``GenotypeFile/read(_:chromosome:)``.
  public init(_ path: String) throws(StorageError) {
    let path = try GenotypeFile.located(path)
    self.path = path
    if path.lowercased().hasSuffix(".bed") {
      let size = try PlinkFiles(path).size()
      donors = Set(size.donors)
      variants = Self.counted(size.chromosomes)
      return
    }
    let (genotypes, _) = try GenotypeFile.read(path)
    donors = Set(genotypes.donors)
    let column = genotypes.variants["chromosome"]?.asCategories
    variants = Self.counted(
      genotypes.variants.names.indices.map { index in
        guard let column, column.codes[index] >= 0 else { return "" }
        return column.names[Int(column.codes[index])]
      })
  }

  private static func counted(_ chromosomes: [String]) -> [Chromosome?: Int] {
    chromosomes.reduce(into: [:]) { counts, name in counts[Chromosome(name), default: 0] += 1 }
  }

  /// Variants of a chromosome, of all if nil, before any selection.
  ///
  /// - Throws: `StorageError` where there are none.
  public func variantCount(chromosome: String?) throws(StorageError) -> Int {
    guard let chromosome else { return variants.values.reduce(0, +) }
    guard let wanted = Chromosome(chromosome), let count = variants[wanted] else {
      throw StorageError(file: path, problem: "has no variants on chromosome \(chromosome)")
    }
    return count
  }
}
