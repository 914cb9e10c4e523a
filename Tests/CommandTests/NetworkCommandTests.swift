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
        ("medmagma", ["--published", "--iterations", "3"]),
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
        [
          "fit", "medmagma", "counts.h5ad", "--published", "--iterations", "5", "--output",
          "networks.h5ad",
        ])
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

    /// 262 cells and as many genes: blocks of matrices are handed round.
    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func largeNetworksAreSharedAmongRanksAndHaveTheSameBytes() throws {
      let place = try Workplace()
      try place.succeed([
        "simulate", "kronecker", "--rows", "262", "--columns", "260", "--output", "trees.h5ad",
      ])
      let words = [
        "fit", "medmagma", "trees.h5ad", "--values", "reals", "--log1p", "false",
        "--highly-variable", "none", "--square", "false", "--published", "--iterations", "2",
      ]
      try place.succeed(words + ["--output", "alone.h5ad"])
      let edges = try place.succeed(["evaluate", "alone.h5ad", "--truth", "trees.h5ad"]).output
      let lines = edges.split(separator: "\n").filter { $0.hasPrefix("AUPR of cells") }
      let areas = lines.compactMap { Double($0.split(separator: " ").last ?? "") }
      #expect(areas.count == 2 && areas[0] > 20 * areas[1] && areas[0] <= 1, "\(edges)")
      for ranks in [2, 3] {
        try place.succeed(words + ["--output", "together.h5ad", "--overwrite"], ranks: ranks)
        #expect(
          try place.fitBytes("together.h5ad") == place.fitBytes("alone.h5ad"), "\(ranks) ranks")
      }
      let plan = try place.succeed(["plan", "medmagma", "trees.h5ad", "--values", "reals"])
      #expect(plan.output.contains("messages before the first step"))
      #expect(
        try place.succeed(["plan", "gmgm", "trees.h5ad", "--values", "reals"])
          .output.contains("computing"))
    }

    /// A table of so many cells, genes in columns.
    private func table(_ cells: Int, _ genes: Int, _ value: (Int, Int) -> String) -> String {
      let header = "sample\t" + (0..<genes).map { "g\($0)" }.joined(separator: "\t") + "\n"
      return header
        + (0..<cells).map { cell in
          "c\(cell)\t" + (0..<genes).map { value(cell, $0) }.joined(separator: "\t") + "\n"
        }.joined()
    }

    @Test(arguments: ["medmagma", "gmgm"])
    func degenerateInputIsNamed(_ model: String) throws {
      let place = try Workplace()
      func count(_ cell: Int, _ gene: Int) -> Int { (cell * 7 + gene * 11 + cell * gene) % 13 + 1 }
      let plain = ["--highly-variable", "none", "--square", "false"]
      try place.write(
        table(9, 8) { $0 == 4 || $1 == 5 ? "0" : "\(count($0, $1))" }, to: "zeros.tsv")
      let zeros = try place.succeed(["fit", model, "zeros.tsv", "--output", "zeros.h5ad"] + plain)
      let notes = zeros.output + zeros.errors
      #expect(notes.contains("1 cells without a value") && notes.contains("c4"), "\(zeros)")
      #expect(notes.contains("1 genes without a value"), "\(zeros)")

      try place.write(table(9, 8) { _, _ in "3" }, to: "constant.tsv")
      try place.write(table(2, 8) { "\(count($0, $1))" }, to: "two-cells.tsv")
      try place.write(table(9, 2) { "\(count($0, $1))" }, to: "two-genes.tsv")
      try place.write(
        table(9, 8) { $0 == 3 && $1 == 2 ? "nan" : "\(count($0, $1))" }, to: "nan.tsv")
      try place.write(table(9, 8) { "\(($0 + 1) * ($1 + 1))" }, to: "product.tsv")
      try place.succeed([
        "simulate", "dgd", "--cells", "20", "--genes", "18", "--components", "1", "--density",
        "0.9",
        "--output", "one-class.h5ad",
      ])
      for (file, words, hint) in [
        ("constant.tsv", plain, "constant matrix"),
        ("constant.tsv", [], "same value in all cells"),
        ("two-cells.tsv", plain, "2 cells"), ("two-genes.tsv", plain, "2 genes"),
        ("nan.tsv", plain + ["--values", "reals"], "nan"),
        ("one-class.h5ad", ["--labels", "true_component"], "one class"),
      ] + (model == "medmagma" ? [("product.tsv", plain, "a product of a factor")] : []) {
        let outcome = try place.run(["fit", model, file, "--output", "x.h5ad"] + words)
        #expect(outcome.status == 2 && outcome.errors.contains(hint), "\(file) \(outcome)")
        #expect(!place.has("x.h5ad"))
      }
    }

    /// At the first E step all eigenvalues are negative; so they stay where there is one iteration.
    @Test func eigenvaluesThatAreAllNegativeGiveANetworkOfFiniteEdges() throws {
      let place = try Workplace()
      try place.succeed(counts)
      try place.succeed([
        "fit", "medmagma", "counts.h5ad", "--published", "--iterations", "1", "--output",
        "networks.h5ad",
      ])
      let figures = try place.succeed(["evaluate", "networks.h5ad", "--labels", "true_component"])
      #expect(figures.output.contains("AMI"))
    }

    /// Ranks of one: all eigenvalues but one are rounding, of either sign.
    @Test(arguments: ["gmgm", "gmgm-skeptic", "quotient-gmgm", "single-axis"])
    func eigenvaluesOfRoundingGiveFiniteEdgesOrAWord(_ method: String) throws {
      let place = try Workplace()
      let words = [
        "fit", "gmgm", "--method", method, "--output", "x.h5ad", "--overwrite", "--values", "reals",
        "--log1p", "false", "--highly-variable", "none", "--square", "false",
      ]
      for (file, value) in [
        ("product.tsv", { (cell: Int, gene: Int) in "\((cell + 1) * (gene + 1))" }),
        ("signs.tsv", { cell, gene in (cell + gene) % 2 == 0 ? "-1" : "1" }),
        ("tiny.tsv", { cell, gene in "\(-1e-12 - 1e-14 * Double(cell * gene % 5))" }),
      ] {
        try place.write(table(9, 8, value), to: file)
        for settings in [[], ["--components", "3"], ["--penalty", "0.1"]] {
          let outcome = try place.run(words + [file] + settings)
          if method == "single-axis", !settings.isEmpty {
            #expect(outcome.status == 64 && outcome.errors.contains("no meaning"), "\(outcome)")
            continue
          }
          if method == "quotient-gmgm", file == "product.tsv" {
            #expect(outcome.status == 2 && outcome.errors.contains("nothing is left"), "\(outcome)")
            continue
          }
          #expect(outcome.status == 0, "\(file) \(settings) \(outcome)")
          let cells = try place.succeed(["medmagma", "modules", "x.h5ad", "--axis", "cells"])
          #expect(cells.output.split(separator: "\n").count == 10)
        }
      }
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
        (["fit", "medmagma", "reals.h5ad", "--output", "x.h5ad"], "--values"),
        (["fit", "gmgm", "counts.h5ad", "--highly-variable", "1", "--output", "x.h5ad"], "genes"),
        (["evaluate", "networks.h5ad", "--labels", "true_componen"], "did you mean"),
        (["medmagma", "modules", "counts.h5ad"], "model is missing"),
        (["medmagma", "modules", "networks.h5ad", "--top", "16"], "--top 16"),
        (["medmagma", "robustness", "networks.h5ad", "--top", "16"], "--top 16"),
        (["evaluate", "networks.h5ad", "--labels", "tissue"], "(it has true_component"),
      ] {
        let outcome = try place.run(words)
        #expect(outcome.status == 2 && outcome.errors.contains(hint), "\(words) \(outcome)")
        #expect(!place.has("x.h5ad"))
      }
    }
  }
}
