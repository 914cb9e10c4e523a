import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// Covariates and counts that a regression cannot use as they are: what is said, and what is done.
  @Suite struct RegressionInputTests {
    /// Forty samples of twelve genes with annotations, as a MatrixMarket folder.
    ///
    /// | Column | Holds |
    /// |---|---|
    /// | group | levels a, b, c |
    /// | age, twice | a number, and the same times two plus one |
    /// | same | always 4 |
    /// | one | always "x" |
    /// | gaps | a number, missing in three samples |
    /// | signed | numbers below and above 0 |
    /// | size | numbers from 0 on |
    /// | code | another text in every sample |
    private func writeSamples(
      to folder: String, in place: Workplace, group: (Int) -> String = { ["a", "b", "c"][$0 % 3] }
    ) throws {
      var labels =
        ["barcode", "group", "age", "twice", "same", "one", "gaps", "signed", "size", "code"]
        .joined(separator: "\t") + "\n"
      var entries: [String] = []
      for row in 0..<40 {
        let age = Double(row * row % 17)
        let fields = [
          "s\(row)", group(row), "\(age)", "\(2 * age + 1)", "4.0", "x",
          [3, 11, 30].contains(row) ? "" : "\(Double(row % 5) + 0.5)", "\(Double(row % 7) - 3.0)",
          "\(Double(row % 6))", "code\(row)",
        ]
        labels += fields.joined(separator: "\t") + "\n"
        // Gene 7 and sample 9 have no count.
        for gene in 0..<12 where gene != 7 && row != 9 {
          let count = (row * (gene + 3) + gene * gene) % 11
          if count > 0 { entries.append("\(gene + 1) \(row + 1) \(count)") }
        }
      }
      try FileManager.default.createDirectory(
        atPath: place.path(folder), withIntermediateDirectories: true)
      try place.write(labels, to: "\(folder)/labels.tsv")
      try place.write(
        (0..<40).map { "s\($0)\n" }.joined(), to: "\(folder)/barcodes.tsv")
      try place.write(
        (0..<12).map { "id\($0)\tgene\($0)\n" }.joined(), to: "\(folder)/features.tsv")
      try place.write(
        "%%MatrixMarket matrix coordinate integer general\n12 40 \(entries.count)\n"
          + entries.joined(separator: "\n") + "\n", to: "\(folder)/matrix.mtx")
    }

    @Test func covariatesThatSayNothingAreRefusedByName() throws {
      let place = try Workplace()
      try writeSamples(to: "data", in: place)
      for (words, parts) in [
        (["--covariates", "same"], ["\"same\"", "constant", "4.0"]),
        (["--covariates", "group,one"], ["\"one\"", "constant", "\"x\""]),
        (["--covariates", "code"], ["\"code\"", "identifier"]),
        (["--covariates", "gruop"], ["\"gruop\"", "did you mean \"group\""]),
        (["--covariates", "age,age"], ["\"age\"", "twice"]),
        (["--covariates", "code:number"], ["\"code0\"", "no number"]),
        ([], ["--covariates", "group"]),
        (["--covariates", "group", "--rank", "4"], ["--rank 4", "above 3"]),
        (
          ["--covariates", "gaps,group", "--missing", "refuse"],
          ["\"gaps\"", "3 rows", "--missing"]
        ),
        (["--covariates", "group", "--size-factor-column", "size"], ["\"size\"", "above 0"]),
      ] {
        let rank = words.contains("--rank") ? [] : ["--rank", "1"]
        for model in ["prrr", "nn-prrr"] {
          let outcome = try place.run(
            ["fit", model, "data", "--output", "fit.h5ad"] + words + rank)
          #expect(outcome.status == 2 && outcome.errorLines.count == 1, "\(words): \(outcome)")
          for part in parts { #expect(outcome.errors.contains(part), "\(words): \(outcome)") }
          #expect(!place.has("fit.h5ad"))
        }
      }
    }

    @Test func negativeCovariatesAndRowsWithoutARateAreRefusedByTheNonnegativeModelOnly() throws {
      let place = try Workplace()
      try writeSamples(to: "data", in: place)
      let negative = try place.run([
        "fit", "nn-prrr", "data", "--covariates", "signed,size", "--rank", "1", "--output",
        "nn.h5ad",
      ])
      #expect(negative.status == 2 && negative.errorLines.count == 1, "\(negative)")
      #expect(negative.errors.contains("\"signed\"") && negative.errors.contains("use prrr"))
      let bare = [
        "fit", "nn-prrr", "data", "--covariates", "size", "--rank", "1", "--output", "nn.h5ad",
      ]
      let zero = try place.run(bare)
      #expect(zero.status == 2 && zero.errors.contains("--baseline"), "\(zero)")
      try place.succeed(bare + ["--baseline"])
      try place.succeed([
        "fit", "prrr", "data", "--covariates", "signed,size", "--rank", "1", "--output", "fit.h5ad",
      ])
    }

    @Test func collinearCovariatesEmptyGenesAndEmptySamplesAreRemarkedOnAndFitted() throws {
      let place = try Workplace()
      try writeSamples(to: "data", in: place)
      for model in ["prrr", "rrr"] {
        let outcome = try place.succeed([
          "fit", model, "data", "--covariates", "group,age,twice", "--rank", "2", "--output",
          "\(model).h5ad",
        ])
        #expect(
          outcome.output.contains("collinear covariates: twice")
            || outcome.errors.contains("collinear covariates: twice"), "\(outcome)")
      }
      let outcome = try place.succeed([
        "fit", "nn-prrr", "data", "--covariates", "group", "--rank", "2", "--output", "nn.h5ad",
      ])
      let said = outcome.output + outcome.errors
      #expect(said.contains("1 genes have no count") && said.contains("1 rows have no count"))
      try place.succeed(["prrr", "associate", "prrr.h5ad", "--top", "3"])
      try place.succeed(["predict", "nn.h5ad", "data", "--output", "predicted.h5ad"])
    }

    @Test func rowsThatLackACovariateAreDroppedWithACountOrImputed() throws {
      let place = try Workplace()
      try writeSamples(to: "data", in: place)
      let words = ["fit", "prrr", "data", "--covariates", "group,gaps", "--rank", "2", "--output"]
      let dropped = try place.succeed(words + ["dropped.h5ad"])
      #expect((dropped.output + dropped.errors).contains("3 of 40 rows lack a covariate"))
      let imputed = try place.succeed(words + ["imputed.h5ad", "--missing", "impute"])
      #expect(
        (imputed.output + imputed.errors).contains(
          "3 of 40 rows lack a covariate, which is filled in"),
        "\(imputed)")
      #expect(try place.fitBytes("dropped.h5ad") != place.fitBytes("imputed.h5ad"))
    }

    @Test func aLevelThatTheFitHasNotSeenIsNamed() throws {
      let place = try Workplace()
      try writeSamples(to: "data", in: place)
      try writeSamples(to: "new", in: place) { ["a", "d"][$0 % 2] }
      try place.succeed([
        "fit", "prrr", "data", "--covariates", "group", "--rank", "2", "--output", "fit.h5ad",
      ])
      let outcome = try place.run(["predict", "fit.h5ad", "new", "--output", "predicted.h5ad"])
      #expect(outcome.status == 2 && outcome.errorLines.count == 1, "\(outcome)")
      for part in ["\"d\"", "\"group\"", "a, b, c"] {
        #expect(outcome.errors.contains(part), "\(outcome)")
      }
      #expect(!place.has("predicted.h5ad"))
    }

    @Test func regressionsCanBePlannedCheckedAndListed() throws {
      let place = try Workplace()
      try writeSamples(to: "data", in: place)
      for model in ["prrr", "nn-prrr", "rrr"] {
        let plan = try place.succeed([
          "plan", model, "data", "--covariates", "group", "--rank", "2", "--ranks", "1,4",
        ]).output
        for part in ["covariates (3 columns)", "memory of a rank", "4 ranks", "computing"] {
          #expect(plan.contains(part), "\(plan)")
        }
        let early = try place.succeed([
          "plan", model, "--cells", "2000", "--genes", "50", "--covariates", "a,b", "--variants",
          "30", "--rank", "2",
        ]).output
        #expect(early.contains("covariates (32 columns)"), "\(early)")
        let forecast = try place.succeed([
          "plan", model, "data", "--covariates", "group", "--rank", "2", "--test-fraction", "0.2",
        ]).output
        #expect(forecast.contains("memory of a rank"), "\(forecast)")
        guard model != "rrr" else { continue }
        let check = try place.succeed([
          "check", model, "data", "--covariates", "group", "--rank", "2", "--rows", "8",
        ]).output
        #expect(check.contains("loadings of genes") && !check.contains("WRONG"), "\(check)")
        try place.write(
          "model: \(model)\ninput: data\ncovariates: [group]\nsweep:\n  rank: [1, 2]\n",
          to: "\(model).yaml")
        let list = try place.succeed(["sweep", "\(model).yaml", "--list"]).output
        let lines = list.split(separator: "\n").filter { $0.hasPrefix("rank=") }
        #expect(lines.count == 2 && lines.allSatisfy { !$0.contains("?") }, "\(list)")
      }
    }
  }
}
