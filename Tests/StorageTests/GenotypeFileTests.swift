import Foundation
import Modeling
import Storage
import TestSupport
import Testing

@Suite struct GenotypeFileTests {
  /// Five donors and three variants, so that the last byte of each variant has padding.
  private func writePlink(_ folder: String, bed: [UInt8]? = nil) throws -> String {
    let fam = (1...5).map { "f\($0) d\($0) 0 0 1 -9" }.joined(separator: "\n") + "\n"
    let bim = "1\trs1\t0\t100\tA\tG\nchr2\t.\t0\t200\tC\tCT\n2 rs3 0.5 300 T C\n"
    try fam.write(toFile: "\(folder)/a.fam", atomically: true, encoding: .utf8)
    try bim.write(toFile: "\(folder)/a.bim", atomically: true, encoding: .utf8)
    // d1…d5: 2 missing 1 0 2 | 0 0 0 0 1 | 2 2 1 1 0, lowest bits first
    let bytes: [UInt8] =
      bed ?? [0x6c, 0x1b, 1, 0b11_10_01_00, 0b00, 0b11_11_11_11, 0b10, 0b10_10_00_00, 0b11]
    try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/a.bed"))
    return "\(folder)/a.bed"
  }

  private let rows: [UInt8] = [2, 0, 2, 255, 0, 2, 1, 0, 1, 0, 0, 1, 2, 1, 0]

  @Test func plinkFilesCountTheFirstAllele() throws {
    try withFolder { folder in
      let path = try writePlink(folder)
      let (genotypes, notes) = try GenotypeFile.read(path)
      #expect(genotypes.donors == ["d1", "d2", "d3", "d4", "d5"])
      #expect(genotypes.variants.names == ["rs1", "chr2:200:CT:C", "rs3"])
      #expect(genotypes.dosages == rows)
      #expect(genotypes.variants["position"] == .integers([100, 200, 300]))
      #expect(genotypes.variants["counted_allele"] == .strings(["A", "C", "T"]))
      #expect(genotypes.variants["other_allele"] == .strings(["G", "CT", "C"]))
      #expect(notes.count == 1 && notes[0].contains("1 genotypes"))
      for name in ["2", "chr2"] {
        let chosen = try GenotypeFile.read(path, chromosome: name).genotypes
        let expected = genotypes.selecting(variants: [1, 2])
        #expect(chosen.dosages == expected.dosages)
        #expect(chosen.variants.names == expected.variants.names)
      }
      #expect(throws: StorageError.self) { try GenotypeFile.read(path, chromosome: "X") }
    }
  }

  @Test func damagedPlinkFilesAreRefusedByName() throws {
    try withFolder { folder in
      for (bed, words) in [
        ([0x6c, 0x1c, 1, 0, 0, 0, 0, 0, 0], ["magic"]), ([0x6c], ["magic"]), ([], ["magic"]),
        ([0x6c, 0x1b, 0, 0, 0, 0, 0, 0, 0], ["individual-major"]),
        ([0x6c, 0x1b, 1, 0, 0, 0, 0, 0], ["size of 8", "expected 9", "5 lines of the .fam"]),
      ] as [([UInt8], [String])] {
        let path = try writePlink(folder, bed: bed)
        let error = #expect(throws: StorageError.self) { try GenotypeFile.read(path) }
        for word in words { #expect("\(error.map { "\($0)" } ?? "")".contains(word)) }
      }
    }
  }

  @Test(
    .enabled(if: SharedData.has("data-files/broken"), "\(SharedData.missing("data-files/broken"))"),
    arguments: [
      ("magic", ["magic"]), ("individual_major", ["individual-major"]), ("truncated", ["size"]),
      ("trailing", ["size"]), ("fam_short", [".fam"]), ("bim_long", [".bim"]),
      ("bim_columns", ["line 8"]), ("fam_duplicate", ["NA18501", "twice"]),
    ])
  func damagedRealFilesAreRefused(name: String, words: [String]) throws {
    let url = try #require(SharedData.url("data-files/broken/plink_\(name).bed"))
    let error = #expect(throws: StorageError.self) { try GenotypeFile.read(url.path) }
    for word in words { #expect("\(error.map { "\($0)" } ?? "")".contains(word)) }
  }

  @Test(
    .enabled(if: SharedData.has("data-files/broken"), "\(SharedData.missing("data-files/broken"))"),
    arguments: [("good", false), ("all_missing_snp", true), ("monomorphic", true)])
  func awkwardRealFilesAreReadWithARemark(name: String, isRemarked: Bool) throws {
    let url = try #require(SharedData.url("data-files/broken/plink_\(name).bed"))
    let (_, notes) = try GenotypeFile.read(url.path)
    #expect(notes.contains { $0.contains("(first: rs1695824)") } == isRemarked)
  }

  // MARK: - VCF and BCF

  private func vcf(_ records: [String]) -> String {
    """
    ##fileformat=VCFv4.2
    ##contig=<ID=1>
    ##contig=<ID=X>
    ##FORMAT=<ID=GT,Number=1,Type=String,Description="">
    ##FORMAT=<ID=DS,Number=1,Type=Float,Description="">
    #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\td1\td2\td3

    """ + records.map { $0.replacing(" ", with: "\t") + "\n" }.joined()
  }

  @Test func genotypesOfVCFCountTheAlternativeAllele() throws {
    try withFolder { folder in
      let text = vcf([
        "1 10 rs1 A G . . . GT 0/0 0|1 1/1", "1 20 . C CT . . . GT:DS ./.:0 0/.:0 1|0:0",
        "1 30 rs3 A C,T . . . GT 0/1 1/2 0/0", "1 40 rs4 G . . . . GT 0/0 0/0 0/0",
        "X 50 rs5 G A . . . DS 0.1 . 1.6", "X 60 rs6 T C . . . GT 1 0 0/1",
      ])
      let path = "\(folder)/a.vcf"
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let (genotypes, notes) = try GenotypeFile.read(path)
      #expect(genotypes.donors == ["d1", "d2", "d3"])
      #expect(genotypes.variants.names == ["rs1", "1:20:C:CT", "rs5", "rs6"])
      // What GT lacks at the second variant DS tells.
      #expect(genotypes.dosages == [0, 0, 0, 2, 1, 0, 255, 0, 2, 1, 2, 1])
      #expect(genotypes.variants["counted_allele"] == .strings(["G", "CT", "A", "C"]))
      for words in [
        "1 variants have several", "1 variants have no alternative", "(2 values were no whole",
        "2 genotypes of one allele",
      ] { #expect(notes.contains { $0.contains(words) }, "\(words): \(notes)") }
      #expect(try GenotypeFile.read(path, chromosome: "chrX").genotypes.variantCount == 2)

      _ = try Command(URL(fileURLWithPath: "/bin/gzip"), [path]).outcome(within: 20)
      #expect(try GenotypeFile.read(path + ".gz").genotypes == genotypes)
    }
  }

  @Test func damagedVCFIsRefusedWithItsPlace() throws {
    try withFolder { folder in
      for (text, words) in [
        (vcf(["1 10 rs1 A G . . . GT 0/0/1 0/1 1/1"]), "more than two alleles"),
        (vcf(["1 10 rs1 A G . . . DS 0 2.5 1"]), "record 1 (1:10) has the dosage 2.5 for d2"),
        (vcf(["1 10 rs1 A G . . . GT 0/0 0/1"]), "record 1"),
        (vcf(["1 10 rs1 A G . . ."]), "neither GT nor DS"),
        (vcf([]), "no variants"), (vcf([]).replacing("d3", with: "d1"), "header"),
        ("no genotypes\n", "neither VCF nor BCF"), ("", "VCF"),
      ] {
        let path = "\(folder)/a.vcf"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let error = #expect(throws: StorageError.self) { try GenotypeFile.read(path) }
        let line = "\(error.map { "\($0)" } ?? "")"
        #expect(line.contains(words) && line.contains("a.vcf"), "\(line)")
      }
    }
  }

  /// A BCF file by hand, not compressed: one record of three samples.
  @Test func genotypesOfBCFAreRead() throws {
    let header = Data(vcf([]).utf8) + [0]
    var shared = Data()
    for number: Int32 in [0, 9, 1] {  // chromosome 0, position 10, length 1
      withUnsafeBytes(of: number.littleEndian) { shared.append(contentsOf: $0) }
    }
    shared.append(contentsOf: [1, 0, 0x80, 0x7f])  // quality missing
    shared.append(contentsOf: [0, 0, 2, 0, 3, 0, 0, 1])  // no INFO, 2 alleles, 3 samples, 1 FORMAT
    shared.append(contentsOf: [0x37] + Array("rs1".utf8) + [0x17] + Array("A".utf8))
    shared.append(contentsOf: [0x17] + Array("G".utf8) + [0x00])
    // GT is entry 1 of the dictionary, after PASS; two 8-bit numbers a sample
    let samples = Data([0x11, 1, 0x21, 2, 2, 2, 5, 0, 4])
    var bytes = Data([0x42, 0x43, 0x46, 2, 2])
    for count in [header.count] {
      withUnsafeBytes(of: UInt32(count).littleEndian) { bytes.append(contentsOf: $0) }
    }
    bytes += header
    for count in [shared.count, samples.count] {
      withUnsafeBytes(of: UInt32(count).littleEndian) { bytes.append(contentsOf: $0) }
    }
    bytes += shared + samples
    try withFolder { folder in
      let path = "\(folder)/a.bcf"
      try bytes.write(to: URL(fileURLWithPath: path))
      let genotypes = try GenotypeFile.read(path).genotypes
      #expect(genotypes.variants.names == ["rs1"])
      #expect(genotypes.variants["position"] == .integers([10]))
      #expect(genotypes.dosages == [0, 1, 255])
      try bytes.dropLast(5).write(to: URL(fileURLWithPath: path))
      #expect(throws: StorageError.self) { try GenotypeFile.read(path) }
    }
  }

  // MARK: - Tables

  @Test func dosageTablesAreReadWithAndWithoutPlaces() throws {
    try withFolder { folder in
      let long =
        "id\tchr\tpos\tREF\tALT\td1\td2\nrs1\t1\t10\tA\tG\t0\tNA\nrs2\t2\t20\tC\tT\t1.4\t2\n"
      try long.write(toFile: "\(folder)/a.tsv", atomically: true, encoding: .utf8)
      let (genotypes, notes) = try GenotypeFile.read("\(folder)/a.tsv")
      #expect(genotypes.dosages == [0, 1, 255, 2])
      #expect(genotypes.variants["counted_allele"] == .strings(["G", "T"]))
      #expect(notes.contains { $0.contains("1 dosages were no whole") })
      #expect(
        try GenotypeFile.read("\(folder)/a.tsv", chromosome: "2").genotypes.variants.names == [
          "rs2"
        ])
      let short = "\"id\",\"d1\",\"d2\"\n\"rs1\",0,\n\"rs2\",1,2\n"
      try short.write(toFile: "\(folder)/a.csv", atomically: true, encoding: .utf8)
      let bare = try GenotypeFile.read("\(folder)/a.csv").genotypes
      #expect(bare.dosages == [0, 1, 255, 2] && bare.variants.columns.isEmpty)
      #expect(bare.donors == ["d1", "d2"])
    }
  }

  @Test func badTablesAreRefusedWithTheirLine() throws {
    try withFolder { folder in
      for (text, words) in [
        ("id\td1\td1\nrs1\t0\t0\n", "d1 twice"),
        ("id\td1\td2\nrs1\t0\t3\n", "line 2 has the dosage 3 for d2"),
        ("id\td1\nrs1\t-1\n", "dosage -1"), ("id\td1\nrs1\tA\n", "dosage A"),
        ("id\td1\nrs1\t0\t1\n", "3 fields, expected 2"), ("id\n", "no donors"), ("", "empty"),
        ("id\td1\n", "no variants"), ("id\tpos\td1\nrs1\tx\t0\n", "position x"),
        ("id\td1\nrs1\t0\nrs1\t1\n", "rs1:0:: twice"),
      ] {
        let path = "\(folder)/a.tsv"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let error = #expect(throws: StorageError.self) { try GenotypeFile.read(path) }
        let line = "\(error.map { "\($0)" } ?? "")"
        #expect(line.contains(words), "\(line)")
      }
    }
  }

  /// The same genotypes by way of PLINK's own conversion to bgzip'd VCF.
  @Test(
    .enabled(if: Plink.isInstalled, "plink1.9 is not installed"),
    .enabled(if: SharedData.has("data/hapmap-279"), "\(SharedData.missing("data/hapmap-279"))"))
  func plinkAndVCFAgreeOnRealGenotypes() throws {
    let bed = try #require(SharedData.url("data/hapmap-279/hapmap279.bed"))
    try withFolder { folder in
      let stem = String(bed.path.dropLast(4))
      let outcome = try Command(
        Plink.program,
        ["--bfile", stem, "--recode", "vcf-iid", "bgz", "--chr", "1-22", "--out", folder + "/h"]
      ).outcome(within: 60)
      #expect(outcome.status == 0, "\(outcome)")
      let converted = try GenotypeFile.read(folder + "/h.vcf.gz").genotypes
      let (genotypes, _) = try GenotypeFile.read(bed.path)
      let autosomal = genotypes.selecting(
        variants: (0..<genotypes.variantCount).filter { variant in
          guard case .categories(let codes, let names, _)? = genotypes.variants["chromosome"]
          else { return false }
          return Int(names[Int(codes[variant])]).map { $0 <= 22 } ?? false
        })
      #expect(converted.donors == autosomal.donors)
      #expect(converted.variants.names == autosomal.variants.names)
      #expect(converted.variants["position"] == autosomal.variants["position"])
      // PLINK calls the commoner allele A2, and REF.
      guard case .strings(let alternatives)? = converted.variants["counted_allele"],
        case .strings(let counted)? = autosomal.variants["counted_allele"]
      else { return #expect(Bool(false), "no alleles") }
      var differing = 0
      for donor in 0..<converted.donorCount {
        for variant in 0..<converted.variantCount {
          let own = autosomal[donor, variant]
          let turned = own == Genotypes.missing ? own : 2 - own
          let expected = alternatives[variant] == counted[variant] ? own : turned
          if converted[donor, variant] != expected { differing += 1 }
        }
      }
      #expect(differing == 0)
    }
  }
}
