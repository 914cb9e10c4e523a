import Foundation
public import Modeling

/// Genotypes out of the files that genetics keeps them in.
///
/// | What | By its name | Counted allele |
/// |---|---|---|
/// | PLINK 1 binary | `.bed`, or its name without ending, with `.bim` and `.fam` beside | A1, column 5 of `.bim` |
/// | VCF, BCF (plain, gzip, bgzip) | `.vcf`, `.vcf.gz`, `.bcf` | ALT; GT, or DS or GP rounded where GT is missing |
/// | table, a variant a line | all others: `.tsv`, `.csv`, `.txt`, also `.gz` | as the table says |
///
/// Local.
public enum GenotypeFile {
  /// Reads a file.
  ///
  /// - Parameter chromosome: keep the variants of this one only, under any of its names (`Chromosome`); nil: all.
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
    let path = try located(path)
    let wanted = try chromosome.map { name throws(StorageError) in
      guard let chromosome = Chromosome(name) else {
        throw StorageError(file: path, problem: "cannot be searched for the chromosome \"\(name)\"")
      }
      return chromosome
    }
    let name = path.lowercased()
    let table: GenotypeTable
    if name.hasSuffix(".bed") {
      table = try PlinkFiles(path).read(wanted, in: store)
    } else if [".vcf", ".vcf.gz", ".vcf.bgz", ".bcf"].contains(where: name.hasSuffix) {
      table = try VariantCalls.read(path, wanted, in: store)
    } else if let problem = problem(of: name) {
      throw StorageError(file: path, problem: problem)
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
  /// The file that a path means: the name of a PLINK file set may do without its ending.
  static func located(_ path: String) throws(StorageError) -> String {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    if isThere, !isFolder.boolValue { return path }
    let files = FileManager.default
    if files.fileExists(atPath: path + ".bed") { return path + ".bed" }
    if files.fileExists(atPath: path + ".pgen") { return path + ".pgen" }
    throw StorageError(
      file: path,
      problem: isThere ? "is a folder, expected a file of genotypes" : "does not exist")
  }

  /// Why a file of this name is not read; nil where it may be.
  private static func problem(of name: String) -> String? {
    let stem = name.split(separator: "/").last.map { $0.prefix { $0 != "." } } ?? "NAME"
    if [".bim", ".fam"].contains(where: name.hasSuffix) {
      return "has no genotypes: name the .bed file beside it"
    }
    if [".pgen", ".pvar", ".psam"].contains(where: name.hasSuffix) {
      return
        "is a file of PLINK 2. Convert it: plink2 --pfile \(stem) --make-bed --out \(stem)"
    }
    if name.hasSuffix(".raw") {
      return
        "is a table of PLINK's --recode A (donors × variants, without places). Name the .bed file that it was made from"
    }
    if [".ped", ".map"].contains(where: name.hasSuffix) {
      return "is a text file of PLINK. Convert it: plink --file \(stem) --make-bed --out \(stem)"
    }
    if [".bgen", ".gen", ".gen.gz"].contains(where: name.hasSuffix) {
      return
        "is a file of Oxford formats. Convert it: plink2 --bgen (or --gen) … --export vcf vcf-dosage=DS"
    }
    if [".gds", ".zarr", ".mt"].contains(where: name.hasSuffix) {
      return "is of a format that is not read: expected PLINK .bed, VCF, BCF, or a table of dosages"
    }
    return nil
  }

  /// The sex of the donors, as far as a file tells it: a PLINK file set in its `.fam`, others not.
  ///
  /// Local.
  /// - Throws: `StorageError` where the `.fam` is missing or damaged.
  public static func sexes(_ path: String) throws(StorageError) -> [String: DonorSex] {
    let path = try located(path)
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
