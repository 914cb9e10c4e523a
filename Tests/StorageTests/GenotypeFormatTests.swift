import Foundation
import Modeling
import Storage
import TestSupport
import Testing

/// Ways of writing genotypes that programs have in use.
@Suite struct GenotypeFormatTests {
  private func read(
    _ name: String, _ text: String, _ more: [String: String] = [:]
  ) throws -> (genotypes: Genotypes, notes: [String]) {
    try withFolder { folder in
      for (name, text) in more.merging([name: text], uniquingKeysWith: { $1 }) {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      return try GenotypeFile.read("\(folder)/\(name)")
    }
  }

  private func message(_ name: String, _ text: String) -> String {
    do {
      _ = try read(name, text)
      return ""
    } catch { return "\(error)" }
  }

  private func vcf(_ header: [String], _ records: [String]) -> String {
    (["##fileformat=VCFv4.2"] + header + [
      "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT d1 d2 d3".replacing(" ", with: "\t")
    ] + records.map { $0.replacing(" ", with: "\t") }).joined(separator: "\n") + "\n"
  }

  @Test func dosagesNeedNoDeclaration() throws {
    let (read, notes) = try read(
      "a.vcf",
      vcf(
        [],
        [
          "1 10 rs1 A G . . . DS 0.1 0.9 1.9", "1 20 rs2 A G . . . GT:DS ./.:1.95 0/1:0 ./.:.",
          "1 30 rs3 A G . . . GP 1,0,0 0,1,0 0.1,0.1,0.8", "1 40 rs4 A G . . . GT 0/0 0/1 1/1",
        ]))
    #expect(read.dosages == [0, 2, 0, 0, 1, 1, 1, 1, 2, 255, 2, 2])
    #expect(notes.contains { $0.contains("1 genotypes that GT lacks are taken from DS") })
  }

  @Test func otherDeclarationsAreNamed() {
    let text = "##FORMAT=<ID=DS,Number=1,Type=String,Description=\"\">"
    #expect(
      message("a.vcf", vcf([text], ["1 10 rs1 A G . . . DS 0.1 0.9 1.9"])).contains(
        "header does not declare as Float"))
  }

  @Test func aBlankLineAfterTheHeaderIsNoCrash() {
    let text = vcf([], []) + "\n1\t10\trs1\tA\tG\t.\t.\t.\tGT\t0/0\t0/1\t1/1\n"
    _ = message("a.vcf", text)
  }

  private let bim = "1\trs1\t0\t100\tA\tG\n"
  private let bed = String(decoding: [0x6c, 0x1b, 1], as: UTF8.self)

  private func plink(_ fam: String, named: String = "a.bed") throws -> Genotypes {
    try withFolder { folder in
      try fam.write(toFile: "\(folder)/a.fam", atomically: true, encoding: .utf8)
      try bim.write(toFile: "\(folder)/a.bim", atomically: true, encoding: .utf8)
      try Data([0x6c, 0x1b, 1, 0b11_10_00]).write(to: URL(fileURLWithPath: "\(folder)/a.bed"))
      return try GenotypeFile.read("\(folder)/\(named)").genotypes
    }
  }

  @Test func namesThatRecurInFamiliesTakeTheFamily() throws {
    let fam = "F1 1 0 0 1 -9\nF2 1 0 0 2 -9\nF2 2 0 0 2 -9\n"
    #expect(try plink(fam).donors == ["F1_1", "F2_1", "F2_2"])
    #expect(try plink(fam).dosages == [2, 1, 0])
    #expect(try plink("F a 0 0 1 -9\nG b 0 0 2 -9\nG c 0 0 0 -9\n").donors == ["a", "b", "c"])
    #expect(throws: StorageError.self) { try plink("0 1 0 0 1 -9\n0 1 0 0 2 -9\n0 2 0 0 2 -9\n") }
  }

  @Test func theNameOfAFileSetIsEnough() throws {
    let fam = "F a 0 0 1 -9\nG b 0 0 2 -9\nG c 0 0 0 -9\n"
    #expect(try plink(fam, named: "a").donors == ["a", "b", "c"])
    #expect(throws: StorageError.self) { try plink(fam, named: "b") }
  }

  @Test func blanksInNamesAreRefused() {
    let fam = "F\tAnna 1\t0\t0\t1\t-9\nG\tb\t0\t0\t2\t-9\nG\tc\t0\t0\t0\t-9\n"
    let error = #expect(throws: StorageError.self) { try plink(fam) }
    #expect("\(error.map { "\($0)" } ?? "")".contains("names with blanks"))
  }

  @Test func namesInOtherEncodingsAreRefused() throws {
    try withFolder { folder in
      var bytes = Data("variant\tM".utf8)
      bytes += [0xfc]
      bytes += Data("ller\tM".utf8)
      bytes += [0xf6]
      bytes += Data("ller\nrs1\t0\t1\n".utf8)
      try bytes.write(to: URL(fileURLWithPath: "\(folder)/a.tsv"))
      let error = #expect(throws: StorageError.self) { try GenotypeFile.read("\(folder)/a.tsv") }
      #expect("\(error.map { "\($0)" } ?? "")".contains("line 1 is not UTF-8"))
    }
  }

  @Test(arguments: [
    ("a.tsv", "\u{FEFF}variant\tchr\tpos\talt\tref\td1\td2\nrs1\tchr1\t5\tA\tG\t0\t2\n"),
    ("a.txt", "#CHROM POS ID REF ALT d1 d2\n1 5 rs1 G A 0 2\n"),
    ("a.csv", "id,chrom,pos,counted_allele,other_allele,d1,d2\n\"rs1\",01,5,A,G,0,2\n"),
    ("b.csv", "snp;chrom;pos;a1;a2;d1;d2\nrs1;1;5;A;G;0;2\n"),
    ("c.tsv", "variant\tchr\tpos\talt\tref\td1\td2\t\nrs1\t1\t5\tA\tG\t0\t2\t\n"),
  ])
  func tablesOfDosagesAreRead(_ name: String, _ text: String) throws {
    let genotypes = try read(name, text).genotypes
    #expect(genotypes.donors == ["d1", "d2"] && genotypes.dosages == [0, 2])
    let variant = try #require(genotypes.variants.describedVariants.first)
    #expect(Chromosome(variant.chromosome)?.name == "1" && variant.position == 5)
    #expect(variant.name == "rs1" && variant.counted == "A" && variant.other == "G")
  }

  @Test(arguments: [
    ("a.pgen", "--make-bed"), ("a.raw", "--recode A"), ("a.ped", "--make-bed"),
    ("a.bgen", "vcf-dosage"),
  ])
  func otherFormatsAreNamed(_ name: String, _ words: String) {
    #expect(message(name, "x").contains(words))
  }
}
