import Foundation
import Modeling
import Storage
import TestSupport
import Testing

@Suite struct GenotypeSelectionTests {
  private let genotypes = Genotypes(
    donors: ["a", "b", "c", "d"],
    variants: Table(
      names: ["v1", "v2", "v3", "v4"],
      columns: [
        NamedColumn("chromosome", .strings(["1", "1", "1", "2"])),
        NamedColumn("position", .integers([10, 20, 500, 20])),
      ]),
    // v1 and v2 agree, v3 varies alone, v4 is v1 on another chromosome
    dosages: [0, 0, 1, 0, 1, 1, 255, 1, 2, 2, 0, 2, 0, 0, 0, 0])

  @Test func frequenciesLeaveMissingGenotypesOut() {
    let counts = genotypes.variantCounts
    #expect(counts.map(\.observed) == [4, 4, 3, 4])
    #expect(counts.map(\.copies) == [3, 3, 1, 3])
    #expect(abs(counts[2].minorFrequency - 1.0 / 6) < 1e-15)
    #expect(genotypes.variants(minimumFrequency: 0.3, maximumMissing: 1) == [0, 1, 3])
    #expect(genotypes.variants(minimumFrequency: 0, maximumMissing: 0.2) == [0, 1, 3])
    #expect(genotypes.variants(minimumFrequency: 0, maximumMissing: 0.25) == [0, 1, 2, 3])
  }

  @Test func neighboursThatAgreeAreLeftOutWithinAWindow() {
    #expect(LinkagePruning(window: 10, limit: 0.5).kept(genotypes) == [0, 2, 3])
    #expect(LinkagePruning(window: 9, limit: 0.5).kept(genotypes) == [0, 1, 2, 3])
    let bare = Genotypes(
      donors: ["a"], variants: Table(names: ["v"]), dosages: [1])
    #expect(LinkagePruning().kept(bare) == nil)
  }

  /// PLINK's own choice, variant by variant.
  @Test(
    .enabled(if: Plink.isInstalled, "plink1.9 is not installed"),
    .enabled(
      if: SharedData.has("data/1000g-chr19-731", "data/hapmap-279", "data/geuvadis-178-genotypes"),
      "\(SharedData.missing("data/1000g-chr19-731", "data/hapmap-279", "data/geuvadis-178-genotypes"))"
    ),
    arguments: [
      ("data/1000g-chr19-731/chr19_731", 200, 0.2), ("data/1000g-chr19-731/chr19_731", 50, 0.8),
      ("data/hapmap-279/hapmap279", 20_000, 0.1),
      ("data/geuvadis-178-genotypes/geuvadis178", 100, 0.5),
    ])
  func pruningKeepsWhatPlinkKeeps(name: String, kilobases: Int, limit: Double) throws {
    let bed = try #require(SharedData.url(name + ".bed"))
    try withFolder { folder in
      // PLINK leaves children out; so nobody is told to have parents.
      let stem = String(bed.path.dropLast(4))
      let people = try String(contentsOfFile: stem + ".fam", encoding: .utf8)
        .split(separator: "\n").map { line in
          let fields = line.split(whereSeparator: \.isWhitespace)
          return "\(fields[0]) \(fields[1]) 0 0 \(fields[4]) -9\n"
        }.joined()
      try people.write(toFile: folder + "/p.fam", atomically: true, encoding: .utf8)
      let outcome = try Command(
        Plink.program,
        [
          "--bed", bed.path, "--bim", stem + ".bim", "--fam", folder + "/p.fam", "--autosome",
          "--indep-pairwise", "\(kilobases)", "kb", "1", "\(limit)", "--freq",
          "--out", folder + "/p",
        ]
      ).outcome(within: 60)
      #expect(outcome.status == 0, "\(outcome)")
      let all = try GenotypeFile.read(bed.path).genotypes
      let chromosomes = try #require(all.chromosomes)
      let genotypes = all.selecting(
        variants: chromosomes.codes.indices.filter {
          Int(chromosomes.names[Int(chromosomes.codes[$0])]).map { $0 <= 22 } ?? false
        })
      let kept = try #require(
        LinkagePruning(window: 1000 * kilobases, limit: limit).kept(genotypes))
      let expected = try String(contentsOfFile: folder + "/p.prune.in", encoding: .utf8)
        .split(separator: "\n").map(String.init)
      let areEqual = kept.map { genotypes.variants.names[$0] } == expected
      #expect(areEqual, "\(kept.count) kept, PLINK keeps \(expected.count)")

      let frequencies = try String(contentsOfFile: folder + "/p.frq", encoding: .utf8)
        .split(separator: "\n").dropFirst().map { $0.split(separator: " ") }
      let differing = zip(genotypes.variantCounts, frequencies).count { counts, fields in
        guard fields[5] == "\(2 * counts.observed)" else { return true }
        guard let frequency = Double(fields[4]) else { return counts.observed > 0 }
        return abs(frequency - counts.minorFrequency) > 6e-5  // PLINK prints four digits
      }
      #expect(differing == 0)
      #expect(frequencies.count == genotypes.variantCount)
    }
  }
}

/// PLINK 1.9, the oracle of what is read from and left out of genotype files.
enum Plink {
  static let program = URL(fileURLWithPath: "/usr/bin/plink1.9")
  static let isInstalled = FileManager.default.isExecutableFile(atPath: program.path)
}
