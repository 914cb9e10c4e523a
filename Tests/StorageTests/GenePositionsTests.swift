import Foundation
import Modeling
import Storage
import Testing

@Suite struct GenePositionsTests {
  private func write(_ folder: String, _ name: String, _ text: String) throws -> String {
    let path = "\(folder)/\(name)"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test func geneStartsFollowTheStrand() throws {
    let gtf = [
      "#!genome",
      "chr1\tX\tgene\t100\t200\t.\t+\t.\tgene_id \"ENSG1.4\"; gene_name \"A\"; gene_type \"lincRNA\";",
      "chr1\tX\ttranscript\t100\t150\t.\t+\t.\tgene_id \"ENSG1.4\"; transcript_id \"T;1\";",
      "2\tX\tgene\t300\t500\t.\t-\t.\tgene_id \"ENSG2\"; gene_biotype \"protein_coding\";",
    ].joined(separator: "\n")
    try withFolder { folder in
      let positions = try GenePositions(try write(folder, "a.gtf", gtf + "\n"))
      #expect(positions.table.names == ["ENSG1.4", "ENSG2"])
      #expect(positions.table["chromosome"] == .strings(["1", "2"]))
      #expect(positions.table["position"] == .integers([100, 500]))
      #expect(positions.table["gene_type"] == .strings(["lincRNA", "protein_coding"]))
      for (name, row) in [("ENSG1.4", 0), ("ENSG1", 0), ("ENSG1.9", 0), ("A", 0), ("ENSG2.1", 1)] {
        #expect(positions.row(of: name) == row, "\(name)")
      }
      #expect(positions.row(of: "B") == nil)
      let genes = Table(
        names: ["x", "ENSG2"], columns: [NamedColumn("gene_ids", .strings(["ENSG1", nil]))])
      #expect(positions.rows(of: genes) == [0, 1])
    }
  }

  @Test func tablesAndColumnsSayTheSame() throws {
    try withFolder { folder in
      let path = try write(
        folder, "a.tsv", "gene\tchr\tstart\tend\tstrand\nA\tchr1\t100\t200\t+\nB\tX\t300\t500\t-\n")
      let positions = try GenePositions(path)
      #expect(positions.table["position"] == .integers([100, 500]))
      #expect(positions.table["chromosome"] == .strings(["1", "X"]))
      let columns = Table(
        names: ["A", "B"],
        columns: [
          NamedColumn("chromosome", .strings(["1", nil])), NamedColumn("start", .numbers([7, 8])),
        ])
      #expect(GenePositions(columns: columns)?.table.names == ["A"])
      #expect(GenePositions(columns: Table(names: ["A"])) == nil)
      for (name, text) in [
        ("b.tsv", "gene\tchr\nA\t1\n"), ("b.gtf", "1\tX\tgene\t5\n"),
        ("c.gtf", "1\tX\tgene\t500\t100\t.\t+\t.\tgene_id \"A\";\n"), ("d.gtf", "#\n"),
        ("e.gtf", "1\tX\tgene\t5\t100\t.\t+\t.\tname \"A\";\n"),
      ] {
        let path = try write(folder, name, text)
        #expect(throws: StorageError.self, "\(name)") { try GenePositions(path) }
      }
      // Chromosomes are enough to choose genes by.
      let chromosomes = try GenePositions(
        write(folder, "f.tsv", "gene\tchr\nA\t1\nB\tchrX\n"), needsStarts: false
      ).table
      #expect(chromosomes.names == ["A", "B"])
      #expect(chromosomes["chromosome"] == .strings(["1", "X"]))
      #expect(chromosomes["position"] == .integers([nil, nil]))
    }
  }
}
