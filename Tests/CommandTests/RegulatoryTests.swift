import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// Paper I's simulated experiment: the deterministic decoder with known connections finds the activity of the
  /// regulators when the load n N / (n m + N m) is above 1.
  @Suite(.serialized) struct RegulatoryTests {
    private static let settings = [
      "--likelihood", "gaussian", "--activation", "relu", "--mask", "regulators", "--hidden",
      "none", "--latent", "10", "--components", "0", "--start", "published",
      "--representation-momentum", "0.9", "--batch", "16", "--decoder-rate", "0.003", "--beta1",
      "0.9", "--beta2", "0.999", "--weight-decay", "1e-5", "--epochs", "600",
      "--embedding-steps", "300", "--validation-fraction", "0", "--quiet",
    ]

    private func simulate(_ place: Workplace, samples: Int, to name: String) throws {
      try place.succeed([
        "simulate", "regulatory", "--samples", String(samples), "--genes", "150", "--regulators",
        "10", "--connectivity", "0.2", "--repression", "--output", name,
      ])
    }

    private func correlation(_ place: Workplace, _ fit: String, _ data: String) throws -> Double {
      try place.succeed([
        "evaluate", fit, "--truth", data, "--output", "figures.json", "--overwrite",
      ])
      let contents = try Data(contentsOf: place.folder.appendingPathComponent("figures.json"))
      return try JSONDecoder().decode([String: Double].self, from: contents)[
        "test mean |r| with the truth"] ?? .nan
    }

    @Test func regulatorsAreRecoveredAboveALoadOfOneAndNotBelow() throws {
      let place = try Workplace()
      for (samples, test) in [(80, "0.25"), (22, "0.9091")] {
        try simulate(place, samples: samples, to: "data\(samples).h5ad")
        try place.succeed(
          ["fit", "dgd", "data\(samples).h5ad", "--output", "fit\(samples).h5ad"]
            + Self.settings + ["--test-fraction", test])
      }
      // 60 training samples: load 4.3; 2 samples: 0.2.
      #expect(try correlation(place, "fit80.h5ad", "data80.h5ad") > 0.99)
      #expect(try correlation(place, "fit22.h5ad", "data22.h5ad") < 0.9)
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func maskedFitsOfRealValuesHaveTheSameBytesOnThreeRanks() throws {
      let place = try Workplace()
      try simulate(place, samples: 50, to: "data.h5ad")
      let words = { (name: String) in
        ["fit", "dgd", "data.h5ad", "--output", name] + Self.settings
          + ["--epochs", "5", "--embedding-steps", "3"]
      }
      try place.succeed(words("one.h5ad"))
      try place.succeed(words("three.h5ad"), ranks: 3)
      #expect(try place.fitBytes("one.h5ad") == place.fitBytes("three.h5ad"))
      try place.succeed(
        [
          "simulate", "regulatory", "--samples", "50", "--genes", "150", "--regulators", "10",
          "--connectivity", "0.2", "--repression", "--output", "again.h5ad",
        ], ranks: 3)
      #expect(
        try Data(contentsOf: place.folder.appendingPathComponent("data.h5ad"))
          == Data(contentsOf: place.folder.appendingPathComponent("again.h5ad")))
    }

    @Test func aMaskThatDoesNotFitIsRefusedInOneLine() throws {
      let place = try Workplace()
      try simulate(place, samples: 20, to: "data.h5ad")
      let fit = ["fit", "dgd", "data.h5ad", "--output", "fit.h5ad"] + Self.settings
      for (words, message) in [
        (["--mask", "regulator"], "did you mean \"regulators\""),
        (["--latent", "7"], "set --latent to 10"), (["--start", "spectral"], "--start published"),
      ] {
        let outcome = try place.run(fit + words)
        #expect(outcome.status != 0 && outcome.errors.contains(message), "\(outcome)")
        #expect(!place.has("fit.h5ad"))
      }
    }

    @Test func noSettingSharesItsNameWithAnotherOfTheSameCommand() throws {
      let place = try Workplace()
      let models = try place.succeed(["fit", "--help"]).output.split(separator: "\n").filter {
        $0.hasPrefix("  ") && !$0.hasPrefix("   ")
      }.map { String($0.split(separator: " ")[0]) }.filter { !$0.hasPrefix("-") }
      #expect(models.contains("dgd"))
      for model in models {
        let names = try place.succeed(["fit", model, "--help"]).output.split(separator: "\n")
          .filter { $0.hasPrefix("  --") }.map { $0.split(separator: " ")[0] }
        #expect(Set(names).count == names.count, "\(model): \(names)")
      }
    }
  }
}
