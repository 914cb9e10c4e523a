import Collectives
import Modeling
import Storage

/// Where the genotypes of a fit come from, and which genes and variants take part.
public struct GenotypeInput: Sendable {
  /// PLINK, VCF or a table.
  public var genotypes: String
  /// The ancestry's table; nil: none.
  public var ancestry: String?
  /// The chromosome of the variants; nil: all.
  public var variantChromosome: String?
  /// The chromosome of the genes, as `var` has it in the column `chromosome`; nil: all.
  public var geneChromosome: String?

  /// Genotypes from a file.
  public init(
    genotypes: String, ancestry: String?, variantChromosome: String?, geneChromosome: String?
  ) {
    self.genotypes = genotypes
    self.ancestry = ancestry
    self.variantChromosome = variantChromosome
    self.geneChromosome = geneChromosome
  }

  /// The genes of the chromosome, by name; nil for all.
  ///
  /// Collective.
  /// - Throws: `CollectiveFailure` where the data do not say where genes are, or have none there.
  func genes(
    of path: String, source: MatrixSource?, with world: borrowing Communicator
  ) throws(CollectiveFailure) -> [String]? {
    guard let geneChromosome else { return nil }
    return try world.agree(on: "choose genes") { try Self.genes(path, source, geneChromosome) }
  }

  private static func genes(
    _ path: String, _ source: MatrixSource?, _ chromosome: String
  ) throws -> [String] {
    let file = try AnnDataFile(path)
    let matrix = try CountSource.matrix(of: file, asked: source).matrix
    var warnings: [String] = []
    let columns = try file.columns(of: matrix.source, warnings: &warnings)
    guard let (codes, names) = columns["chromosome"]?.asCategories else {
      throw StorageError(
        file: path, place: "var",
        problem: "has no column \"chromosome\", which --gene-chromosome needs")
    }
    let wanted = Set(names.indices.filter { plain(names[$0]) == plain(chromosome) }.map(Int32.init))
    let genes = codes.indices.filter { wanted.contains(codes[$0]) }.map { columns.names[$0] }
    guard !genes.isEmpty else {
      throw StorageError(
        file: path, place: "var",
        problem:
          "has no genes on chromosome \(chromosome) (it has \(names.prefix(3).joined(separator: ", ")) …)"
      )
    }
    return genes
  }

  private static func plain(_ name: String) -> Substring {
    name.lowercased().hasPrefix("chr") ? name.dropFirst(3) : name[...]
  }

  /// Adds genotypes and ancestry to what everyone knows about the data.
  ///
  /// Collective: every rank reads the files.
  /// - Returns: remarks for the log.
  /// - Throws: `CollectiveFailure` where they cannot be read.
  func add(
    to summary: inout DataSummary, with world: borrowing Communicator
  ) throws(CollectiveFailure) -> [String] {
    let (read, ancestry) = try world.agree(on: "read \(genotypes)") { try self.read() }
    var fingerprint = Fingerprint()
    fingerprint.add(summary.fingerprint)
    fingerprint.add(read.genotypes.dosages)
    for name in read.genotypes.donors + read.genotypes.variants.names { fingerprint.add(name) }
    for number in (ancestry?.shares ?? []) + (ancestry?.frequencies ?? []) {
      fingerprint.add(number)
    }
    summary.genotypes = read.genotypes
    summary.ancestry = ancestry
    summary.fingerprint = fingerprint.description
    return read.notes
  }

  private func read() throws -> ((genotypes: Genotypes, notes: [String]), Ancestry?) {
    let read = try GenotypeFile.read(genotypes, chromosome: variantChromosome)
    guard let ancestry else { return (read, nil) }
    return (read, try AncestryFile.read(ancestry))
  }
}
