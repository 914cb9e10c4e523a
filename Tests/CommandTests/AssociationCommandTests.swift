import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// `distfit tblda eqtl`, `permute` and `prune` on small files.
  @Suite struct AssociationCommandTests {
    /// Forty donors; the counts of gene g1 follow the first variant, all others nothing.
    private func prepare(_ place: Workplace) throws {
      let donors = (0..<40).map { "d\($0)" }
      var variants = "id\tchr\tpos\tALT\t" + donors.joined(separator: "\t") + "\n"
      for variant in 0..<6 {
        let dosages = donors.indices.map {
          "\(($0 * (2 * variant + 3) / 7 + $0 % (variant + 2)) % 3)"
        }
        variants += "v\(variant)\t\(1 + variant / 3)\t\(1000 * variant + 1)\tA\t"
        variants += dosages.joined(separator: "\t") + "\n"
      }
      try place.write(variants, to: "genotypes.tsv")
      var counts = "gene\t" + donors.joined(separator: "\t") + "\n"
      for gene in 1...5 {
        let values = donors.indices.map { donor in
          let own = (donor * 3 / 7 + donor % 2) % 3
          return "\((gene == 1 ? 100 * own : 0) + 500 + (donor * donor * gene + 17 * donor) % 97)"
        }
        counts += "g\(gene)\t" + values.joined(separator: "\t") + "\n"
      }
      try place.write(counts, to: "counts.tsv")
      try place.write(
        "gene\tchr\tstart\tgene_type\n"
          + (1...5).map { "g\($0)\t1\t\(5000 * $0)\tprotein_coding\n" }.joined(),
        to: "positions.tsv")
    }

    private let words = [
      "--held-out", "counts.tsv", "--genotypes", "genotypes.tsv", "--gene-positions",
      "positions.tsv", "--cis-window", "6000", "--minimum-frequency", "0.01",
    ]

    @Test func anEffectIsFoundAndPermutedAway() throws {
      let place = try Workplace()
      try prepare(place)
      let outcome = try place.succeed(
        ["tblda", "eqtl", "--output", "eqtl.tsv", "--fdr", "0.001"] + words)
      #expect(outcome.errors.contains("5 genes, 6 variants"))
      let lines = try String(contentsOfFile: place.path("eqtl.tsv"), encoding: .utf8)
        .split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
      let first = try #require(lines.dropFirst().first)
      #expect(first[0] == "g1" && first[1] == "v0" && first[6] == "cis")
      #expect(first[5] == "-4999" && first[7] == "protein_coding", "\(first)")
      try place.succeed(
        ["tblda", "permute", "--output", "null.tsv", "--genes", "genes.tsv.gz", "--fdr", "0.001"]
          + words)
      let null = try String(contentsOfFile: place.path("null.tsv"), encoding: .utf8)
        .split(separator: "\n")
      #expect(null.count == 12 && null[1].hasPrefix("0\t30\t\(lines.count - 1)\t"))
      #expect(place.has("genes.tsv.gz"))
    }

    /// The same table on several ranks, and for topics' pairs fewer tests.
    @Test func ranksAndChosenPairs() throws {
      let place = try Workplace()
      try prepare(place)
      let start = ["tblda", "eqtl", "--fdr", "1"] + words
      try place.succeed(start + ["--output", "one.tsv"])
      try place.succeed(start + ["--output", "three.tsv"], ranks: 3)
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: place.path("one.tsv")))
          == Data(contentsOf: URL(fileURLWithPath: place.path("three.tsv"))))
      try place.write(
        "topic\tkind\tname\n0\tgene\tg1\n0\tvariant\tv0\n0\tvariant\tv4\n1\tgene\tg2\n",
        to: "ranked.tsv")
      let outcome = try place.succeed(start + ["--output", "chosen.tsv", "--ranked", "ranked.tsv"])
      #expect(outcome.errors.contains("2 pairs of 2"))
      let refused = try place.run(start + ["--output", "one.tsv"])
      #expect(refused.status == 2 && refused.errorLines.count == 1)
      #expect(refused.errors.contains("exists already"))
    }

    /// Two tissues of every donor: tested each by itself, or a donor's mean; covariates and components come in columns.
    @Test func tissuesAreFamiliesOfTheirOwn() throws {
      let place = try Workplace()
      try prepare(place)
      let counts = try String(contentsOfFile: place.path("counts.tsv"), encoding: .utf8)
        .split(separator: "\n").map { $0.split(separator: "\t") }
      let tissues = ["liver", "skin"]
      let names = tissues.flatMap { tissue in counts[0].dropFirst().map { "\($0)-\(tissue)" } }
      try place.write(
        "gene\t" + names.joined(separator: "\t") + "\n"
          + counts.dropFirst().map { line in
            (line + line.dropFirst().reversed()).joined(separator: "\t") + "\n"
          }.joined(), to: "counts.tsv")
      try place.write(
        "sample\tdonor\ttissue\n"
          + names.map { name in
            let parts = name.split(separator: "-")
            return "\(name)\t\(parts[0])\t\(parts[1])\n"
          }.joined(), to: "samples.tsv")
      try place.succeed([
        "tblda", "pca", "genotypes.tsv", "--components", "2", "--output", "components.tsv",
      ])
      let lines = try String(contentsOfFile: place.path("components.tsv"), encoding: .utf8)
        .split(separator: "\n").map { $0.split(separator: "\t") }
      #expect(lines.count == 41 && lines[0] == ["donor", "PC1", "PC2"])
      try place.write(
        (0..<3).map { column in lines.map { $0[column] }.joined(separator: "\t") + "\n" }.joined(),
        to: "lying.tsv")
      let words = self.words + ["--samples", "samples.tsv", "--fdr", "1"]
      let start = ["tblda", "eqtl"] + words
      let refused = try place.run(start + ["--output", "x.tsv"])
      #expect(refused.status == 2 && refused.errors.contains("40 of 40 donors have several"))
      try place.succeed(
        start + ["--by", "tissue", "--covariates", "components.tsv", "--output", "a.tsv"])
      try place.succeed(
        start + ["--by", "tissue", "--covariates", "lying.tsv", "--output", "b.tsv"])
      let found = try String(contentsOfFile: place.path("a.tsv"), encoding: .utf8)
      #expect(try found == String(contentsOfFile: place.path("b.tsv"), encoding: .utf8))
      let rows = found.split(separator: "\n").dropFirst().map {
        $0.split(separator: "\t", omittingEmptySubsequences: false)
      }
      // Five genes, six variants, two tissues; each tissue has an effect of its own.
      #expect(rows.count == 60 && rows.allSatisfy { $0[14] == "40" })
      let strong = rows.filter { $0[0] == "g1" && $0[1] == "v0" }
      #expect(strong.map { $0[15] } == ["liver", "skin"])
      // The donors of the skin are dealt out in the opposite order, in which the effect is turned.
      let slopes = strong.compactMap { Double($0[8]) }
      #expect(slopes.count == 2 && slopes[0] > 1 && slopes[1] < -0.5, "\(strong)")
      try place.succeed(
        start + ["--per-donor", "mean", "--expression-factors", "2", "--output", "c.tsv"])
      try place.succeed(
        ["tblda", "permute", "--by", "tissue", "--output", "d.tsv", "--permutations", "2"] + words)
      let null = try String(contentsOfFile: place.path("d.tsv"), encoding: .utf8)
      #expect(null.contains("\n0\t60\t60\t"))
    }

    @Test func badInputIsOneLine() throws {
      let place = try Workplace()
      try prepare(place)
      try place.write(
        "name\tx\ty\n" + (0..<40).map { "d\($0)\t\($0)\t\(2 * $0)\n" }.joined(), to: "c.tsv")
      try place.write("id\tz1\tz2\nv\t0\t1\n", to: "others.tsv")
      for (more, words) in [
        (["--covariates", "c.tsv"], "covariate y follows"),
        (["--genotypes", "others.tsv"], "none of the donors"),
        (["--genotypes", "none.bed"], "does not exist"),
        (["--donor-key", "person"], "no column \"person\""),
        (["--gene-chromosome", "7"], "no gene is left"),
        (["--by", "tissue"], "no column of classes"),
        (["--expression-factors", "60"], "expression factors"),
        (["--variant-chromosome", "7"], "no variants on chromosome 7"),
      ] {
        let outcome = try place.run(
          ["tblda", "eqtl", "--output", "x.tsv"] + self.words + more, ranks: 2)
        #expect(outcome.status == 2, "\(more): \(outcome)")
        #expect(outcome.errorLines.count == 1 && outcome.errors.contains(words), "\(outcome)")
        #expect(!place.has("x.tsv"))
      }
      let usage = try place.run(
        ["tblda", "eqtl", "--output", "x.tsv", "--top", "0.1"] + self.words)
      #expect(usage.status == 64 && usage.errors.contains("--top: needs a fit"), "\(usage)")
    }

    @Test func neighboursArePruned() throws {
      let place = try Workplace()
      try place.write(
        "id\tchr\tpos\ta\tb\tc\td\nv1\t1\t1\t0\t1\t2\t1\nv2\t1\t2\t0\t1\t2\t1\nv3\t1\t9\t0\t2\t0\t1\n",
        to: "g.tsv")
      try place.succeed(["tblda", "prune", "g.tsv", "--output", "kept.txt", "--r2", "0.5"])
      let kept = try String(contentsOfFile: place.path("kept.txt"), encoding: .utf8)
      #expect(kept == "variant\nv1\nv3\n")
    }
  }
}
