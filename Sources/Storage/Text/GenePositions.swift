import Foundation
public import Modeling

/// Where genes are: out of a GTF file, or a table.
///
/// | GTF | Table with a header | Becomes |
/// |---|---|---|
/// | column 1 | `chromosome`, `chr`, `seqname` | `chromosome`, without `chr` |
/// | 4, 5 and the strand: 4 on `+`, 5 on `-` | `tss`, or `start` (and `end`, `strand`) | `position`: where transcription starts |
/// | `gene_name` | `gene_name`, `symbol` | `gene_name` |
/// | `gene_type`, `gene_biotype` | the same | `gene_type` |
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
    let isGTF = [".gtf", ".gtf.gz", ".gff", ".gff.gz"].contains(where: name.hasSuffix)
    let genes = try isGTF ? Self.gtf(path) : Self.listed(path, needsStarts)
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
    let others = ["gene_ids", "gene_id", "symbol", "gene_name", "Description"].compactMap {
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

  private struct Gene {
    var name: String
    var chromosome: String
    var position: Int64?
    var symbol: String?
    var type: String?
  }

  private static func listed(
    _ path: String, _ needsStarts: Bool
  ) throws(StorageError) -> [Gene] {
    try genes(TableFile.read(path), path: path, needsStarts: needsStarts)
  }

  private static func genes(
    _ table: Table, path: String, needsStarts: Bool
  ) throws(StorageError) -> [Gene] {
    func texts(_ names: [String]) -> [String?]? {
      for name in names {
        guard let column = table.columns.first(where: { $0.name.lowercased() == name }) else {
          continue
        }
        if let (codes, words) = column.column.asCategories {
          return codes.map { $0 < 0 ? nil : words[Int($0)] }
        }
        if case .numbers(let values) = column.column {
          return values.map { $0.isNaN ? nil : String(Int64($0)) }
        }
      }
      return nil
    }
    let starts = texts(["tss", "start", "position", "pos", "start_position"])
    guard let chromosomes = texts(["chromosome", "chr", "chrom", "seqname"]),
      starts != nil || !needsStarts
    else {
      throw StorageError(
        file: path,
        problem: needsStarts
          ? "has no columns chromosome and start to say where the genes are"
          : "has no column chromosome to say where the genes are")
    }
    let ends = texts(["end", "end_position"])
    let strands = texts(["strand"])
    let symbols = texts(["gene_name", "symbol", "gene_symbol"])
    let types = texts(["gene_type", "gene_biotype", "type"])
    var genes: [Gene] = []
    for (row, name) in table.names.enumerated() {
      let start = starts.flatMap { $0[row] }.flatMap { Int64($0) }
      guard let chromosome = chromosomes[row], start != nil || !needsStarts else { continue }
      let isBackward = ["-", "-1"].contains(strands?[row] ?? "+")
      let end = ends?[row].flatMap { Int64($0) } ?? start
      genes.append(
        Gene(
          name: name, chromosome: String(Chromosome(chromosome).name),
          position: isBackward ? end : start, symbol: symbols?[row] ?? nil,
          type: types?[row] ?? nil))
    }
    return genes
  }

  /// Lines of the feature `gene`.
  private static func gtf(_ path: String) throws(StorageError) -> [Gene] {
    var text = try DelimitedText(path, .tab, keepsQuotes: true)
    var genes: [Gene] = []
    while try text.next() {
      if text[0].hasPrefix("#") { continue }
      guard text.count >= 9 else {
        throw text.error("has \(text.count) fields, expected 9 as in a GTF file")
      }
      guard text[2] == "gene" else { continue }
      guard let start = Int64(text[3]), let end = Int64(text[4]), start <= end else {
        throw text.error("runs from \(text[3]) to \(text[4]), expected two positions")
      }
      let attributes = attributes(text[8])
      guard let name = attributes["gene_id"] ?? attributes["ID"] else {
        throw text.error("has no gene_id")
      }
      genes.append(
        Gene(
          name: name, chromosome: String(Chromosome(text[0]).name),
          position: text[6] == "-" ? end : start,
          symbol: attributes["gene_name"] ?? attributes["Name"],
          type: attributes["gene_type"] ?? attributes["gene_biotype"]))
    }
    return genes
  }

  /// `gene_id "ENSG1"; gene_name "A";` or, in GFF, `ID=ENSG1;Name=A`.
  private static func attributes(_ text: String) -> [String: String] {
    var result: [String: String] = [:]
    for part in text.split(separator: ";") {
      let trimmed = part.trimmingCharacters(in: .whitespaces)
      guard let gap = trimmed.firstIndex(where: { $0 == " " || $0 == "=" }) else { continue }
      let value = trimmed[trimmed.index(after: gap)...].trimmingCharacters(
        in: CharacterSet(charactersIn: "\" "))
      result[String(trimmed[..<gap])] = value
    }
    return result
  }
}
