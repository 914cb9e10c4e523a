import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// `distfit simulate tblda`, `distfit fit tblda`: reads and genotypes to the fit file.
  @Suite(.serialized) struct TBLDACommandTests {
    private let place: Workplace
    private let fit = [
      "fit", "tblda", "sim.h5ad", "--genotypes", "sim.bed", "--topics", "4", "--lanes", "9",
      "--tolerance", "1e-4", "--refinement", "0", "--quiet",
    ]

    init() throws {
      place = try Workplace()
      try place.succeed([
        "simulate", "tblda", "--donors", "20", "--samples-per-donor", "2", "--genes", "60",
        "--variants", "50", "--topics", "3", "--reads", "2000", "--missing", "0.05", "--output",
        "sim.h5ad",
      ])
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func fitsAreByteIdenticalForAnyRanksAndThreads() throws {
      let words = fit + ["--ancestry", "sim.ancestry.tsv", "--evidence-draws", "3"]
      try place.succeed(words + ["--output", "1.h5ad", "--threads", "1"])
      let expected = try place.fitBytes("1.h5ad")
      for (ranks, threads) in [(1, 2), (2, 1), (7, 1)] {
        let name = "\(ranks)x\(threads).h5ad"
        try place.succeed(words + ["--output", name, "--threads", "\(threads)"], ranks: ranks)
        #expect(try place.fitBytes(name) == expected, "\(ranks) ranks × \(threads) threads")
      }
      try place.succeed(fit + ["--output", "other.h5ad"])
      #expect(try place.fitBytes("other.h5ad") != expected, "the ancestry changes nothing")
    }

    @Test(
      .enabled(if: Mpirun.isAvailable, "mpirun is missing"),
      arguments: [
        (["--genotypes", "missing.bed"], "missing.bed"),
        (["--donor-key", "doner"], "did you mean \"donor\"? (it has donor)"),
        (["--ancestry", "other.tsv"], "does not have donor donor1"),
        (["--ancestry", "broken.tsv"], "line 3"),
        (["--variant-chromosome", "X"], "chromosome X"),
        (["--gene-chromosome", "X"], "no genes on chromosome X"),
      ])
    func badInputIsOneLineAndStatusTwo(_ words: [String], _ part: String) throws {
      try place.write("kind\tname\t1\ndonor\tdonor0\t1\nvariant\tvariant0\t0.5\n", to: "other.tsv")
      try place.write("kind\tname\t1\ndonor\tdonor0\t1\nvariant\tvariant0\t1.5\n", to: "broken.tsv")
      for ranks in [1, 3] {
        let outcome = try place.run(fit + words + ["--output", "bad.h5ad"], ranks: ranks)
        #expect(outcome.status == 2 && outcome.errors.contains(part), "\(outcome)")
        #expect(!place.has("bad.h5ad"))
      }
    }

    @Test func ancestryIsFoundAndUsedAndTopicsAreRanked() throws {
      try place.succeed([
        "tblda", "ancestry", "sim.bed", "--ancestries", "2", "--output", "found.tsv",
      ])
      try place.succeed(fit + ["--ancestry", "found.tsv", "--output", "fit.h5ad"])
      try FileManager.default.createDirectory(
        at: place.folder.appendingPathComponent("lists"), withIntermediateDirectories: false)
      try place.succeed([
        "tblda", "rank", "fit.h5ad", "--top", "0.1", "--output", "ranks.tsv", "--rnk", "lists",
      ])
      let text = try String(
        contentsOf: place.folder.appendingPathComponent("ranks.tsv"), encoding: .utf8)
      let lines = text.split(separator: "\n")
      // four topics, a tenth of 60 genes and of 50 variants
      #expect(lines.count == 1 + 4 * (6 + 5))
      #expect(lines[0] == "feature\ttopic\trank\tname\tscore")
      let printed = try place.succeed(["tblda", "rank", "fit.h5ad", "--top", "0.1"])
      #expect(printed.output == text)
      let groups = try place.succeed(["tblda", "associate-groups", "fit.h5ad", "--by", "donor"])
      #expect(groups.output.hasPrefix("group\ttopic\tsamples\tsum\tmean\texcess\tassociated\n"))
      // a header, 20 donors × four topics
      #expect(groups.output.split(separator: "\n").count == 1 + 20 * 4)
      #expect(place.has("lists/gene-topic4.rnk") && place.has("lists/variant-topic1.rnk"))
      let again = try place.run(["tblda", "rank", "fit.h5ad", "--output", "ranks.tsv"])
      #expect(again.status == 2 && again.errors.contains("exists already"), "\(again)")
      let wrong = try place.run(["tblda", "rank", "sim.h5ad", "--output", "other.tsv"])
      #expect(wrong.status == 2, "\(wrong)")
    }

    @Test func testsOnAFitTakeItsGenotypesUnlessToldOthers() throws {
      try place.succeed(
        fit + ["--held-out-samples", "1", "--held-out-from", "2", "--output", "fit.h5ad"])
      let tests = ["tblda", "eqtl", "fit.h5ad", "--held-out", "sim.h5ad", "--fdr", "1"]
      try place.succeed(tests + ["--output", "own.tsv"])
      let whole = try place.run(
        ["tblda", "eqtl", "--held-out", "sim.h5ad", "--genotypes", "sim.bed", "--output", "x.tsv"])
      #expect(whole.status == 2 && whole.errorLines.count == 1, "\(whole)")
      #expect(whole.errors.contains("have several samples") && whole.errors.contains("--by"))
      try place.succeed(tests + ["--output", "told.tsv", "--genotypes", "sim.bed"])
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: place.path("own.tsv")))
          == Data(contentsOf: URL(fileURLWithPath: place.path("told.tsv"))))
      try FileManager.default.moveItem(atPath: place.path("sim.bed"), toPath: place.path("x.bed"))
      let gone = try place.run(tests + ["--output", "gone.tsv"])
      #expect(gone.status == 2 && gone.errors.contains("give --genotypes"), "\(gone)")
      let nobody = try place.run(
        ["tblda", "eqtl", "--held-out", "sim.h5ad", "--output", "gone.tsv"])
      #expect(nobody.status == 2 && nobody.errors.contains("--genotypes is missing"), "\(nobody)")
      #expect(!place.has("gone.tsv"))
    }

    @Test func aFitIsJudgedByWhatItHeldOutAndByItsData() throws {
      let words = [
        "--ancestry", "sim.ancestry.tsv", "--held-out-samples", "1", "--held-out-from", "2",
        "--held-out-genotypes", "0.1", "--evidence-draws", "40", "--output", "fit.h5mu",
      ]
      try place.succeed(fit + words)
      func figures(_ words: [String]) throws -> [String: Double] {
        try place.succeed(
          ["evaluate", "fit.h5mu", "--output", "figures.json", "--overwrite"] + words)
        let data = try Data(contentsOf: place.folder.appendingPathComponent("figures.json"))
        return try JSONDecoder().decode([String: Double?].self, from: data).compactMapValues { $0 }
      }
      let stored = try figures([])
      #expect(stored["samples held out"] == 20)
      let perplexity = try #require(stored["held-out perplexity"])
      let ofProfile = try #require(stored["held-out perplexity, mean profile"])
      #expect(perplexity > 1 && perplexity < ofProfile, "\(stored)")
      #expect((50...150).contains(stored["held-out genotypes"] ?? 0), "\(stored)")
      #expect((stored["held-out log-likelihood a genotype"] ?? 0) < 0)
      // The same from the data: the same halves and genotypes, other draws of the same bound.
      let anew = try figures(["--data", "sim.h5ad", "--genotypes", "sim.bed", "--draws", "40"])
      #expect(abs((anew["held-out perplexity"] ?? 0) - perplexity) < 1e-3 * perplexity, "\(anew)")
      #expect(anew["held-out genotypes"] == stored["held-out genotypes"])
      let bounds = [stored["ELBO"] ?? .nan, anew["ELBO"] ?? .nan]
      let error = (stored["ELBO standard error"] ?? 0) + (anew["ELBO standard error"] ?? 0)
      #expect(abs(bounds[0] - bounds[1]) < 5 * error + 1, "\(bounds) ± \(error)")
      let truth = try figures(["--truth", "sim.h5ad"])
      #expect((truth["mean r of genes' topics"] ?? 0) > 0.9, "\(truth)")
      let alone = try place.run(["evaluate", "fit.h5mu", "--data", "sim.h5ad"])
      #expect(alone.status != 0 && alone.errors.contains("go together"), "\(alone)")
    }

    @Test func aFitWithoutGenotypesSaysWhatIsMissing() throws {
      let outcome = try place.run(["fit", "tblda", "sim.h5ad", "--output", "bad.h5ad"])
      #expect(outcome.status == 2)
      #expect(outcome.errorLines.count == 1 && outcome.errors.contains("--genotypes"))
    }
  }
}
