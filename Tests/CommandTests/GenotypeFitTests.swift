import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// Choosing genes and variants for a fit of TBLDA, its MuData file, and what is done with it.
  @Suite(.serialized) struct GenotypeFitTests {
    private let place: Workplace
    private let fit = [
      "fit", "tblda", "sim.h5ad", "--genotypes", "sim.bed", "--topics", "3", "--tolerance", "1e-3",
      "--refinement", "0",
    ]

    init() throws {
      place = try Workplace()
      try place.succeed([
        "simulate", "tblda", "--donors", "20", "--samples-per-donor", "3", "--genes", "40",
        "--variants", "60", "--topics", "3", "--reads", "3000", "--output", "sim.h5ad",
      ])
      let names = (0..<60).map { "sample\($0)" }
      try place.write(
        "sample\ttissue\n"
          + names.enumerated().map { "\($1)\t\($0 % 2 == 0 ? "skin" : "lung")\n" }
          .joined(), to: "samples.tsv")
    }

    @Test func countsCanBeNamedByTheirFlag() throws {
      try place.succeed(fit + ["--output", "word.h5mu"])
      let words = ["fit", "tblda", "--expression"] + fit.dropFirst(2)
      try place.succeed(words + ["--output", "flag.h5mu"])
      #expect(try place.fitBytes("flag.h5mu") == place.fitBytes("word.h5mu"))
      let twice = try place.run(fit + ["--expression", "sim.h5ad", "--output", "twice.h5mu"])
      #expect(twice.status == 64 && twice.errors.contains("give them once"), "\(twice)")
    }

    @Test func chosenGenesAndVariantsAreFitted() throws {
      let outcome = try place.succeed(
        fit + [
          "--minimum-frequency", "0.1", "--prune", "0.3", "--prune-window", "100000",
          "--minimum-median", "40", "--output", "fit.h5mu",
        ])
      #expect(outcome.errors.contains("variants stay after pruning"), "\(outcome.errors)")
      let inspected = try place.succeed(["inspect", "fit.h5mu"]).output
      #expect(inspected.contains("modality rna") && inspected.contains("modality genotype"))
      #expect(inspected.contains("this is a fit of model tblda"))
      #expect(!inspected.contains("modality rna: 60 cells × 40 genes"))
      for (words, part) in [
        (["--minimum-median", "1000000"], "no gene left"),
        (["--median-by", "tissue"], "no use without --minimum-median"),
        (["--minimum-median", "2", "--median-by", "tissu"], "no column of groups"),
        (["--samples", "sim.bed"], "sim.bed"),
      ] {
        let outcome = try place.run(fit + words + ["--output", "bad.h5mu"])
        #expect(outcome.status != 0 && outcome.errors.contains(part), "\(words): \(outcome)")
        #expect(!place.has("bad.h5mu"))
      }
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func ranksChooseTheSame() throws {
      let words =
        fit + [
          "--minimum-median", "30", "--minimum-frequency", "0.05", "--prune", "0.5", "--quiet",
        ]
      try place.succeed(words + ["--output", "1.h5mu"])
      try place.succeed(words + ["--output", "3.h5mu"], ranks: 3)
      #expect(try place.fitBytes("1.h5mu") == place.fitBytes("3.h5mu"))
    }

    @Test func groupsAndRecurringComponentsOfFits() throws {
      for seed in 0..<3 {
        try place.succeed(
          fit + [
            "--seed", "\(seed)", "--samples", "samples.tsv", "--output", "fit\(seed).h5mu",
            "--quiet",
          ])
      }
      try place.succeed([
        "tblda", "associate-groups", "fit0.h5mu", "--by", "tissue", "--threshold", "5", "--output",
        "groups.tsv",
      ])
      let groups = try String(contentsOfFile: place.path("groups.tsv"), encoding: .utf8)
        .split(separator: "\n").map { $0.split(separator: "\t") }
      #expect(groups.count == 7)
      let sums = groups.dropFirst().compactMap { Double($0[3]) }
      // The proportions of each of the 60 samples sum to 1.
      #expect(abs(sums.reduce(0, +) - 60) < 1e-3)
      try place.succeed([
        "tblda", "robust", "fit0.h5mu", "fit1.h5mu", "fit2.h5mu", "--minimum-runs", "1",
        "--threshold", "0.5", "--output", "robust.h5ad",
      ])
      #expect(
        try place.run(["inspect", "robust.h5ad"]).output.contains("40 genes"))
      let refused = try place.run([
        "tblda", "robust", "fit0.h5mu", "fit1.h5mu", "--output", "none.h5ad",
      ])
      #expect(refused.status == 2 && refused.errors.contains("too few"))
    }

    @Test func setsRichInChosenFeatures() throws {
      try place.succeed(fit + ["--output", "fit.h5mu", "--quiet"])
      let genes = (0..<40).map { "gene\($0)" }
      try place.write(genes.map { $0 + "\n" }.joined(), to: "genes.txt")
      try place.write(
        "topic\tfeature\tname\n" + (0..<8).map { "0\tgene\tgene\($0)\n" }.joined()
          + (0..<6).map { "1\tvariant\tvariant\($0)\n" }.joined(), to: "ranked.tsv")
      try place.write(
        "mine\tx\t" + genes.prefix(8).joined(separator: "\t") + "\nother\tx\t"
          + genes.suffix(8).joined(separator: "\t") + "\n", to: "sets.gmt")
      try place.succeed([
        "tblda", "enrich", "ranked.tsv", "--sets", "sets.gmt", "--background", "genes.txt",
        "--output", "enriched.tsv",
      ])
      let lines = try String(contentsOfFile: place.path("enriched.tsv"), encoding: .utf8)
        .split(separator: "\n")
      #expect(lines.count == 2 && lines[1].hasPrefix("0\tmine\t8\t8\t8\t"))
      let bare = try place.run([
        "tblda", "enrich", "ranked.tsv", "--sets", "sets.gmt", "--output", "e.tsv",
      ])
      #expect(bare.status == 64 && bare.errors.contains("--background"))
    }

    static let python = ProcessInfo.processInfo.environment["DISTFIT_PYTHON_MUDATA"]

    @Test(
      .enabled(if: !(python ?? "").isEmpty, "DISTFIT_PYTHON_MUDATA names no Python with mudata"))
    func mudataOpensTheFitWithoutWarnings() throws {
      try place.succeed(fit + ["--output", "fit.h5mu", "--quiet"])
      let script = """
        import warnings
        import mudata, numpy
        mudata.set_options(pull_on_update=False)
        warnings.simplefilter('error')
        fit = mudata.read_h5mu('fit.h5mu')
        assert list(fit.mod) == ['rna', 'genotype'], list(fit.mod)
        rna, genotype = fit['rna'], fit['genotype']
        assert rna.shape == (60, 40) and genotype.shape == (20, 60), (rna.shape, genotype.shape)
        assert rna.obsm['X_tblda'].shape == (60, 3)
        assert numpy.allclose(rna.obsm['X_tblda'].sum(1), 1, atol=1e-5)
        assert rna.varm['tblda_loadings'].shape == (40, 3)
        assert genotype.varm['tblda_counted'].shape == (60, 3)
        frequencies = genotype.varm['tblda_loadings']
        assert ((frequencies > 0) & (frequencies < 1)).all()
        assert genotype.var['allele_frequency'].between(0, 1).all()
        assert (genotype.obs['samples'] == 3).all()
        assert rna.uns['distfit']['model'] == 'tblda'
        assert fit.n_obs == 80 and fit.n_vars == 100, fit.shape
        """
      let outcome = try Command.run(
        URL(fileURLWithPath: Self.python ?? ""), ["-c", script], directory: place.folder)
      #expect(outcome.status == 0, "\(outcome)")
    }
  }
}
