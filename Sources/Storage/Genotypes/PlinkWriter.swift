public import Modeling

/// Writes genotypes as PLINK 1 binary files: `.bed` (a variant after the other), `.bim` and `.fam`.
///
/// The counted allele is A1. Two bits a genotype, the first donor lowest: 00 two copies, 10 one, 11 none,
/// 01 missing.
public enum PlinkWriter {
  /// Writes `name.bed`, `name.bim` and `name.fam`.
  ///
  /// Local.
  /// - Throws: `StorageError` where a file exists and may not be replaced, or cannot be written.
  public static func write(
    _ genotypes: Genotypes, to name: String, overwrite: Bool
  ) throws(StorageError) {
    try AtomicFile.write(bed(genotypes), to: name + ".bed", overwrite: overwrite)
    try AtomicFile.write(bim(genotypes.variants), to: name + ".bim", overwrite: overwrite)
    let family = genotypes.donors.map { "0\t\($0)\t0\t0\t0\t-9\n" }.joined()
    try AtomicFile.write(family, to: name + ".fam", overwrite: overwrite)
  }

  private static func bed(_ genotypes: Genotypes) -> [UInt8] {
    let bytesPerVariant = (genotypes.donorCount + 3) / 4
    let codes: [UInt8] = [3, 2, 0]
    var bytes: [UInt8] = [0x6C, 0x1B, 1]
    bytes.reserveCapacity(3 + bytesPerVariant * genotypes.variantCount)
    for variant in 0..<genotypes.variantCount {
      for first in stride(from: 0, to: genotypes.donorCount, by: 4) {
        var byte: UInt8 = 0
        for donor in first..<min(first + 4, genotypes.donorCount) {
          let copies = genotypes[donor, variant]
          let code = copies == Genotypes.missing ? 1 : codes[Int(copies)]
          byte |= code << UInt8(2 * (donor - first))
        }
        bytes.append(byte)
      }
    }
    return bytes
  }

  private static func bim(_ variants: Table) -> String {
    func texts(_ name: String, _ missing: String) -> [String] {
      guard let column = variants[name] else { return variants.names.map { _ in missing } }
      guard let (codes, names) = column.asCategories else {
        return variants.names.map { _ in missing }
      }
      return codes.map { $0 < 0 ? missing : names[Int($0)] }
    }
    let chromosomes = texts("chromosome", "0")
    let positions = texts("position", "0")
    let counted = texts("counted_allele", "0")
    let others = texts("other_allele", "0")
    return variants.names.indices.map {
      "\(chromosomes[$0])\t\(variants.names[$0])\t0\t\(positions[$0])\t\(counted[$0])\t\(others[$0])\n"
    }.joined()
  }
}
