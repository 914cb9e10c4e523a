import Modeling

/// What the fields of a table of numbers are: names, annotations, numbers.
///
/// Annotations of genes are columns under words that are known for them (`EntrezID`, `Length`, `Start` …), and texts
/// before the first and after the last column of numbers.
struct TextLayout: Sendable {
  /// How many fields a line has.
  let fieldCount: Int
  /// The field with the names of the lines.
  let nameField: Int
  /// Names of the columns with numbers, and their fields.
  let names: [String]
  let valueFields: [Int]
  /// Names of the columns about the lines, and their fields.
  let annotations: [String]
  let annotationFields: [Int]
  /// What the header's words tell of the lines; nil where they do not.
  let told: TableOrientation?
  /// How many lines there have to be.
  let lineCount: Int?
  /// Columns about the samples that stand above the genes (GCT 1.3).
  let sampleColumns: [NamedColumn]
  /// The first word of the header.
  let corner: String
  /// Whether there is a line after the header, which `text` then is at.
  let hasLines: Bool

  static let wordsForSamples: Set = [
    "sample", "samples", "sample_id", "sampleid", "sample_name", "cell", "cells", "cell_id",
    "cellid", "cell_index", "cell_name", "barcode", "barcodes", "cell_barcode", "donor", "donor_id",
    "individual", "iid", "obs", "run", "subject", "patient",
  ]
  /// Words for genes; the first that are there name the lines.
  static let wordsForGenes = [
    "gene_id", "geneid", "gene_ids", "ensembl_id", "ensembl_gene_id", "ensembl", "gene", "genes",
    "gene_name", "genename", "gene_symbol", "genesymbol", "symbol", "hgnc_symbol", "feature",
    "features", "feature_id", "phenotype_id", "pid", "transcript_id", "target_id", "peak", "name",
  ]
  private static let wordsAboutGenes: Set = [
    "description", "symbol", "gene_symbol", "genesymbol", "gene_name", "genename", "hgnc_symbol",
    "chromosome", "chr", "chrom", "seqname", "seqnames", "start", "end", "strand", "length",
    "gene_length", "genelength", "effective_length", "width", "entrezid", "entrez", "entrez_id",
    "entrez_gene_id", "entrezgene", "entrezgene_id", "ncbi_gene_id", "gene_id", "geneid",
    "gene_ids",
    "ensembl", "ensembl_id", "ensembl_gene_id", "gene_biotype", "genebiotype", "biotype",
    "gene_type", "genetype", "transcript_id", "transcript_ids", "transcript_id(s)", "tss",
    "position", "gc_content", "gccontent", "feature_type", "feature_types", "hgnc_id",
    "gene_version", "pid", "gid", "phenotype_id", "cytoband",
  ]

  /// Reads the lines above the numbers, and the first of those.
  ///
  /// - Parameter asked: what the user says that lines are.
  init(_ text: inout DelimitedText, asked: TableOrientation?) throws(StorageError) {
    guard try text.nextHeader() else { throw StorageError(file: text.path, problem: "is empty") }
    let gct = try GCTHeader(&text)
    var header = text.all
    while header.count > 1, header.last?.isEmpty ?? false { header.removeLast() }
    let columnLines = try gct?.columnLines(&text, header) ?? []
    hasLines = try text.next()
    if hasLines, Self.lacksName(header, text) { header.insert("", at: 0) }
    let words = header.map(Self.word)
    corner = header[0]
    let told = gct == nil ? Self.told(words, asked) : .genesByCells
    let annotated =
      gct?.annotationFields
      ?? Self.annotationFields(text, words, told, hasLines: hasLines)
    nameField = Self.nameField(words, annotated, text, told, isGCT: gct != nil, hasLines: hasLines)
    let name = nameField
    let lead = Set(annotated + [0])
    annotationFields = header.indices.filter {
      lead.contains($0) && $0 != name && !header[$0].isEmpty
    }
    valueFields = header.indices.filter { !lead.contains($0) }
    annotations = annotationFields.map { header[$0] }
    names = valueFields.map { header[$0] }
    fieldCount = header.count
    // Known words about genes tell that lines are genes.
    let isAboutGenes = annotated.contains { Self.wordsAboutGenes.contains(words[$0]) }
    self.told = asked ?? told ?? (isAboutGenes ? .genesByCells : nil)
    lineCount = gct?.lineCount
    guard !names.isEmpty else {
      throw text.error(
        "has no columns of numbers, expected a header: gene, then samples (or sample, then genes), between tabs, commas, semicolons or blanks"
      )
    }
    let fields = valueFields
    if gct == nil, told == nil, asked == nil, !corner.isEmpty,
      names.allSatisfy({ Double($0) != nil })
    {
      // HTSeq's and STAR's counts of one sample begin with a gene.
      throw StorageError(
        file: text.path, place: "line 1",
        problem:
          "has numbers where the header should name samples (or genes): write one above it, such as gene and the sample's name"
      )
    }
    sampleColumns = columnLines.map { line in
      NamedColumn(
        line.name,
        TableFile.column(
          fields.map { ValueText.isMissing(line.fields[$0]) ? nil : line.fields[$0] }))
    }
    if let gct, gct.columnCount != names.count {
      throw text.error(
        "names \(names.count) samples, expected \(gct.columnCount) as the line above says")
    }
  }

  /// Whether the column of names has none in the header: R's write.table. A first word that names lines is none of a cell.
  static func lacksName(_ header: [String], _ text: borrowing DelimitedText) -> Bool {
    let first = word(header[0])
    return text.count == header.count + 1 && !text.hasFields(header.count)
      && !wordsForSamples.contains(first) && !wordsForGenes.contains(first)
  }

  private static func word(_ field: String) -> String {
    let lowered = field.lowercased()
    return lowered.hasPrefix("#") ? String(lowered.dropFirst()) : lowered
  }

  private static func told(_ words: [String], _ asked: TableOrientation?) -> TableOrientation? {
    if let asked { return asked }
    if wordsForSamples.contains(words[0]) { return .cellsByGenes }
    return wordsForGenes.contains(words[0]) && words[0] != "name" ? .genesByCells : nil
  }

  /// Fields besides the first that are no numbers, or have numbers about genes.
  private static func annotationFields(
    _ text: borrowing DelimitedText, _ words: [String], _ told: TableOrientation?, hasLines: Bool
  ) -> [Int] {
    var fields: Set<Int> = []
    if told != .cellsByGenes {
      for field in words.indices where wordsAboutGenes.contains(words[field]) {
        fields.insert(field)
      }
    }
    guard hasLines, text.hasFields(words.count) else { return fields.sorted() }
    func isText(_ field: Int) -> Bool { text.number(field) == nil && !text.isMissing(field) }
    for field in 1..<max(1, words.count) {
      guard isText(field) || fields.contains(field) else { break }
      fields.insert(field)
    }
    for field in (1..<max(1, words.count)).reversed() {
      guard isText(field) || fields.contains(field) else { break }
      fields.insert(field)
    }
    return fields.sorted()
  }

  /// The field with the names: the first, unless that has numbers or places and another one has the genes.
  private static func nameField(
    _ words: [String], _ annotated: [Int], _ text: borrowing DelimitedText,
    _ told: TableOrientation?, isGCT: Bool, hasLines: Bool
  ) -> Int {
    guard told != .cellsByGenes else { return 0 }
    let first = words[0]
    let isPlace = wordsAboutGenes.contains(first) && !wordsForGenes.contains(first)
    let isNumbered =
      ["", "index", "unnamed: 0", "x", "id"].contains(first) && hasLines
      && Int(text[0]) != nil
    guard
      isPlace || isNumbered || first == "id" && annotated.contains(where: { words[$0] == "name" })
    else { return 0 }
    if first == "id" {
      if let name = annotated.first(where: { words[$0] == "name" }) { return name }
    }
    for word in wordsForGenes {
      if let field = annotated.first(where: { words[$0] == word }) { return field }
    }
    return 0
  }

  /// - Throws: where the line has another number of fields than the header.
  func check(_ text: borrowing DelimitedText) throws(StorageError) {
    guard text.hasFields(fieldCount) else {
      throw text.error(
        "has \(text.count) fields, expected \(fieldCount) as in the header (whose first column names the lines)"
      )
    }
  }

  /// The number in one of the columns.
  func value(_ column: Int, _ text: borrowing DelimitedText) throws(StorageError) -> Double {
    let field = valueFields[column]
    if let value = text.number(field) { return value }
    guard text.isMissing(field) else {
      throw text.error("has \"\(text[field].prefix(40))\" for \(names[column]), expected a number")
    }
    return .nan
  }
}

/// The two lines on top of a GCT file.
///
///     #1.2                                  #1.3
///     genes  samples                        genes  samples  columns about genes  lines about samples
///
/// Source: GenePattern file formats, https://www.genepattern.org/file-formats-guide#GCT
private struct GCTHeader {
  let lineCount: Int
  let columnCount: Int
  /// The fields with words about genes, after the first.
  let annotationFields: [Int]
  private let sampleLineCount: Int

  /// Nil where the file is none; goes to the line with the names.
  init?(_ text: inout DelimitedText) throws(StorageError) {
    guard text[0].hasPrefix("#1.") else { return nil }
    let version = text[0]
    guard version == "#1.2" || version == "#1.3" else {
      throw text.error("is \(version), expected #1.2 or #1.3, the versions of GCT files")
    }
    let needed = version == "#1.3" ? 4 : 2
    guard try text.next(), text.count >= needed else {
      throw text.error("does not give the numbers of genes and samples, as in a GCT file")
    }
    let sizes = (0..<needed).map { Int(text[$0]) ?? -1 }
    guard sizes.allSatisfy({ $0 >= 0 && $0 < 1 << 30 }) else {
      throw text.error("does not give the numbers of genes and samples, as in a GCT file")
    }
    (lineCount, columnCount) = (sizes[0], sizes[1])
    guard try text.next() else { throw text.error("is missing: a GCT file has a header there") }
    if version == "#1.3" {
      annotationFields = Array(1..<1 + sizes[2])
      sampleLineCount = sizes[3]
      guard text.count >= 1 + sizes[2] else {
        throw text.error("has \(text.count) fields, expected \(sizes[2]) columns about genes")
      }
    } else {
      // Name and Description, and a number before them in files of GTEx by tissue.
      let words = text.all.prefix(4).map { $0.lowercased() }
      annotationFields = words.indices.dropFirst().filter {
        ["name", "description"].contains(words[$0])
      }
      sampleLineCount = 0
    }
  }

  /// The lines about samples, which follow the names.
  func columnLines(
    _ text: inout DelimitedText, _ header: [String]
  ) throws(StorageError) -> [(name: String, fields: [String])] {
    var lines: [(name: String, fields: [String])] = []
    for _ in 0..<sampleLineCount {
      guard try text.next(), text.hasFields(header.count) else {
        throw text.error("is not one of the \(sampleLineCount) lines about samples")
      }
      lines.append((text[0], text.all))
    }
    return lines
  }
}
