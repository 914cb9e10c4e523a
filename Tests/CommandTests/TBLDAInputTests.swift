import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// What `distfit fit tblda` does with input that is wrong, odd, or in another order.
  @Suite(.serialized) struct TBLDAInputTests {
    private let place: Workplace
    private let words = [
      "fit", "tblda", "counts.tsv", "--topics", "2", "--samples", "samples.tsv", "--iterations",
      "20", "--tolerance", "0", "--lanes", "5", "--refinement", "0",
    ]
    private let donors = (0..<6).map { "d\($0)" }

    /// 12 samples of 6 donors, 8 genes, 9 variants.
    init() throws {
      place = try Workplace()
      try place.write(counts(), to: "counts.tsv")
      try place.write(
        "sample\tdonor\n" + (0..<12).map { "s\($0)\td\($0 / 2)\n" }.joined(), to: "samples.tsv")
      try place.write(genotypes(donors), to: "donors.tsv")
    }

    /// A table of counts, samples in lines.
    private func counts(names: (Int) -> String = { "s\($0)" }) -> String {
      "sample" + (0..<8).map { "\tg\($0)" }.joined() + "\n"
        + (0..<12).map { sample in
          names(sample)
            + (0..<8).map { "\t\((sample * 7 + $0 * 5) % 11 + ($0 % 2 == sample / 6 ? 30 : 0))" }
            .joined() + "\n"
        }.joined()
    }

    /// A table of dosages, variants in lines.
    private func genotypes(_ donors: [String], _ odd: [Int: String] = [:]) -> String {
      "variant\tchromosome\tposition\t" + donors.joined(separator: "\t") + "\n"
        + (0..<9).map { variant in
          let dosages = donors.map { name -> String in
            let donor = Int(name.dropFirst()) ?? 0
            return odd[variant * 6 + donor] ?? "\((variant * 3 + donor * (variant + 1)) % 3)"
          }
          return "v\(variant)\t1\t\(1000 * variant + 1)\t" + dosages.joined(separator: "\t") + "\n"
        }.joined()
    }

    private func fit(_ more: [String], ranks: Int = 1) throws -> Command.Outcome {
      try place.run(words + more + ["--output", "fit.h5ad", "--overwrite"], ranks: ranks)
    }

    /// One line that says what is wrong, status 2 (64 for words that do not go together), and nothing written.
    private func expectRefusal(
      _ more: [String], _ part: String, ranks: [Int] = [1, 3], status: Int32 = 2
    ) throws {
      for count in ranks {
        let outcome = try fit(more, ranks: count)
        #expect(
          outcome.status == status && outcome.errors.contains(part),
          "\(more) on \(count) ranks: \(outcome)")
        #expect(!place.has("fit.h5ad"))
      }
    }

    @Test(
      .enabled(if: Mpirun.isAvailable, "mpirun is missing"),
      arguments: ["3", "-1", "x"])
    func dosagesOutsideZeroToTwoAreRefused(_ value: String) throws {
      try place.write(genotypes(donors, [7: value]), to: "odd.tsv")
      try expectRefusal(["--genotypes", "odd.tsv"], "odd.tsv: line 3")
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func namesThatStandTwiceAreRefused() throws {
      try place.write(counts { $0 == 4 ? "s3" : "s\($0)" }, to: "counts.tsv")
      try expectRefusal(["--genotypes", "donors.tsv"], "s3")
      try place.write(counts(), to: "counts.tsv")
      try place.write(genotypes(["d0", "d1", "d2", "d2", "d4", "d5"]), to: "twice.tsv")
      try expectRefusal(["--genotypes", "twice.tsv"], "d2")
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func donorsThatNobodyHasAreRefused() throws {
      try place.write(genotypes(donors.map { "x" + $0 }), to: "others.tsv")
      try expectRefusal(["--genotypes", "others.tsv"], "none of the donors")
      // Donors in lines, variants in columns.
      let lines = genotypes(donors).split(separator: "\n").map { $0.split(separator: "\t") }
      let turned = ([0] + Array(3..<9)).map { column in
        lines.map { $0[column] }.joined(separator: "\t") + "\n"
      }
      try place.write(turned.joined(), to: "turned.tsv")
      try expectRefusal(["--genotypes", "turned.tsv"], "none of the donors")
      try place.write("sample\tdonor\ns0\td0\n", to: "few.tsv")
      try expectRefusal(
        ["--genotypes", "donors.tsv", "--samples", "few.tsv"], "lacks 11 of 12 samples")
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func columnsThatWereExchangedAreNamed() throws {
      try place.write(
        "donor\tsample\n" + (0..<12).map { "d\($0 / 2)\ts\($0)\n" }.joined(),
        to: "exchanged.tsv")
      let genotypes = ["--genotypes", "donors.tsv"]
      try expectRefusal(
        genotypes + ["--samples", "exchanged.tsv"], "its column \"sample\" has some",
        ranks: [1, 2, 7])
      try place.write(
        "sample\ttissue\tdonor\n" + (0..<12).map { "s\($0)\tt\($0 % 2)\td\($0 / 2)\n" }.joined(),
        to: "tissues.tsv")
      for more in [[], ["--batch", "2"]] {
        try expectRefusal(
          genotypes + ["--samples", "tissues.tsv", "--donor-key", "tissue"] + more,
          "but 6 of those in obs/donor: --donor-key donor", ranks: [1, 2, 7])
      }
      try place.write("gene\tchromosome\tstart\nother\t1\t5\n", to: "others.tsv")
      try expectRefusal(
        genotypes + ["--gene-positions", "others.tsv", "--gene-chromosome", "1"],
        "none of the genes that others.tsv", ranks: [1])
    }

    @Test func donorsAreFoundByNameWhateverTheirOrder() throws {
      try place.write(genotypes(donors.reversed()), to: "reversed.tsv")
      for (file, output) in [("donors.tsv", "one.h5ad"), ("reversed.tsv", "other.h5ad")] {
        // 3: the iterations are spent.
        let outcome = try place.run(words + ["--genotypes", file, "--output", output])
        #expect(outcome.status == 3, "\(outcome)")
      }
      let figures = try ["one", "other"].map { name in
        try place.succeed(["evaluate", "\(name).h5ad"]).output
      }
      #expect(figures[0] == figures[1], "\(figures)")
    }

    @Test func whatIsMissingIsToldAndLeftOut() throws {
      try place.write(
        genotypes(Array(donors[1...]) + ["d9"], [8: "NA", 9: "NA"]), to: "others.tsv")
      let outcome = try fit(["--genotypes", "others.tsv"])
      #expect(outcome.status == 3, "\(outcome)")
      for part in [
        "1 of 6 donors have no sample", "have no genotypes (first: d0)",
        "2 of 12 samples are left out", "2 genotypes are missing",
      ] {
        #expect(outcome.errors.contains(part), "\(part): \(outcome.errors)")
      }
    }

    @Test func genesWithoutPositionsAreLeftOutOfAChromosome() throws {
      try place.write(
        "gene\tchromosome\tstart\n" + (0..<4).map { "g\($0)\t1\t\(100 * $0)\n" }.joined(),
        to: "genes.tsv")
      let more = ["--genotypes", "donors.tsv", "--gene-positions", "genes.tsv"]
      #expect(try fit(more + ["--gene-chromosome", "1"]).errors.contains("4 genes"))
      try FileManager.default.removeItem(atPath: place.path("fit.h5ad"))
      try expectRefusal(more + ["--gene-chromosome", "2"], "no genes on chromosome 2", ranks: [1])
      try expectRefusal(
        ["--genotypes", "donors.tsv", "--gene-chromosome", "1"], "no column \"chromosome\"",
        ranks: [1])
    }

    @Test func settingsThatDoNotGoTogetherAreRefused() throws {
      let start = ["--genotypes", "donors.tsv"]
      for (more, part) in [
        (["--inference", "stochastic", "--restarts", "2"], "--restarts"),
        (["--inference", "stochastic", "--batch", "2"], "--batch"),
        (["--alpha-minimum", "0.9", "--alpha-maximum", "0.2"], "--alpha-minimum"),
        (["--held-out-samples", "4"], "--held-out-samples"),
        (["--topics", "0"], "--topics"),
      ] {
        try expectRefusal(start + more, part, ranks: [1], status: 64)
      }
    }
  }
}
