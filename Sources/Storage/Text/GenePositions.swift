import Foundation
public import Modeling

/// Where genes are: out of a GTF or BED file, or a table.
///
/// | GTF | Table with a header | Becomes |
/// |---|---|---|
/// | column 1 | `chromosome`, `chr`, `seqname` | `chromosome`, under its one name (`Chromosome`) |
/// | 4, 5 and the strand: 4 on `+`, 5 on `-` | `tss`, or `start` (and `end`, `strand`) | `position`: where transcription starts |
/// | `gene_name` | `gene_name`, `symbol` | `gene_name` |
/// | `gene_type`, `gene_biotype` | the same | `gene_type` |
///
/// A GTF without lines of the feature `gene` tells of them by its transcripts or exons: a gene runs from the first to the
/// last of them. A BED file has chromosome, start from 0, end, name, and perhaps score and strand. Tables may be BioMart's
/// and MatrixEQTL's.
///
/// Local.
public struct GenePositions: Sendable {
  /// Genes by identifier, with the columns above.
  public let table: Table
  private let places: [String: Int]

  /// Reads a file.
  ///
  /// - Parameter needsStarts: false where chromosomes are enough: a table may then be without positions.
  /// - Throws: `StorageError` with the line that is not understood; where there is no gene.
  public init(_ path: String, needsStarts: Bool = true) throws(StorageError) {
    let name = path.lowercased()
    func ends(_ endings: String...) -> Bool {
      endings.contains { name.hasSuffix($0) || name.hasSuffix($0 + ".gz") }
    }
    let genes =
      try ends(".gtf", ".gff", ".gff3")
      ? Self.gtf(path)
      : ends(".bed") ? Self.bed(path) : Self.listed(path, needsStarts)
    guard !genes.isEmpty else { throw StorageError(file: path, problem: "has no genes") }
    self.init(genes)
  }

  /// Genes whose positions are columns of their table (`chromosome`, `start`, …); nil where they are not.
  public init?(columns table: Table) {
    guard let genes = try? Self.genes(table, path: "", needsStarts: true) else { return nil }
    self.init(genes)
  }

  private init(_ genes: [Gene]) {
    table = Table(
      names: genes.map(\.name),
      columns: [
        NamedColumn("chromosome", .strings(genes.map(\.chromosome))),
        NamedColumn("position", .integers(genes.map(\.position))),
        NamedColumn("gene_name", .strings(genes.map(\.symbol))),
        NamedColumn("gene_type", .strings(genes.map(\.type))),
      ])
    var places: [String: Int] = [:]
    // Identifiers first, then identifiers without version, then symbols.
    for (place, gene) in genes.enumerated() where places[gene.name] == nil {
      places[gene.name] = place
    }
    for (place, gene) in genes.enumerated() {
      let stem = Self.withoutVersion(gene.name)
      if places[stem] == nil { places[stem] = place }
    }
    for (place, gene) in genes.enumerated() {
      if let symbol = gene.symbol, places[symbol] == nil { places[symbol] = place }
    }
    self.places = places
  }

  /// The row of ``table`` with a gene, found by identifier (with or without version) or symbol.
  public func row(of gene: String) -> Int? {
    places[gene] ?? places[Self.withoutVersion(gene)]
  }

  /// The rows of genes, each by its name or else one of its other names.
  public func rows(of genes: Table) -> [Int?] {
    let others = ["gene_ids", "gene_id", "ensembl_id", "symbol", "gene_name", "Description"]
      .compactMap {
        genes[$0]?.asCategories
      }
    return genes.names.indices.map { gene in
      if let row = row(of: genes.names[gene]) { return row }
      for (codes, names) in others where codes[gene] >= 0 {
        if let row = row(of: names[Int(codes[gene])]) { return row }
      }
      return nil
    }
  }

  private static func withoutVersion(_ name: String) -> String {
    guard let dot = name.lastIndex(of: "."), name[name.index(after: dot)...].allSatisfy(\.isNumber)
    else { return name }
    return String(name[..<dot])
  }

  /// A gene as a file tells of it.
  struct Gene {
    var name: String
    var chromosome: String
    var position: Int64?
    var symbol: String?
    var type: String?
  }
}
