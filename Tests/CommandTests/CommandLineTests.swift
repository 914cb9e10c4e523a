import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// The command line as a whole: what there is, what is refused, and in which formats results are printed.
  @Suite(.serialized) struct CommandLineTests {
    private static let frozen = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Reference/CommandLine/help.txt")

    /// Commands, options, defaults and help texts change only on purpose.
    @Test func theListOfCommandsAndOptionsIsFrozen() throws {
      let place = try Workplace()
      let lines = try place.succeed(["help", "--all"]).output.components(separatedBy: "\n")
      let known = try String(contentsOf: Self.frozen, encoding: .utf8)
        .components(separatedBy: "\n")
      let first = zip(lines, known).first { $0 != $1 }
      #expect(
        lines == known,
        """
        The command line has changed (first: \(first.map { "\"\($0)\", was \"\($1)\"" } ?? "its length")). \
        If that is meant: .build/release/distfit help --all > Tests/Reference/CommandLine/help.txt
        """)
    }

    @Test(arguments: [
      ([], "USAGE: distfit <command>"), (["fit"], "dgd"), (["tblda", "-h"], "eqtl"),
      (["help", "prrr", "rank-path"], "--ranks"), (["evaluate", "--help"], "--labels"),
      (["sweep", "--list", "--help"], "--ranks-per-fit"),
    ])
    func helpIsToldWhereverItIsAskedFor(_ words: [String], _ mention: String) throws {
      let outcome = try Workplace().succeed(words)
      #expect(outcome.output.contains(mention) && outcome.errors.isEmpty, "\(outcome)")
    }

    @Test(arguments: [
      (["fti"], "did you mean fit?"), (["tblda", "eqtls"], "did you mean eqtl?"),
      (["decode"], "distfit decode needs <fit.h5ad>"),
      (["decode", "fit.h5ad"], "needs --output <file>"),
      (["decode", "fit.h5ad", "--otuput", "x"], "did you mean --output?"),
      (["sample", "fit.h5ad", "--count", "0", "--output", "x"], "--count"),
      (["inspect", "a", "b"], "unexpected \"b\""), (["inspect", "a", "--format", "yaml"], "json"),
      (["inspect", "a", "--input", "b"], "give them once"),
      (["prrr", "rank-path", "a.h5ad", "--model", "dgd"], "nn-prrr"),
    ])
    func wrongWordsAreOneLineThatSaysWhatToDo(_ words: [String], _ mention: String) throws {
      let outcome = try Workplace().run(words)
      #expect(outcome.status == 64 && outcome.output.isEmpty, "\(outcome)")
      #expect(outcome.errors.contains(mention), "\(outcome)")
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
    }

    /// Every command that writes one file, with the names of what it reads; none of them is opened.
    static let writing: [[String]] = [
      ["fit", "dgd", "INPUT"], ["embed", "fit.h5ad", "INPUT"], ["embed", "INPUT", "new.h5ad"],
      ["sample", "INPUT"], ["decode", "INPUT"], ["decode", "cells.h5ad", "--model", "INPUT"],
      ["predict", "INPUT", "new.h5ad"], ["predict", "fit.h5ad", "INPUT"],
      ["predict", "fit.h5ad", "new.h5ad", "--genotypes", "INPUT"],
      ["prrr", "rank-path", "INPUT", "--covariates", "x"],
      ["medmagma", "modules", "INPUT"], ["tblda", "prune", "INPUT"],
      ["tblda", "ancestry", "INPUT"],
      ["tblda", "rank", "INPUT"], ["tblda", "associate-groups", "INPUT", "--by", "x"],
      ["tblda", "eqtl", "--held-out", "INPUT"], ["tblda", "eqtl", "INPUT", "--held-out", "x"],
      ["tblda", "permute", "--held-out", "INPUT"], ["tblda", "robust", "INPUT"],
      ["tblda", "enrich", "INPUT", "--sets", "x", "--background", "y"],
      ["tblda", "enrich", "x", "--sets", "INPUT", "--background", "y"],
      ["fit", "tblda", "x", "--genotypes", "INPUT"], ["simulate", "dgd", "--config", "INPUT"],
    ]

    @Test(arguments: writing)
    func anOutputThatIsAnInputIsRefusedHoweverItIsCalled(_ words: [String]) throws {
      let place = try Workplace()
      // As a run file it says nothing.
      try place.write("{}\n", to: "file")
      let file = place.path("file")
      try FileManager.default.createSymbolicLink(
        atPath: place.path("link"), withDestinationPath: file)
      try FileManager.default.linkItem(atPath: file, toPath: place.path("hard"))
      let reading = words.map { $0 == "INPUT" ? "file" : $0 }
      for output in ["file", "./file", "link", "hard"] {
        let outcome = try place.run(reading + ["--output", output, "--overwrite"])
        #expect(outcome.status == 2 && outcome.errorLines.count == 1, "\(output): \(outcome)")
        #expect(outcome.errors.contains("is the file that is read"), "\(output): \(outcome)")
      }
      try place.write("precious", to: "other")
      let outcome = try place.run(reading + ["--output", "other"])
      #expect(outcome.status == 2 && outcome.errors.contains("--overwrite"), "\(outcome)")
      #expect(try String(contentsOfFile: place.path("other"), encoding: .utf8) == "precious")
      #expect(try String(contentsOfFile: file, encoding: .utf8) == "{}\n")
    }

    @Test func evaluationsAndSweepsReplaceNothingUnasked() throws {
      let place = try Workplace()
      try place.succeed(simulateWords)
      try place.succeed(["fit", "dgd", "data.h5ad", "--output", "fit.h5ad"] + quickSettings)
      let fit = try Data(contentsOf: place.folder.appendingPathComponent("fit.h5ad"))
      try place.write("precious", to: "figures.json")
      try place.write("model: dgd\ninput: data.h5ad\nsweep:\n  seed: [1]\n", to: "plan.yaml")
      for (words, mention) in [
        (["evaluate", "fit.h5ad", "--output", "figures.json"], "--overwrite"),
        (["evaluate", "fit.h5ad", "--output", "fit.h5ad", "--overwrite"], "is the file"),
        (["sweep", "plan.yaml", "--output", "s", "--collect", "figures.json"], "--overwrite"),
        (
          ["sweep", "plan.yaml", "--output", "s", "--collect", "plan.yaml", "--overwrite"],
          "is the file"
        ),
      ] {
        let outcome = try place.run(words)
        #expect(outcome.status == 2 && outcome.errors.contains(mention), "\(outcome)")
      }
      #expect(try Data(contentsOf: place.folder.appendingPathComponent("fit.h5ad")) == fit)
      #expect(
        try String(contentsOfFile: place.path("figures.json"), encoding: .utf8) == "precious")
      try place.succeed(["evaluate", "fit.h5ad", "--output", "figures.json", "--overwrite"])
    }

    @Test func resultsArePrintedForPeopleAndForPrograms() throws {
      let place = try Workplace()
      try place.succeed(simulateWords)
      let json = try place.succeed(["inspect", "data.h5ad", "--format", "json"]).output
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
      #expect(object["cells"] as? Int == 200 && object["genes"] as? Int == 120, "\(json)")
      let plan = ["plan", "dgd", "data.h5ad", "--ranks", "2,4"] + quickSettings
      let tsv = try place.succeed(plan + ["--format", "tsv"]).output
      let tables = tsv.components(separatedBy: "\n\n")
      #expect(tables.count == 3 && tables[0].hasPrefix("cells\t200\ngenes\t120"), "\(tsv)")
      let rows = tables[1].split(separator: "\n").map { $0.split(separator: "\t") }
      #expect(rows.map { $0[0] } == ["ranks", "2", "4"], "\(tsv)")
      #expect(rows.allSatisfy { $0.count == rows[0].count }, "\(tsv)")
    }

    @Test func aRunFileServesEveryCommandAndNamesItsModel() throws {
      let place = try Workplace()
      try place.succeed(simulateWords)
      try place.write("input: data.h5ad\nformat: tsv\nquiet: true\n", to: "run.yaml")
      let inspected = try place.succeed(["inspect", "--config", "run.yaml"]).output
      #expect(inspected.contains("cells\t200"), "\(inspected)")
      try place.write("model: tblda\ninput: data.h5ad\n", to: "other.yaml")
      for command in ["fit", "plan", "check"] {
        let outcome = try place.run([command, "dgd", "--config", "other.yaml"])
        #expect(outcome.status == 64 && outcome.errors.contains("model tblda"), "\(outcome)")
      }
    }

    /// The run file used to be read only after the model had been chosen.
    @Test func aPathOfRanksFitsTheModelOfItsRunFile() throws {
      let place = try Workplace()
      try place.write("model: rrr\nranks: 1..2\ninput: missing.h5ad\npenalty: x\n", to: "run.yaml")
      let outcome = try place.run(["prrr", "rank-path", "--config", "run.yaml"])
      let rrr = try place.run(["prrr", "rank-path", "--model", "rrr", "x", "--penalty", "x"])
      let prrr = try place.run(["prrr", "rank-path", "--model", "prrr", "x", "--penalty", "x"])
      #expect(outcome.status == 64 && rrr.status == 64 && prrr.status == 64)
      #expect(outcome.errors.contains("penalty") && !outcome.errors.contains("unknown"))
      #expect(!rrr.errors.contains("unknown") && prrr.errors.contains("unknown"))
    }
  }
}
