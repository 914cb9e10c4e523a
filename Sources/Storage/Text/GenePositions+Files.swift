import Foundation
import Modeling

extension GenePositions {
  /// The genes of a table with a header.
  static func listed(_ path: String, _ needsStarts: Bool) throws(StorageError) -> [Gene] {
    try genes(TableFile.read(path), path: path, needsStarts: needsStarts)
  }

  /// The genes of a table.
  static func genes(
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
          return values.map { Int64(exactly: $0).map { String($0) } }
        }
      }
      return nil
    }
    let starts = texts([
      "tss", "transcription start site (tss)", "start", "position", "pos", "start_position",
      "gene start (bp)", "gene_start", "s1", "left", "chromstart", "txstart",
    ])
    guard
      let chromosomes = texts([
        "chromosome", "chr", "chrom", "seqname", "chromosome/scaffold name", "chromosome_name",
        "#chr", "#chrom", "seqnames",
      ]), starts != nil || !needsStarts
    else {
      throw StorageError(
        file: path,
        problem: needsStarts
          ? "has no columns chromosome and start to say where the genes are"
          : "has no column chromosome to say where the genes are")
    }
    let ends = texts([
      "end", "end_position", "gene end (bp)", "gene_end", "s2", "right", "chromend", "txend",
    ])
    let isStart = texts(["tss", "transcription start site (tss)"]) != nil
    let strands = isStart ? nil : texts(["strand"])
    let symbols = texts(["gene_name", "symbol", "gene_symbol", "gene name", "hgnc symbol"])
    let types = texts(["gene_type", "gene_biotype", "type", "gene type"])
    // Columns of var have their own names.
    let names = path.isEmpty ? table.names : self.names(of: table)
    var seen: Set<String> = []
    var genes: [Gene] = []
    for (row, name) in names.enumerated() {
      let start = starts.flatMap { $0[row] }.flatMap { Int64($0) }
      guard let chromosome = chromosomes[row].flatMap(Chromosome.init),
        start != nil || !needsStarts, seen.insert(name).inserted
      else { continue }
      let isBackward = ["-", "-1"].contains(strands?[row] ?? "+")
      let end = ends?[row].flatMap { Int64($0) } ?? start
      genes.append(
        Gene(
          name: name, chromosome: chromosome.name, position: isBackward ? end : start,
          symbol: symbols?[row] ?? nil, type: types?[row] ?? nil))
    }
    return genes
  }

  /// The names of the genes: the first column, unless another one is called so and the first is something else.
  private static func names(of table: Table) -> [String] {
    for word in ["gene stable id", "gene_id", "geneid", "gene"] {
      guard let column = table.columns.first(where: { $0.name.lowercased() == word }),
        let (codes, words) = column.column.asCategories, !codes.contains(-1)
      else { continue }
      return codes.map { words[Int($0)] }
    }
    return table.names
  }

  /// Chromosome, start from 0, end, name, score, strand.
  static func bed(_ path: String) throws(StorageError) -> [Gene] {
    var text = try DelimitedText(path, .told(by: path))
    var genes: [Gene] = []
    while try text.next() {
      let first = text[0]
      if first.hasPrefix("#") || ["track", "browser", "chrom"].contains(first.lowercased()) {
        continue
      }
      guard text.count >= 4, let start = Int64(text[1]), let end = Int64(text[2]), start < end
      else {
        throw text.error("is no gene of a BED file: chromosome, start from 0, end, name")
      }
      guard let chromosome = Chromosome(first) else { continue }
      let isBackward = text.count > 5 && text[5] == "-"
      genes.append(
        Gene(
          name: text[3], chromosome: chromosome.name, position: isBackward ? end : start + 1))
    }
    return genes
  }

  /// Lines of the feature `gene`; without any, genes out of their transcripts, or exons.
  static func gtf(_ path: String) throws(StorageError) -> [Gene] {
    var genes: [Gene] = []
    var parts = GeneParts()
    var text = try DelimitedText(path, .tab, keepsQuotes: true)
    while try text.next() {
      if text[0].hasPrefix("#") { continue }
      guard text.count >= 9 else {
        throw text.error("has \(text.count) fields, expected 9 as in a GTF file")
      }
      let feature = text[2]
      let isGene = feature == "gene" || feature.hasSuffix("_gene") || feature == "pseudogene"
      guard isGene || genes.isEmpty && GeneParts.features.contains(feature) else { continue }
      guard let start = Int64(text[3]), let end = Int64(text[4]), start <= end else {
        throw text.error("runs from \(text[3]) to \(text[4]), expected two positions")
      }
      let attributes = attributes(text[8])
      guard let name = attributes["gene_id"] ?? (isGene ? attributes["ID"] : nil) else {
        if isGene { throw text.error("has no gene_id") }
        continue
      }
      guard let chromosome = Chromosome(text[0]) else { continue }
      let isBackward = text[6] == "-"
      let gene = Gene(
        name: name, chromosome: chromosome.name, position: isBackward ? end : start,
        symbol: attributes["gene_name"] ?? attributes["Name"],
        type: attributes["gene_type"] ?? attributes["gene_biotype"])
      if isGene { genes.append(gene) } else { parts.add(gene, isBackward: isBackward) }
    }
    return genes.isEmpty ? parts.genes : genes
  }

  /// Genes made of their parts: of several chromosomes, the first.
  private struct GeneParts {
    static let features: Set = ["transcript", "mRNA", "exon", "CDS"]
    private(set) var genes: [Gene] = []
    private var places: [String: Int] = [:]

    mutating func add(_ part: Gene, isBackward: Bool) {
      guard let place = places[part.name] else {
        places[part.name] = genes.count
        genes.append(part)
        return
      }
      guard genes[place].chromosome == part.chromosome, let position = part.position,
        let known = genes[place].position
      else { return }
      genes[place].position = isBackward ? max(known, position) : min(known, position)
    }
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
