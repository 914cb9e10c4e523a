import Modeling
import Testing

@Suite struct VariantTests {
  @Test(arguments: [
    ("A", "G", Variant.Coding.same), ("G", "A", .swapped), ("a", "g", .same),
    ("T", "C", .complement), ("C", "T", .swappedComplement), ("A", "C", .different),
    ("", "", .untold), ("0", "G", .same), ("0", "A", .swapped), (".", "G", .same),
    ("C", "0", .different), ("AT", "G", .different),
  ])
  func codingsAreTold(_ counted: String, _ other: String, _ coding: Variant.Coding) {
    let own = Variant(name: "v", counted: "A", other: "G")
    #expect(own.coding(in: Variant(name: "v", counted: counted, other: other)) == coding)
  }

  @Test func insertionsTurnAsAWhole() {
    let own = Variant(name: "v", counted: "AC", other: "A")
    #expect(own.coding(in: Variant(name: "v", counted: "GT", other: "T")) == .complement)
    #expect(own.coding(in: Variant(name: "v", counted: "T", other: "GT")) == .swappedComplement)
    #expect(!own.isPalindromic && Variant(name: "w", counted: "C", other: "G").isPalindromic)
  }

  private let wanted = [
    Variant(name: "v", chromosome: "1", position: 10, counted: "A", other: "G"),
    Variant(name: "w", chromosome: "X", position: 20, counted: "C", other: "T"),
  ]

  private func genotypes(_ variants: [Variant]) -> Genotypes {
    Genotypes(
      donors: ["a", "b"], variants: variants.table,
      dosages: [UInt8](repeating: 0, count: variants.count) + variants.indices.map { _ in 255 })
  }

  @Test func exchangedAllelesCountTwoLess() throws {
    let file = [
      Variant(name: "rs9", chromosome: "chrX", position: 20, counted: "T", other: "C"),
      Variant(name: "v", chromosome: "1", position: 10, counted: "A", other: "G"),
    ]
    let (aligned, alignment) = try genotypes(file).aligned(
      to: wanted, asker: "the fit", file: "new.bed")
    #expect(aligned.dosages == [0, 2, 255, 255] && aligned.variants.names == ["v", "w"])
    #expect(alignment.places == [1, 0] && alignment.swappedCount == 1)
    #expect(alignment.notes.contains { $0.contains("1 of 2 variants count the other allele") })
    #expect(alignment.notes.contains { $0.contains("found by their places (first: w is rs9)") })
  }

  @Test func otherAllelesAndDoubtfulStrandsAreRefused() {
    func message(_ file: [Variant], _ wanted: [Variant]) -> String {
      do {
        _ = try VariantAlignment(of: wanted, asker: "the fit", in: file, file: "f")
        return ""
      } catch { return "\(error)" }
    }
    var file = wanted
    file[1].counted = "A"
    #expect(message(file, wanted).contains("1 of 2 variants (first: w"))
    #expect(
      message([wanted[0]], wanted).contains("lacks 1 of the 2 variants of the fit (first: w)"))
    // Strands are told by v, and then p is in doubt.
    let both = wanted + [Variant(name: "p", counted: "A", other: "T")]
    var turned = both
    (turned[0].counted, turned[0].other) = ("T", "C")
    #expect(message(both, both).isEmpty)
    #expect(message(turned, both).contains("1 of 3 have alleles that look the same"))
    #expect(message(Array(turned.prefix(2)), wanted).isEmpty)
  }

  @Test func ancestriesAreTurned() throws {
    let ancestry = Ancestry(
      donors: ["a"],
      variants: [
        Variant(name: "w", counted: "T", other: "C"), Variant(name: "v", counted: "A", other: "G"),
      ], populationCount: 2, shares: [0.5, 0.5], frequencies: [0.125, 0.25, 0.5, 1])
    let (frequencies, notes) = try ancestry.frequencies(of: wanted)
    #expect(frequencies == [0.5, 1, 0.875, 0.75] && notes.count == 1)
  }

  @Test func storedVariantsComeBack() {
    #expect([Variant](storedTree: wanted.storedTree) == wanted)
    #expect(wanted.table.describedVariants == wanted)
    #expect(
      [Variant](storedTree: .group(["variants": .strings(["x"])])) == [Variant(name: "x")])
  }

  @Test(arguments: [
    ("chr1", "1"), ("01", "1"), ("NC_000001.11", "1"), ("CM000663.2", "1"), ("23", "X"),
    ("chrX", "X"), ("NC_000023.11", "X"), ("24", "Y"), ("chrY", "Y"), ("25", "XY"),
    ("PAR1", "XY"), ("26", "MT"), ("M", "MT"), ("chrM", "MT"), ("NC_012920.1", "MT"),
    ("NC_000086.8", "X"), ("Chr7", "7"), ("GL000192.1", "GL000192.1"), ("chr2L", "2L"),
  ])
  func chromosomesHaveOneName(_ written: String, _ name: String) {
    #expect(Chromosome(written)?.name == name)
  }

  @Test func unknownPlacesHaveNoChromosome() {
    for word in ["0", "", ".", "NA", "chrUn", "00"] { #expect(Chromosome(word) == nil) }
    #expect(Chromosome("25")?.counting == Chromosome("X"))
    #expect(Chromosome("NC_00001")?.isStandard == false && Chromosome("26")?.isStandard == true)
  }
}

@Suite struct GeneNameTests {
  @Test func versionsAreNoPartOfAName() {
    #expect(GeneName.withoutVersion("ENSG00000141510.17") == "ENSG00000141510")
    #expect(GeneName.withoutVersion("RP11-34P13.7") == "RP11-34P13.7")
    #expect(GeneName.stems(of: ["A.1", "B.2"]) == ["A", "B"])
    #expect(
      GeneName.stems(of: ["A", "RP11-34P13.7", "ENSG1.2"]) == ["A", "RP11-34P13.7", "ENSG1"])
  }
}
