import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// Networks from the command line: fits, what they agree with, modules, stability.
  @Suite(.serialized) struct NetworkCommandTests {
    private let counts = [
      "simulate", "dgd", "--cells", "40", "--genes", "36", "--components", "3", "--density", "0.9",
      "--output", "counts.h5ad",
    ]

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func networksHaveTheSameBytesOnSevenRanks() throws {
      let place = try Workplace()
      try place.succeed(counts)
      for (model, settings) in [
        ("medmagma", ["--iterations", "3"]),
        ("gmgm", ["--method", "gmgm-skeptic", "--labels", "true_component"]),
      ] {
        let words = ["fit", model, "counts.h5ad", "--matrices"] + settings
        try place.succeed(words + ["--output", "alone.h5ad"])
        for ranks in [2, 7] {
          try place.succeed(words + ["--output", "together.h5ad", "--overwrite"], ranks: ranks)
          #expect(
            try place.fitBytes("together.h5ad") == place.fitBytes("alone.h5ad"), "\(ranks) ranks")
        }
        try FileManager.default.removeItem(atPath: place.path("alone.h5ad"))
      }
    }

    @Test func networksAreComparedWithClassesCutIntoModulesAndShaken() throws {
      let place = try Workplace()
      try place.succeed(counts)
      try place.succeed(
        ["fit", "medmagma", "counts.h5ad", "--iterations", "5", "--output", "networks.h5ad"])
      let evaluation = try place.succeed([
        "evaluate", "networks.h5ad", "--labels", "true_component", "--output",
        "figures.json",
      ])
      #expect(evaluation.output.contains("assortativity, top 15"))
      #expect(!evaluation.output.contains("top 20"), "the file has fifteen edges of each cell")
      let figures = try JSONDecoder().decode(
        [String: Double].self,
        from: Data(contentsOf: place.folder.appendingPathComponent("figures.json")))
      #expect(figures["classes"] == 3 && figures["AMI"] ?? -2 > -1)
      try place.succeed([
        "evaluate", "networks.h5ad", "--labels", "true_component", "--paper-metrics",
      ])

      let modules = try place.succeed([
        "medmagma", "modules", "networks.h5ad", "--labels", "true_component", "--smallest", "1",
      ])
      #expect(modules.output.contains("gene35\t") && modules.output.contains("module\tgenes\tF"))
      let cells = try place.succeed(["medmagma", "modules", "networks.h5ad", "--axis", "cells"])
      #expect(cells.output.split(separator: "\n").count == 41)
      let shaken = try place.succeed([
        "medmagma", "robustness", "networks.h5ad", "--repeats", "3", "--steps", "3",
      ])
      #expect(shaken.output.contains("superiority"))
    }

    @Test func whatCannotBeDoneIsSaidInOneLine() throws {
      let place = try Workplace()
      try place.succeed(counts)
      try place.succeed([
        "simulate", "kronecker", "--rows", "10", "--columns", "12", "--output", "reals.h5ad",
      ])
      try place.succeed(["fit", "gmgm", "counts.h5ad", "--output", "networks.h5ad"])
      let plain = ["--values", "reals", "--log1p", "false", "--highly-variable", "none"]
      try place.succeed(
        ["fit", "gmgm", "reals.h5ad", "--square", "false", "--output", "trees.h5ad"] + plain)
      for (words, hint) in [
        (["fit", "medmagma", "reals.h5ad", "--values", "reals", "--output", "x.h5ad"], "log1p"),
        (["fit", "gmgm", "counts.h5ad", "--highly-variable", "1", "--output", "x.h5ad"], "genes"),
        (["evaluate", "networks.h5ad", "--labels", "true_componen"], "did you mean"),
        (["medmagma", "modules", "counts.h5ad"], "model is missing"),
        (["medmagma", "modules", "networks.h5ad", "--top", "16"], "--top 16"),
      ] {
        let outcome = try place.run(words)
        #expect(outcome.status == 2 && outcome.errors.contains(hint), "\(words) \(outcome)")
        #expect(!place.has("x.h5ad"))
      }
    }
  }
}
