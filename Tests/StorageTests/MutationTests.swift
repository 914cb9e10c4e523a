import Foundation
import Modeling
import Storage
import TestSupport
import Testing

/// Damaged files of every kind end in a `StorageError` or in data, never in a crash. Seeded: a crash comes again.
@Suite struct MutationTests {
  struct Kind: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    var others: [String: String] = [:]
    let read: @Sendable (String) throws -> Void
    var testDescription: String { name }
  }

  private static let counts = { @Sendable (path: String) throws in
    let file = try AnnDataFile(path)
    let matrix = try file.matrix(.main)
    var warnings: [String] = []
    _ = try file.rows(warnings: &warnings)
    _ = try file.columns(of: .main, warnings: &warnings)
    _ = try matrix.forEachRowOfCounts(in: [0..<matrix.rowCount]) { _, _, _ in }
    _ = try matrix.reals(in: 0..<matrix.rowCount)
  }

  private static let vcf = """
    ##fileformat=VCFv4.2
    ##contig=<ID=1>
    ##FORMAT=<ID=GT,Number=1,Type=String,Description="G">
    ##FORMAT=<ID=DS,Number=1,Type=Float,Description="D">
    #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\tB\tC
    1\t10\tv1\tA\tG\t.\t.\t.\tGT:DS\t0/1:1\t1/1:2\t./.:0.4
    1\t20\t.\tA\tG,T\t.\t.\t.\tGT\t0/1\t1|2\t0

    """

  static let kinds: [Kind] = [
    .init(
      name: "matrix.mtx",
      text:
        "%%MatrixMarket matrix coordinate integer general\n%\n3 4 4\n1 1 5\n2 2 1\n3 4 7\n1 3 2\n",
      others: [
        "barcodes.tsv": "a\nb\nc\nd\n",
        "features.tsv": "i1\tg1\tGene Expression\ni2\tg2\tPeaks\ni3\tg3\tx\n",
        "labels.tsv": "barcode\tgroup\na\t1\nb\t2\nc\t1\nd\t\n",
      ], read: counts),
    .init(
      name: "labels.tsv", text: "barcode\tgroup\tage\na\tx\t1.5\nb\ty\t\nc\tx\t3\nd\t\t4\n",
      others: [
        "matrix.mtx": "%%MatrixMarket matrix coordinate integer general\n3 4 2\n1 1 5\n2 2 1\n",
        "barcodes.tsv": "a\nb\nc\nd\n", "features.tsv": "i1\tg1\ni2\tg2\ni3\tg3\n",
      ], read: { try counts(($0 as NSString).deletingLastPathComponent) }),
    .init(
      name: "table.tsv", text: "gene\ts1\ts2\ts3\nMT-1\t1\t0\t3\nENSG1\t4\t5\t6\n", read: counts),
    .init(
      name: "table.csv", text: "\"\",\"s1\",\"s2\"\n\"MT-1\",1,2\n\"ENSG2\",3,4\n", read: counts),
    .init(
      name: "table.gct",
      text: "#1.2\n2\t2\nName\tDescription\ts1\ts2\nENSG1\tx\t1\t2\nENSG2\ty\t3\t4\n",
      read: counts),
    .init(name: "calls.vcf", text: vcf, read: { _ = try GenotypeFile.read($0) }),
    .init(
      name: "dosages.tsv", text: "id\tchr\tpos\ta\tb\tc\nv1\t1\t1\t0\t1\t2\nv2\tX\t9\t0\tNA\t1.5\n",
      read: { _ = try GenotypeFile.read($0) }),
    .init(
      name: "p.bim", text: "1\tv1\t0\t10\tA\tG\n1\tv2\t0\t20\tC\tT\n",
      others: ["p.fam": "f1 a 0 0 1 -9\nf2 b 0 0 2 -9\n", "p.bed": "l\u{1b}\u{1}\u{2}\u{3}"],
      read: { _ = try GenotypeFile.read(($0 as NSString).deletingPathExtension + ".bed") }),
    .init(
      name: "p.fam", text: "f1 a 0 0 1 -9\nf2 b 0 0 2 -9\n",
      others: [
        "p.bim": "1\tv1\t0\t10\tA\tG\n1\tv2\t0\t20\tC\tT\n", "p.bed": "l\u{1b}\u{1}\u{2}\u{3}",
      ],
      read: { _ = try GenotypeFile.read(($0 as NSString).deletingPathExtension + ".bed") }),
    .init(
      name: "p.bed", text: "l\u{1b}\u{1}\u{2}\u{3}",
      others: [
        "p.bim": "1\tv1\t0\t10\tA\tG\n1\tv2\t0\t20\tC\tT\n",
        "p.fam": "f1 a 0 0 1 -9\nf2 b 0 0 2 -9\n",
      ], read: { _ = try GenotypeFile.read($0) }),
    .init(
      name: "genes.gtf",
      text:
        "#!x\n1\tH\tgene\t10\t90\t.\t+\t.\tgene_id \"G1\"; gene_name \"A\";\n1\tH\texon\t10\t20\t.\t-\t.\tgene_id \"G2\";\n",
      read: { _ = try GenePositions($0) }),
    .init(
      name: "genes.bed", text: "1\t10\t20\tG1\t0\t+\n2\t5\t9\tG2\n",
      read: { _ = try GenePositions($0) }),
    .init(
      name: "genes.tsv", text: "gene\tchr\tstart\nG1\t1\t10\nG2\tX\t20\n",
      read: { _ = try GenePositions($0) }),
    .init(
      name: "sets.gmt", text: "S1\thttp\tA\tB\nS2\t\tC\n", read: { _ = try FeatureSets.gmt($0) }),
    .init(
      name: "regions.bed", text: "chr1\t10\t20\tR1\nchr2\t1\t5\tR2\n",
      read: { _ = try FeatureSets.bed($0) }),
    .init(
      name: "samples.tsv", text: "sample\tage\tsex\na\t1\tM\nb\t2.5\tF\n",
      read: { _ = try TableFile.read($0) }),
  ]

  @Test(arguments: kinds) func damagedTextsEndInErrorsOrData(kind: Kind) throws {
    try withFolder { folder in
      for (name, text) in kind.others {
        try Data(bytes(text)).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      let path = "\(folder)/\(kind.name)"
      try Data(bytes(kind.text)).write(to: URL(fileURLWithPath: path))
      try kind.read(path)
      let count = try withMutations(of: bytes(kind.text)) { mutated in
        try Data(mutated).write(to: URL(fileURLWithPath: path))
        do { try kind.read(path) } catch is StorageError {} catch is ModelError {}
      }
      #expect(count > 0)
    }
  }

  /// The characters of Latin 1 as bytes: a `.bed` of PLINK is no UTF-8.
  private func bytes(_ text: String) -> [UInt8] {
    text.unicodeScalars.allSatisfy { $0.value < 256 }
      ? text.unicodeScalars.map { UInt8($0.value) } : Array(text.utf8)
  }

  @Test func damagedHDF5FilesEndInErrorsOrData() throws {
    try withFolder { folder in
      let path = folder + "/data.h5ad"
      let writer = try AnnDataWriter(path, overwrite: false, rank: 0)
      let names = (0..<40).map { "name number \($0)" }
      writer.write(
        rows: Table(
          names: names, columns: [NamedColumn("group", .strings(names.map { "\($0)-x" }))]))
      writer.write(columns: Table(names: Array(names.prefix(5))))
      writer.write((0..<200).map { Float($0 % 7) }, shape: [40, 5], at: "X")
      try writer.finish()
      let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      try HDF5Check.require([path])
      // The heaps of texts, on which the library itself crashes, and anywhere.
      let heaps = whole.indices.dropLast(4).filter {
        Array(whole[$0..<$0 + 4]) == Array("GCOL".utf8)
      }
      try #require(!heaps.isEmpty)
      for part in [heaps[0]..<min(whole.count, heaps[0] + 4096), 0..<whole.count] {
        let count = try withMutations(of: whole, within: part) { mutated in
          try Data(mutated).write(to: URL(fileURLWithPath: path))
          do {
            try HDF5Check.require([path])
            try Self.counts(path)
          } catch is StorageError {}
        }
        #expect(count > 0)
      }
    }
  }
}
