import Foundation
import Modeling
import Storage
import TestSupport
import Testing

/// Ways of writing tables of counts that programs and people have in use.
@Suite struct TextFormatTests {
  private struct Read {
    let cells: [String]
    let genes: Table
    let rows: Table
    let values: [Double]
    let warnings: [String]
  }

  private func read(
    _ name: String, _ text: String, orientation: TableOrientation? = nil
  ) throws -> Read {
    try withFolder { folder in
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      var reading = ReadingChoice()
      reading.orientation = orientation
      let file = try AnnDataFile("\(folder)/\(name)", reading: reading)
      var warnings: [String] = []
      let rows = try file.rows(warnings: &warnings)
      let genes = try file.columns(warnings: &warnings)
      let matrix = try file.matrix(.main)
      return Read(
        cells: rows.names, genes: genes, rows: rows,
        values: try matrix.reals(in: 0..<rows.count), warnings: warnings)
    }
  }

  private func message(_ name: String, _ text: String) -> String {
    do {
      _ = try read(name, text)
      return ""
    } catch { return "\(error)" }
  }

  /// Two cells, three genes; the counts of the first cell come first.
  private let expected: [Double] = [5, 0, 1, 0, 7, 300]

  @Test(arguments: [
    ("a.csv", ",MT-CO1,ACTB,CD3E\nTGGCCAAAATGTGGTG-1,5,0,1\nAAACCAAAATGTGGTG-1,0,7,300\n"),
    ("b.csv", ",TGGCCAAAATGTGGTG-1,AAACCAAAATGTGGTG-1\nMT-CO1,5,0\nACTB,0,7\nCD3E,1,300\n"),
    ("c.txt", "TGGCCAAAATGTGGTG-1 AAACCAAAATGTGGTG-1\nMT-CO1 5 0\nACTB 0 7\nCD3E 1 300\n"),
    (
      "d.csv",
      "\u{FEFF}cell,MT-CO1,ACTB,CD3E\nTGGCCAAAATGTGGTG-1,5,0,1\nAAACCAAAATGTGGTG-1,0,7,300\n"
    ),
    ("e.csv", "cell;MT-CO1;ACTB;CD3E\nTGGCCAAAATGTGGTG-1;5;0;1\nAAACCAAAATGTGGTG-1;0;7;300\n"),
    (
      "f.csv",
      "gene\tTGGCCAAAATGTGGTG-1\tAAACCAAAATGTGGTG-1\nMT-CO1\t5\t0\nACTB\t0\t7\nCD3E\t1\t300\n"
    ),
    (
      "g.tsv",
      "gene\tTGGCCAAAATGTGGTG-1\tAAACCAAAATGTGGTG-1\t\nMT-CO1\t5\t0\t\nACTB\t0\t7\t\nCD3E\t1\t300\t\n"
    ),
    (
      "h.csv",
      "##comment\n# another\n\"cell\",\"MT-CO1\",\"ACTB\",\"CD3E\"\n\"TGGCCAAAATGTGGTG-1\",5,0,1\n\"AAACCAAAATGTGGTG-1\",0,7,300\n"
    ),
  ])
  func theSameCountsComeOutOfEach(_ name: String, _ text: String) throws {
    let read = try read(name, text)
    #expect(read.cells == ["TGGCCAAAATGTGGTG-1", "AAACCAAAATGTGGTG-1"])
    #expect(read.genes.names == ["MT-CO1", "ACTB", "CD3E"] && read.values == expected)
    let isByNames = ["a.csv", "b.csv", "c.txt"].contains(name)
    #expect(read.warnings.contains { $0.contains("by their names") } == isByNames)
  }

  @Test func doubtIsRefusedAndCanBeSettled() throws {
    let text = ",a,b,c\nx,5,0,1\ny,0,7,300\n"
    #expect(message("a.csv", text).contains("--orientation"))
    let byCells = try read("a.csv", text, orientation: .cellsByGenes)
    #expect(byCells.cells == ["x", "y"] && byCells.values == expected)
    let byGenes = try read("a.csv", text, orientation: .genesByCells)
    #expect(byGenes.cells == ["a", "b", "c"] && byGenes.genes.names == ["x", "y"])
  }

  @Test func annotationsAreNoCells() throws {
    let read = try read(
      "a.tsv",
      "Geneid\tEntrezID\tgene_biotype\tLength\ts1\ts2\nA\t7157\tcoding\t1200\t5\t0\nB\t60\tlnc\t900\t0\t7\n"
    )
    #expect(read.cells == ["s1", "s2"] && read.values == [5, 0, 0, 7])
    #expect(read.genes["EntrezID"] == .integers([7157, 60]))
    #expect(read.genes["gene_biotype"]?.asCategories?.names == ["coding", "lnc"])
    let counts = try self.read(
      "b.txt",
      "# Program:featureCounts v2.0.1; Command:\"featureCounts\"\nGeneid\tChr\tStart\tEnd\tStrand\tLength\ta.bam\tb.bam\nA\t1;1\t1;5\t2;9\t+;+\t8\t5\t0\nB\t2\t1\t9\t-\t9\t0\t7\n"
    )
    #expect(counts.cells == ["a.bam", "b.bam"] && counts.values == [5, 0, 0, 7])
    let cells = try self.read(
      "c.csv", "cell,cell_type,A,B\ns1,T,5,0\ns2,B cell,0,7\n")
    #expect(cells.rows["cell_type"]?.asCategories?.names == ["B cell", "T"])
    #expect(cells.genes.names == ["A", "B"])
  }

  @Test func readsOutsideOfFeaturesAreLeftOut() throws {
    let read = try read(
      "a.tsv", "gene\ts1\ts2\nA\t5\t0\nB\t0\t7\n__no_feature\t9000\t9000\nN_unmapped\t9\t9\n")
    #expect(read.genes.names == ["A", "B"] && read.values == [5, 0, 0, 7])
    #expect(read.warnings.contains { $0.contains("2 rows of reads outside of features") })
  }

  @Test func tablesWithoutAHeaderAreRefused() {
    #expect(
      message("a.txt", "A1BG\t5\nA2M\t7\n__no_feature\t9\n").contains("numbers where the header"))
    #expect(
      message("b.tab", "N_unmapped\t5\t5\t5\nA\t7\t0\t7\n").contains("numbers where the header"))
    #expect(message("c.csv", "gene,1,2\nA,5,7\n").isEmpty)
  }

  @Test func aSampleOfOtherSizeIsRemarked() throws {
    let read = try read(
      "a.tsv", "gene\tmyid\ts1\ts2\ts3\nA\t100000\t5\t2\t9\nB\t200000\t7\t1\t3\n")
    #expect(read.warnings.contains { $0.contains("the sample myid has 300000 counts") })
  }

  @Test func bothVersionsOfGCTAreRead() throws {
    let tissue = try read(
      "a.gct", "#1.2\n2\t2\nid\tName\tDescription\ts1\ts2\n0\tENSG1\tA\t5\t0\n1\tENSG2\tB\t0\t7\n")
    #expect(tissue.genes.names == ["ENSG1", "ENSG2"] && tissue.values == [5, 0, 0, 7])
    let later = try read(
      "b.gct",
      "#1.3\n2\t2\t1\t2\nid\tsymbol\ts1\ts2\ntissue\tna\tlung\tskin\nage\tna\t30\t40\nE1\tA\t5\t0\nE2\tB\t0\t7\n"
    )
    #expect(later.genes.names == ["E1", "E2"] && later.values == [5, 0, 0, 7])
    #expect(later.rows["tissue"]?.asCategories?.names == ["lung", "skin"])
    #expect(later.rows["age"] == .integers([30, 40]))
  }

  @Test func numberedLinesGoByTheirGenes() throws {
    let read = try read("a.csv", ",gene,s1,s2\n0,A,5,0\n1,B,0,7\n")
    #expect(read.genes.names == ["A", "B"] && read.cells == ["s1", "s2"])
  }

  @Test func foreignFormatsAreNamed() {
    #expect(message("a.rds", "x").contains("R"))
    #expect(message("a.xlsx", "x").contains("spreadsheet"))
    #expect(message("a.vcf", "x").contains("--genotypes"))
  }
}

/// What the texts of a table become.
@Suite struct TableFileTests {
  private func read(_ name: String, _ text: String) throws -> Table {
    try withFolder { folder in
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      return try TableFile.read("\(folder)/\(name)")
    }
  }

  @Test func namesStayAsWritten() throws {
    let table = try read(
      "a.tsv",
      "cell\tdonor\twell\tcount\tage\tgap\tmixed\na\t091\t1E1\t3\t4.5\t7\t1\nb\t114\t2E3\t4\t1e-05\t\tx\n"
    )
    #expect(table["donor"]?.asCategories?.names == ["091", "114"])
    #expect(table["well"]?.asCategories?.names == ["1E1", "2E3"])
    #expect(table["count"] == .integers([3, 4]))
    #expect(table["age"] == .numbers([4.5, 1e-05]))
    #expect(table["gap"] == .integers([7, nil]))
    #expect(table["mixed"]?.asCategories?.names == ["1", "x"])
  }

  @Test func separatorsAndHeadersOfRAreTold() throws {
    for (name, text) in [
      ("a.csv", "\"\",\"x\",\"y\"\n\"a\",1,\"p \"\"q\"\"\"\n"),
      ("b.csv", "name;x;y\na;1;\"p \"\"q\"\"\"\n"),
      ("c.txt", "\"x\" \"y\"\n\"a\" 1 \"p \"\"q\"\"\"\n"),
    ] {
      let table = try read(name, text)
      #expect(table.names == ["a"] && table["x"] == .integers([1]), "\(name)")
      #expect(table["y"]?.asCategories?.names == ["p \"q\""], "\(name)")
    }
  }

  @Test func covariatesMayStandInLines() throws {
    try withFolder { folder in
      let path = "\(folder)/a.txt"
      try Data("ID\td1\td2\nPC1\t0.5\t-1.5\nsex\t1\t2\n".utf8).write(to: URL(fileURLWithPath: path))
      let (table, isTurned) = try TableFile.read(path, about: ["d1", "d2", "d3"])
      #expect(isTurned && table.names == ["d1", "d2"])
      #expect(table["PC1"] == .numbers([0.5, -1.5]) && table["sex"] == .integers([1, 2]))
      #expect(try TableFile.read(path, about: ["PC1"]).isTurned == false)
    }
  }

  @Test(
    arguments: [
      ("12", 12.0), ("-3", -3), ("0.5", 0.5), (".5", 0.5), ("1e-05", 1e-5), ("2.5E3", 2500),
      ("1.", 1),
      ("012", nil), ("1E1", nil), ("0x1A", nil), ("inf", nil), ("nan", nil), ("", nil), ("-", nil),
      ("1e", nil), ("1,5", nil),
    ] as [(String, Double?)])
  func numbersAreTold(_ text: String, _ number: Double?) {
    #expect(ValueText.number(text) == number)
  }

  @Test func missingNamesAreNoClasses() {
    let column = Column.categories(
      codes: [0, 1, 2, -1], names: ["", "T", "nan"], isOrdered: false)
    #expect(column.asCategories?.codes == [-1, 0, -1, -1] && column.asCategories?.names == ["T"])
    #expect(Column.strings(["", "NA", "x", nil]).asCategories?.codes == [-1, -1, 0, -1])
    #expect(Column.numbers([1001, .nan, 7]).asCategories?.names == ["7", "1001"])
    #expect(Column.numbers([1.5]).asCategories == nil)
  }
}
