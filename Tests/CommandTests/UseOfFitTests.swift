import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// What can be done with a fit, and the commands that need none.
  @Suite(.serialized) struct UseOfFitTests {
    @Test func aFitIsEmbeddedDecodedSampledAndEvaluated() throws {
      let place = try Workplace()
      try place.succeed(simulateWords)
      try place.succeed(
        ["fit", "dgd", "data.h5ad", "--output", "fit.h5ad"] + quickSettings + ["--epochs", "40"])
      let fit = try place.succeed(["inspect", "fit.h5ad"]).output
      for word in [
        "200 cells × 120 genes", "X_dgd", "dgd_component (3 categories)", "distfit_split",
        "true_component", "dgd_dispersion", "this is a fit of model dgd",
      ] { #expect(fit.contains(word), "\(word) in\n\(fit)") }

      let evaluation = try place.succeed(
        ["evaluate", "fit.h5ad", "--labels", "true_component", "--output", "figures.json"])
      #expect(evaluation.output.contains("ARI") && evaluation.output.contains("RMSE"))
      let contents = try Data(contentsOf: place.folder.appendingPathComponent("figures.json"))
      let figures = try JSONDecoder().decode([String: Double].self, from: contents)
      #expect(figures["ARI"] ?? 0 > 0.9)
      #expect(figures["test cells"] == 20)
      #expect(figures.values.allSatisfy { $0.isFinite })
      let wrong = try place.run(["evaluate", "fit.h5ad", "--labels", "true_componen"])
      #expect(wrong.status == 2 && wrong.errors.contains("true_component"), "\(wrong)")

      // The training data are not needed.
      let new = simulateWords.dropLast() + ["new.h5ad"]
      try place.succeed(Array(new))
      try FileManager.default.removeItem(atPath: place.path("data.h5ad"))
      try place.succeed(["embed", "fit.h5ad", "new.h5ad", "--output", "embedded.h5ad"])
      let embedded = try place.succeed(["inspect", "embedded.h5ad"]).output
      #expect(embedded.contains("200 cells") && embedded.contains("X_dgd"), "\(embedded)")
      #expect(embedded.contains("dgd_component"), "\(embedded)")

      try place.succeed(["sample", "fit.h5ad", "--count", "50", "--output", "sample.h5ad"])
      let sample = try place.succeed(["inspect", "sample.h5ad"]).output
      #expect(sample.contains("50 cells × 120 genes") && sample.contains("would fit: counts"))

      try place.succeed(["decode", "fit.h5ad", "--output", "decoded.h5ad"])
      let decoded = try place.succeed(["inspect", "decoded.h5ad"]).output
      #expect(decoded.contains("200 cells × 120 genes") && decoded.contains("would not fit"))

      for words in [
        ["embed", "new.h5ad", "new.h5ad", "--output", "x.h5ad"],
        ["sample", "new.h5ad", "--output", "x.h5ad"], ["decode", "new.h5ad", "--output", "x.h5ad"],
        ["evaluate", "new.h5ad"], ["inspect", "nothing.h5ad"],
      ] {
        let outcome = try place.run(words)
        #expect(outcome.status == 2 && outcome.errorLines.count == 1, "\(words) \(outcome)")
        #expect(!place.has("x.h5ad"))
      }
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func embeddingsSamplesAndDecodedCountsAreTheSameOnThreeRanks() throws {
      let place = try Workplace()
      try place.succeed(simulateWords)
      try place.succeed(["fit", "dgd", "data.h5ad", "--output", "fit.h5ad"] + quickSettings)
      for words in [
        ["embed", "fit.h5ad", "data.h5ad"], ["sample", "fit.h5ad", "--count", "30"],
        ["decode", "fit.h5ad", "--scale", "10000"],
      ] {
        try place.succeed(words + ["--output", "one.h5ad", "--overwrite"])
        try place.succeed(words + ["--output", "three.h5ad", "--overwrite"], ranks: 3)
        let contents = try ["one.h5ad", "three.h5ad"].map {
          try Data(contentsOf: place.folder.appendingPathComponent($0))
        }
        // The record of the run itself, a few digits of JSON, may differ; nothing else.
        let differing = zip(contents[0], contents[1]).filter { $0 != $1 }.count
        #expect(contents[0].count == contents[1].count && differing <= 8, "\(words[0])")
      }
    }

    @Test func checkAndPlanSayWhatAFitWouldTake() throws {
      let place = try Workplace()
      try place.succeed(simulateWords)
      let check = try place.succeed(["check", "dgd", "data.h5ad"] + quickSettings)
      #expect(check.output.contains("ok") && !check.output.contains("WRONG"), "\(check)")
      let plan = try place.succeed(
        ["plan", "dgd", "data.h5ad", "--ranks", "2,128"] + quickSettings)
      for word in ["200 cells × 120 genes", "8 lanes", "120 ranks with nothing to do", "memory"] {
        #expect(plan.output.contains(word), "\(word) in \(plan)")
      }
      #expect(place.fileNames == ["data.h5ad"])
    }

    @Test func aPlanTellsTheTimeOfAnEpochOfDataThatDoNotExistYet() throws {
      let place = try Workplace()
      let shape = ["plan", "dgd", "--cells", "300", "--genes", "150", "--ranks", "2,8"]
      let usual = try place.succeed(shape + quickSettings)
      for word in ["300 cells × 150 genes, 3150 values", "10 GbE", "100 Gb/s InfiniBand"] {
        #expect(usual.output.contains(word), "\(word) in \(usual)")
      }
      let slow = try place.succeed(shape + quickSettings + ["--latency", "1000000"])
      let lines = slow.output.split(separator: "\n").filter { $0.contains("efficiency ") }
      #expect(lines.count == 3, "\(slow)")
      // 2 messages in each of 4 steps and 3 after them, of 2 ⌈log₂ 2⌉ seconds each.
      #expect(lines.dropFirst().first?.contains(" 22 s, efficiency ") == true, "\(slow)")
      let half = try place.run(["plan", "dgd", "--cells", "300"])
      #expect(half.status == 64 && half.errors.contains("--genes together"), "\(half)")
    }

    @Test func helpNamesEveryCommandAndEverySettingWithItsDefault() throws {
      let place = try Workplace()
      let help = try place.succeed(["--help"]).output
      for command in [
        "fit", "embed", "sample", "decode", "evaluate", "inspect", "simulate", "check", "plan",
      ] { #expect(help.contains("\n  \(command) "), "\(command) in\n\(help)") }
      let settings = try place.succeed(["fit", "dgd", "--help"]).output
      for name in [
        "--latent <integer>", "(default: 20)", "--components", "--start spectral|published",
        "--[no-]supervised", "--[no-]resume", "--config",
      ] { #expect(settings.contains(name), "\(name) in\n\(settings)") }
    }

    /// Interpreters with the current anndata and with 0.8.
    static let pythons = ["DISTFIT_PYTHON", "DISTFIT_PYTHON_ANNDATA08"].compactMap { name in
      ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    @Test(
      .enabled(
        if: !pythons.isEmpty,
        "DISTFIT_PYTHON and DISTFIT_PYTHON_ANNDATA08 name no Python with anndata"))
    func anndataOpensWhatIsWrittenWithoutWarnings() throws {
      let place = try Workplace()
      try place.succeed(simulateWords)
      try place.succeed(["fit", "dgd", "data.h5ad", "--output", "fit.h5ad"] + quickSettings)
      try place.succeed(["embed", "fit.h5ad", "data.h5ad", "--output", "embedded.h5ad"])
      try place.succeed(["sample", "fit.h5ad", "--count", "30", "--output", "sample.h5ad"])
      try place.succeed(["decode", "fit.h5ad", "--output", "decoded.h5ad"])
      let script = """
        import warnings
        import anndata, numpy
        warnings.simplefilter('error')
        data, fit, embedded, sample, decoded = [
            anndata.read_h5ad(n + '.h5ad') for n in ('data', 'fit', 'embedded', 'sample', 'decoded')]
        assert fit.shape == (200, 120), fit.shape
        assert list(fit.obs_names) == list(data.obs_names)
        assert list(fit.var_names) == list(data.var_names)
        assert fit.obsm['X_dgd'].shape == (200, 4) and numpy.isfinite(fit.obsm['X_dgd']).all()
        component = fit.obs['dgd_component']
        assert list(component.cat.categories) == ['0', '1', '2'] and component.notna().all()
        assert fit.obs['dgd_component_probability'].between(0, 1).all()
        assert (fit.obs['true_component'] == data.obs['true_component']).all()
        assert fit.obs['distfit_split'].value_counts()['test'] == 20
        assert (fit.var['dgd_dispersion'] > 0).all()
        record = fit.uns['distfit']
        assert record['model'] == 'dgd' and record['settings']['components'] == 3
        assert record['mixture']['means'].shape == (3, 4)
        assert embedded.obsm['X_dgd'].shape == (200, 4)
        assert sample.shape == (30, 120) and sample.X.sum() > 0
        assert decoded.shape == (200, 120) and numpy.isfinite(decoded.X).all()
        """
      for python in Self.pythons {
        let outcome = try Command.run(
          URL(fileURLWithPath: python), ["-c", script], directory: place.folder)
        #expect(outcome.status == 0, "\(python)\n\(outcome)")
      }
    }
  }
}
