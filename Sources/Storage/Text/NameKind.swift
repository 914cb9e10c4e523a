/// What names look like: those of genes, those of cells or samples, or neither.
enum NameKind {
  /// Which of two lists has genes, and which cells: `lines` and `header` as the shares of names that tell.
  struct Evidence {
    let lineGenes: Double
    let lineCells: Double
    let headerGenes: Double
    let headerCells: Double

    init(lines: [String], header: [String]) {
      (lineGenes, lineCells) = Self.shares(lines)
      (headerGenes, headerCells) = Self.shares(header)
    }

    private static func shares(_ names: [String]) -> (genes: Double, cells: Double) {
      let some = names.prefix(2000)
      let count = Double(max(1, some.count))
      return (
        Double(some.count(where: NameKind.isGene)) / count,
        Double(some.count(where: NameKind.isCell)) / count
      )
    }

    /// What the names tell; nil where they tell nothing, or contradict each other.
    var orientation: TableOrientation? {
      // A hundredth of a list of genes is enough: most symbols are no words that can be known.
      let lines = (genes: lineGenes >= 0.01, cells: lineCells >= 0.3)
      let header = (genes: headerGenes >= 0.01, cells: headerCells >= 0.3)
      let isByGenes = lines.genes && !lines.cells || header.cells && !header.genes
      let isByCells = lines.cells && !lines.genes || header.genes && !header.cells
      if isByGenes == isByCells { return nil }
      return isByGenes ? .genesByCells : .cellsByGenes
    }
  }

  /// Whether a name is one of a gene: an Ensembl identifier, a mitochondrial or ribosomal gene, a symbol that most tables
  /// have, or a number after `gene`.
  static func isGene(_ name: String) -> Bool {
    let upper = name.uppercased()
    if upper.hasPrefix("ENS"), upper.contains("0000") { return true }
    if ["MT-", "HLA-", "LINC0", "FBGN", "RP11-", "WBGENE", "MT."].contains(where: upper.hasPrefix) {
      return true
    }
    for prefix in ["RPL", "RPS", "ZNF", "LOC", "SLC", "TMEM", "MRPL", "MRPS", "NDUF", "HIST"]
    where upper.hasPrefix(prefix) && upper.dropFirst(prefix.count).first?.isNumber == true {
      return true
    }
    if known.contains(upper) { return true }
    return isNumbered(upper, after: ["GENE", "G", "FEATURE"])
  }

  /// Whether a name is one of a cell or sample: a barcode, an accession, or a number after `cell`, `sample` ….
  static func isCell(_ name: String) -> Bool {
    if isBarcode(name) { return true }
    let upper = name.uppercased()
    if ["GTEX-", "TCGA-"].contains(where: upper.hasPrefix) { return true }
    for prefix in ["NA", "HG", "SRR", "ERR", "DRR", "GSM", "SRX", "ERS", "SRS"]
    where upper.hasPrefix(prefix) {
      let digits = upper.dropFirst(prefix.count).prefix { $0 != "_" && $0 != "." && $0 != "-" }
      if digits.count >= 5, digits.allSatisfy(\.isNumber) { return true }
    }
    return isNumbered(
      upper,
      after: [
        "CELL", "C", "SAMPLE", "S", "DONOR", "D", "PATIENT", "SUBJECT", "IND", "INDIVIDUAL", "OBS",
        "BC", "BARCODE",
      ])
  }

  /// A word and a number, with at most one sign between.
  private static func isNumbered(_ upper: String, after words: [String]) -> Bool {
    guard let first = upper.firstIndex(where: \.isNumber) else { return false }
    guard upper[first...].allSatisfy(\.isNumber) else { return false }
    var word = upper[..<first]
    if let last = word.last, "_-. ".contains(last) { word = word.dropLast() }
    return words.contains(String(word))
  }

  /// Eight or more letters of A, C, G, T, N, alone or between signs: `AAACCCAAGAAACACT-1`, `s1_ACGTACGT`.
  private static func isBarcode(_ name: String) -> Bool {
    name.split { !$0.isLetter && !$0.isNumber }.contains { part in
      part.utf8.count >= 8
        && part.utf8.allSatisfy { [65, 67, 71, 84, 78].contains($0) }
    }
  }

  private static let known: Set<String> = [
    "ACTB", "ACTG1", "GAPDH", "B2M", "MALAT1", "NEAT1", "XIST", "TP53", "EGFR", "MYC", "TPT1",
    "FTL", "FTH1", "TMSB4X", "TMSB10", "EEF1A1", "EEF2", "UBC", "UBB", "HPRT1", "TBP", "PGK1",
    "CD3D", "CD3E", "CD3G", "CD4", "CD8A", "CD8B", "CD14", "CD19", "CD79A", "MS4A1", "LYZ", "NKG7",
    "GNLY", "PPBP", "PF4", "S100A8", "S100A9", "S100A4", "CST3", "FCER1A", "FCGR3A", "IL7R", "CCR7",
    "KLF4", "SOX2", "SOX9", "POU5F1", "NANOG", "PAX6", "GATA1", "GATA3", "FOXP3", "TCF7", "STAT1",
    "JUN", "FOS", "VIM", "KRT8", "KRT18", "EPCAM", "PECAM1", "COL1A1", "COL1A2", "COL3A1", "DCN",
    "LUM", "ALB", "APOE", "APOA1", "INS", "GCG", "SST", "PPY", "HBB", "HBA1", "HBA2", "GFAP", "MBP",
    "SNAP25", "GAD1", "MKI67", "TOP2A", "PCNA", "ACE2", "CFTR", "BRCA1", "BRCA2", "KRAS", "PTEN",
    "RB1", "A1BG", "A2M", "AAAS", "NOC2L", "SAMD11", "DDX11L1", "WASH7P", "XKR4", "SOX17",
    "MRPL15", "LYPLA1", "TCEA1", "ISG15", "HES4", "AGRN", "ADIPOQ", "PTPRC", "NCAM1", "ITGAM",
  ]
}
