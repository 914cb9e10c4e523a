import Foundation
public import Modeling

/// Genotypes out of the files that genetics keeps them in.
///
/// | What | By its name | Counted allele |
/// |---|---|---|
/// | PLINK 1 binary | `.bed`, with `.bim` and `.fam` beside | A1, column 5 of `.bim` |
/// | VCF, BCF (plain, gzip, bgzip) | `.vcf`, `.vcf.gz`, `.bcf` | ALT; GT, or DS rounded |
/// | table, a variant a line | all others: `.tsv`, `.csv`, `.txt`, also `.gz` | as the table says |
///
/// Local.
public enum GenotypeFile {
  /// Reads a file.
  ///
  /// - Parameter chromosome: keep the variants of this one only (`chr1` and `1` are the same); nil: all.
  /// - Returns: the genotypes and what is odd about them, a line each.
  /// - Throws: `StorageError` naming the place where the file is damaged, where a donor stands twice, a
  ///   dosage lies outside 0…2, or nothing is left.
  public static func read(
    _ path: String, chromosome: String? = nil
  ) throws(StorageError) -> (genotypes: Genotypes, notes: [String]) {
    try table(path, chromosome, in: nil).finished(path)
  }

  /// Reads a file whose genotypes are to stay outside of memory.
  ///
  /// - Parameter store: empty, and for nothing else.
  /// - Throws: `StorageError` likewise, and where the store cannot be written.
  public static func read(
    _ path: String, chromosome: String?, into store: any ByteStore
  ) throws -> PackedGenotypes {
    var table = try table(path, chromosome, in: store)
    let packed = try table.packed(path)
    if let failure = store.failure { throw failure }
    guard let packed else { preconditionFailure("a table with a store keeps its genotypes there") }
    return packed
  }

  private static func table(
    _ path: String, _ chromosome: String?, in store: (any ByteStore)?
  ) throws(StorageError) -> GenotypeTable {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw StorageError(file: path, problem: "does not exist")
    }
    guard !isFolder.boolValue else {
      throw StorageError(file: path, problem: "is a folder, expected a file of genotypes")
    }
    let wanted = chromosome.map(Chromosome.init)
    let name = path.lowercased()
    let table: GenotypeTable
    if name.hasSuffix(".bed") {
      table = try PlinkFiles(path).read(wanted, in: store)
    } else if [".vcf", ".vcf.gz", ".vcf.bgz", ".bcf"].contains(where: name.hasSuffix) {
      table = try VariantCalls.read(path, wanted, in: store)
    } else if [".bim", ".fam"].contains(where: name.hasSuffix) {
      throw StorageError(file: path, problem: "has no genotypes: name the .bed file beside it")
    } else {
      table = try DosageTable.read(path, wanted, in: store)
    }
    guard !table.donors.isEmpty else { throw StorageError(file: path, problem: "has no donors") }
    guard table.variantCount > 0 else {
      throw StorageError(
        file: path,
        problem: chromosome.map { "has no variants on chromosome \($0)" } ?? "has no variants")
    }
    return table
  }
}

extension GenotypeFile {
  /// The sex of the donors, as far as a file tells it: a PLINK file set in its `.fam`, others not.
  ///
  /// Local.
  /// - Throws: `StorageError` where the `.fam` is missing or damaged.
  public static func sexes(_ path: String) throws(StorageError) -> [String: DonorSex] {
    guard path.lowercased().hasSuffix(".bed") else { return [:] }
    var sexes: [String: DonorSex] = [:]
    for (name, sex) in try PlinkFiles(path).individuals() { sexes[name] = sex }
    return sexes
  }
}

/// The sex of a donor.
public enum DonorSex: String, Sendable, CustomStringConvertible {
  /// One X chromosome and one Y.
  case male
  /// Two X chromosomes.
  case female

  /// Out of what tables write: `male`, `m`, `1`; `female`, `f`, `2`; nil for anything else.
  public init?(_ text: String) {
    switch text.lowercased() {
    case "male", "m", "1": self = .male
    case "female", "f", "2": self = .female
    default: return nil
    }
  }

  /// In a word.
  public var description: String { rawValue }
}

/// A chromosome's name without `chr` in front, for comparing.
struct Chromosome: Equatable {
  let name: Substring

  init(_ text: String) {
    let hasPrefix = text.lowercased().hasPrefix("chr") && text.count > 3
    name = hasPrefix ? text.dropFirst(3) : text[...]
  }
}
