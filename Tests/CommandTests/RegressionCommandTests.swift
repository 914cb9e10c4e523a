import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// Regressions on covariates from the command line.
  @Suite(.serialized) struct RegressionCommandTests {
    private func text(_ name: String, _ place: Workplace) throws -> String {
      String(
        decoding: try Data(contentsOf: place.folder.appendingPathComponent(name)), as: UTF8.self)
    }

    @Test func aRegressionIsFittedEvaluatedItsAssociationsWrittenAndNewSamplesPredicted() throws {
      let place = try Workplace()
      try place.succeed([
        "simulate", "prrr", "--design", "levels", "--covariates", "5", "--cells", "300", "--genes",
        "30", "--effect-deviation", "1", "--base-mean", "1", "--rank", "2", "--output", "data.h5ad",
      ])
      try place.succeed([
        "fit", "prrr", "data.h5ad", "--covariates", "group", "--rank", "2", "--test-fraction",
        "0.2", "--output", "fit.h5ad",
      ])
      let evaluation = try place.succeed(["evaluate", "fit.h5ad"]).output
      #expect(
        evaluation.contains("held-out deviance") && evaluation.contains("R²"), "\(evaluation)")
      try place.succeed([
        "fit", "prrr", "data.h5ad", "--covariates-from", "obsm/covariates", "--rank", "2",
        "--scaling", "none", "--output", "matrix.h5ad",
      ])
      try place.succeed(["predict", "matrix.h5ad", "data.h5ad", "--output", "again.h5ad"])
      let none = try place.run(["evaluate", "matrix.h5ad"])
      #expect(none.status == 2 && none.errors.contains("--test-fraction"), "\(none)")

      let summary = try place.succeed([
        "prrr", "associate", "fit.h5ad", "--top", "5", "--output", "tables", "--coefficients",
      ]).output
      #expect(summary.contains("group=group1") && summary.contains("gene"))
      for (name, lines) in [
        ("associations.tsv", 1 + 3 * 5), ("factors.tsv", 3), ("factor_1.rnk", 30),
        ("covariate_order.tsv", 6), ("covariate_tree.tsv", 5), ("coefficients.tsv", 31),
      ] {
        let count = try text("tables/\(name)", place).split(separator: "\n").count
        #expect(count == lines, "\(name)")
      }
      let again = try place.run(["prrr", "associate", "fit.h5ad", "--output", "tables"])
      #expect(again.status == 2 && again.errors.contains("--overwrite"), "\(again)")

      try place.succeed(["predict", "fit.h5ad", "data.h5ad", "--output", "predicted.h5ad"])
      let predicted = try place.succeed(["inspect", "predicted.h5ad"]).output
      #expect(predicted.contains("300 cells × 30 genes"), "\(predicted)")
      for (words, part) in [
        (["predict", "fit.h5ad", "data.h5ad", "--scale", "0"], "above 0"),
        (["predict", "fit.h5ad", "data.h5ad", "--scale", "nothing"], "column of obs"),
        (["predict", "data.h5ad", "data.h5ad"], "data.h5ad"),
      ] {
        let outcome = try place.run(words + ["--output", "x.h5ad"])
        #expect(outcome.status == 2 && outcome.errors.contains(part), "\(outcome)")
        #expect(!place.has("x.h5ad"))
      }
    }

    /// Sixty donors; four of eight genes rise with the first variant.
    @Test func theRankPathOfGenotypesFindsOneFactorBesideTheBaseline() throws {
      let place = try Workplace()
      let donors = (0..<60).map { "d\($0)" }
      let dosages = (0..<5).map { variant in
        donors.indices.map { ($0 * (2 * variant + 3) / 7 + $0 % (variant + 2)) % 3 }
      }
      var variants = "id\tchr\tpos\tALT\t" + donors.joined(separator: "\t") + "\n"
      for (variant, row) in dosages.enumerated() {
        variants += "v\(variant)\t1\t\(1000 * variant)\tA\t"
        variants += row.map(String.init).joined(separator: "\t") + "\n"
      }
      try place.write(variants, to: "genotypes.tsv")
      var counts = "gene\t" + donors.map { "s" + $0 }.joined(separator: "\t") + "\n"
      for gene in 0..<8 {
        let values = donors.indices.map { donor in
          let effect = gene < 4 ? 60 * dosages[0][donor] : 0
          return "\(100 + effect + (donor * donor * (gene + 1) + 17 * donor) % 13)"
        }
        counts += "g\(gene)\t" + values.joined(separator: "\t") + "\n"
      }
      try place.write(counts, to: "counts.tsv")
      let samples = "sample\tdonor\n" + donors.map { "s\($0)\t\($0)\n" }.joined()
      try place.write(samples, to: "samples.tsv")
      let words = [
        "counts.tsv", "--baseline", "--size-factor", "none", "--samples", "samples.tsv",
        "--donor-key", "donor",
      ]
      let rankPath = ["prrr", "rank-path", "--model", "nn-prrr", "--ranks", "1..3"] + words
      let path = try place.succeed(rankPath + ["--genotypes", "genotypes.tsv"])
      #expect(path.output.contains("suggested rank: 2"), "\(path)")
      try place.succeed(
        ["fit", "nn-prrr"] + words
          + ["--genotypes", "genotypes.tsv", "--rank", "2", "--output", "fit.h5ad"])
      let strongest = try place.succeed(["prrr", "associate", "fit.h5ad", "--top", "12"]).output
      let ofVariants = strongest.split(separator: "\n").filter { $0.hasPrefix("v") }
      #expect(ofVariants.prefix(4).allSatisfy { $0.hasPrefix("v0\tg") }, "\(strongest)")
      let without = try place.run(rankPath)
      #expect(without.status != 0 && without.errors.contains("--genotypes"), "\(without)")
    }

    @Test func theRankPathSuggestsTheTrueRank() throws {
      let place = try Workplace()
      try place.succeed([
        "simulate", "prrr", "--cells", "300", "--rank", "2", "--base-mean", "1", "--output",
        "data.h5ad",
      ])
      let words = [
        "prrr", "rank-path", "data.h5ad", "--covariates", "x*", "--size-factor", "none", "--ranks",
        "1..4", "--output", "path.tsv",
      ]
      let outcome = try place.succeed(words)
      #expect(outcome.output.contains("suggested rank: 2"), "\(outcome)")
      #expect(try text("path.tsv", place).split(separator: "\n").count == 5)
      #expect(try place.run(words).errors.contains("--overwrite"))
      let least = try place.succeed([
        "prrr", "rank-path", "data.h5ad", "--model", "rrr", "--covariates", "x*", "--ranks", "1,2",
      ])
      #expect(least.output.contains("suggested rank"), "\(least)")
      let wrong = try place.run([
        "prrr", "rank-path", "data.h5ad", "--covariates", "x*", "--ranks", "3..1",
      ])
      #expect(wrong.status != 0 && wrong.errors.contains("--ranks"), "\(wrong)")
      let high = try place.run([
        "prrr", "rank-path", "data.h5ad", "--covariates", "x*", "--ranks", "1..21",
      ])
      #expect(high.status == 2 && high.errors.contains("--rank 21 is above 20"), "\(high)")
      #expect(!high.errors.contains("iteration"), "\(high)")
    }
  }
}
