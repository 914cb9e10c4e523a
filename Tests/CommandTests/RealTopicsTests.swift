import Foundation
import Modeling
import Storage
import TestSupport
import Testing

extension CommandTests {
  /// From real reads and genotypes to topics, ranks, tests and sets: nothing known is to be found here, but every
  /// figure has to make sense.
  @Suite(.serialized) struct RealTopicsTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private static func data(_ path: String) -> URL? { SharedData.url("data/" + path) }

    private func table(_ name: String) throws -> [[Substring]] {
      try String(contentsOfFile: place.path(name), encoding: .utf8).split(separator: "\n").map {
        $0.split(separator: "\t", omittingEmptySubsequences: false)
      }
    }

    private func unpacked(_ url: URL) throws -> [[Substring]] {
      let outcome = try Command.run(URL(fileURLWithPath: "/bin/gzip"), ["-dc", url.path])
      return outcome.output.split(separator: "\n").map {
        $0.split(separator: "\t", omittingEmptySubsequences: false)
      }
    }

    /// Chinese and Japanese differ so little that the bound prefers an empty population; families, trios here, differ
    /// more.
    @Test(
      .enabled(
        if: data("hapmap-279") != nil, Comment(rawValue: SharedData.missing("data/hapmap-279"))))
    func theFourPopulationsOfHapMapSeparate() throws {
      let folder = try #require(Self.data("hapmap-279"))
      let bed = folder.appendingPathComponent("hapmap279.bed").path
      let found = try place.succeed([
        "tblda", "ancestry", bed, "--ancestries", "4", "--restarts", "1", "--output",
        "ancestry.tsv",
      ])
      #expect(found.errors.contains(" of 279 donors are relatives"), "\(found.errors)")
      let labels = try String(
        contentsOf: folder.appendingPathComponent("samples.tsv"), encoding: .utf8
      ).split(separator: "\n").dropFirst().map { $0.split(separator: "\t") }
      let population = Dictionary(uniqueKeysWithValues: labels.map { ($0[0], $0[1]) })
      var members: [Int: [Substring: Int]] = [:]
      for row in try table("ancestry.tsv") where row[0] == "donor" {
        let shares = row[6...].map { Double($0) ?? .nan }
        let largest = shares.indices.max { shares[$0] < shares[$1] } ?? 0
        members[largest, default: [:]][try #require(population[row[1]]), default: 0] += 1
      }
      #expect(members.count == 4)
      // The most frequent label of each found population, each label once, and hardly anybody elsewhere.
      let names = members.values.compactMap { own in own.max { $0.value < $1.value } }
      #expect(Set(names.map(\.key)).count == 4, "\(members)")
      #expect(names.reduce(0) { $0 + $1.value } >= 274, "\(members)")
    }

    /// Yoruba cell lines: each donor's reads of chromosome 19 fall into three pseudo-samples at random.
    @Test(
      .enabled(
        if: data("yri-lcl-69") != nil, Comment(rawValue: SharedData.missing("data/yri-lcl-69"))))
    func yorubaCellLinesFromReadsToSets() throws {
      let folder = try #require(Self.data("yri-lcl-69"))
      let chromosomes = try unpacked(folder.appendingPathComponent("genes.tsv.gz")).dropFirst()
      let own = Set(chromosomes.filter { $0[2] == "19" }.map { $0[0] })
      let counts = try unpacked(folder.appendingPathComponent("counts.tsv.gz"))
      let genes = counts.dropFirst().filter { own.contains($0[0]) }
      var text = "sample" + genes.map { "\t\($0[0])" }.joined() + "\n"
      var samples = "sample\tdonor\n"
      var dice = Dice()
      for (column, donor) in counts[0].enumerated().dropFirst() {
        var parts = [[Int]](repeating: Array(repeating: 0, count: genes.count), count: 3)
        for (index, gene) in genes.enumerated() {
          for _ in 0..<(Int(gene[column]) ?? 0) { parts[dice.roll(3)][index] += 1 }
        }
        for (part, values) in parts.enumerated() {
          text += "\(donor)_\(part)" + values.map { "\t\($0)" }.joined() + "\n"
          samples += "\(donor)_\(part)\t\(donor)\n"
        }
      }
      try place.write(text, to: "counts.tsv")
      try place.write(samples, to: "samples.tsv")
      let bed = folder.appendingPathComponent("genotypes54.bed").path
      let fit = try place.succeed([
        "fit", "tblda", "counts.tsv", "--samples", "samples.tsv", "--genotypes", bed, "--topics",
        "4", "--variant-chromosome", "19", "--minimum-median", "3", "--held-out-samples", "1",
        "--held-out-from", "3", "--held-out-genotypes", "0.05", "--tolerance", "1e-5", "--output",
        "fit.h5mu",
      ])
      #expect(fit.errors.contains("45 of 207 samples are left out"), "\(fit.errors)")
      let figures = try place.succeed(["evaluate", "fit.h5mu"]).output
      func figure(_ name: String) throws -> Double {
        let line = try #require(figures.split(separator: "\n").first { $0.hasPrefix(name + " ") })
        return try #require(Double(line.dropFirst(name.count).trimmingCharacters(in: .whitespaces)))
      }
      #expect(try figure("held-out samples") == 54)
      #expect(
        try figure("held-out perplexity") < figure("held-out perplexity, mean profile"),
        "\(figures)")
      #expect(try (0.05...0.85).contains(figure("alpha")))

      try place.succeed(["tblda", "rank", "fit.h5mu", "--top", "0.1", "--output", "ranked.tsv"])
      let tests = [
        "fit.h5mu", "--held-out", "counts.tsv", "--samples", "samples.tsv", "--genotypes", bed,
        "--variant-chromosome", "19", "--ranked", "ranked.tsv", "--fdr", "1",
      ]
      try place.succeed(["tblda", "eqtl"] + tests + ["--output", "eqtl.tsv.gz"])
      let pairs = try unpacked(place.folder.appendingPathComponent("eqtl.tsv.gz"))
      let p = try #require(pairs[0].firstIndex(of: "p"), "\(pairs[0])")
      let values = pairs.dropFirst().compactMap { Double($0[p]) }
      #expect(values.count > 500 && values.allSatisfy { (0...1).contains($0) })
      // No more small p values than chance gives, or hardly: about a twentieth below 0.05.
      let small = Double(values.count { $0 < 0.05 }) / Double(values.count)
      #expect((0.02...0.1).contains(small), "\(small)")
      try place.succeed(
        ["tblda", "permute"] + tests + ["--permutations", "3", "--output", "null.tsv"])
      #expect(try table("null.tsv").count == 5)

      let names = try table("ranked.tsv")
      let top = names.filter { $0[0] == "gene" && $0[1] == "1" }.map { String($0[3]) }
      try place.write("top\tx\t" + top.prefix(12).joined(separator: "\t") + "\n", to: "sets.gmt")
      try place.succeed([
        "tblda", "enrich", "ranked.tsv", "--sets", "sets.gmt", "--background", "fit.h5mu",
        "--output",
        "sets.tsv",
      ])
      let sets = try table("sets.tsv")
      #expect(sets.count > 1 && sets[1][0] == "1" && sets[1][1] == "top", "\(sets)")
      try place.write("19\t0\t5000000\tstart\n19\t5000000\t60000000\trest\n", to: "regions.bed")
      try place.succeed([
        "tblda", "enrich", "ranked.tsv", "--regions", "regions.bed", "--genotypes", bed, "--fdr",
        "1",
        "--output", "regions.tsv",
      ])
      let regions = try table("regions.tsv")
      #expect(regions.count == 1 + 4 * 2, "\(regions)")
    }

    /// Two lanes of one library of each of 29 donors; the genotypes are other people's. Lanes of a donor have the
    /// same topics, samples of two donors have not.
    @Test(
      .enabled(
        if: data("ipsc-cm-29donors-bulk") != nil && data("1000g-chr19-731") != nil,
        Comment(rawValue: SharedData.missing("data/ipsc-cm-29donors-bulk"))))
    func lanesOfOneLibraryHaveTheSameTopics() throws {
      let folder = try #require(Self.data("ipsc-cm-29donors-bulk"))
      let people = try #require(Self.data("1000g-chr19-731")).appendingPathComponent("chr19_731")
      let samples = try String(
        contentsOf: folder.appendingPathComponent("samples.tsv"), encoding: .utf8
      ).split(separator: "\n").map { $0.split(separator: "\t") }
      let donors = Set(samples.dropFirst().map { $0[1] }).sorted()
      // The first people take the donors' names.
      for end in ["bed", "bim"] {
        try FileManager.default.copyItem(
          at: people.appendingPathExtension(end),
          to: place.folder.appendingPathComponent("people." + end))
      }
      let lines = try String(contentsOf: people.appendingPathExtension("fam"), encoding: .utf8)
        .split(separator: "\n").enumerated().map { line, text in
          var fields = text.split(whereSeparator: \.isWhitespace)
          if line < donors.count { fields[1] = donors[line] }
          return fields.joined(separator: "\t") + "\n"
        }
      try place.write(lines.joined(), to: "people.fam")
      let fit = try place.succeed([
        "fit", "tblda", folder.appendingPathComponent("counts.tsv.gz").path, "--samples",
        folder.appendingPathComponent("samples.tsv").path, "--donor-key", "individual",
        "--genotypes", "people.bed", "--minimum-frequency", "0.1", "--prune", "0.2", "--topics",
        "6",
        "--minimum-median", "200", "--tolerance", "1e-5", "--output", "fit.h5mu",
      ])
      #expect(fit.errors.contains("702 of 731 donors have no sample"), "\(fit.errors)")
      // Of each sample the mean topics; its donor's other lane is nearer than any other donor's sample.
      let file = try AnnDataFile(place.path("fit.h5mu"), modality: "rna")
      let (topics, shape) = try file.array("obsm/X_tblda")
      var warnings: [String] = []
      let individuals = try #require(
        file.rows(warnings: &warnings)["individual"]?.asCategories?.codes)
      #expect(shape == [58, 6])
      func distance(_ one: Int, _ other: Int) -> Double {
        (0..<6).reduce(0) { $0 + abs(topics[6 * one + $1] - topics[6 * other + $1]) }
      }
      for sample in individuals.indices {
        let others = individuals.indices.filter { $0 != sample }
        let own = others.filter { individuals[$0] == individuals[sample] }
        try #require(own.count == 1)
        let strangers = others.filter { individuals[$0] != individuals[sample] }
        let nearest = strangers.map { distance(sample, $0) }.min() ?? 0
        #expect(distance(sample, own[0]) < Tolerance.sameLibrary.absolute)
        #expect(distance(sample, own[0]) < nearest, "sample \(sample)")
      }
    }

    /// 731 people, 8 381 variants: neighbours pruned, populations found.
    @Test(
      .enabled(
        if: data("1000g-chr19-731") != nil,
        Comment(rawValue: SharedData.missing("data/1000g-chr19-731"))))
    func manyPeopleArePrunedAndMixed() throws {
      let bed = try #require(Self.data("1000g-chr19-731")).appendingPathComponent("chr19_731.bed")
      try place.succeed([
        "tblda", "prune", bed.path, "--r2", "0.2", "--output", "kept.txt",
      ])
      let kept = try table("kept.txt").count
      #expect((500...4000).contains(kept), "\(kept)")
    }
  }

  /// A small generator for pseudo-samples: numbers of a fixed sequence.
  private struct Dice {
    private var state: UInt64 = 1

    mutating func roll(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(count))
    }
  }
}
