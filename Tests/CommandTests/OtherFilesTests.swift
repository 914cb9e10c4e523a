import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// A fit used on files that write the same things in another way: other alleles, other types of labels.
  @Suite(.serialized) struct OtherFilesTests {
    private let donors = (0..<8).map { "d\($0)" }

    /// Genotypes of eight donors at six variants; `swapped` counts the other allele.
    private func genotypes(swapped: Bool, alleles: (String, String) = ("A", "G")) -> String {
      let (counted, other) = swapped ? (alleles.1, alleles.0) : alleles
      return "variant\tchr\tpos\talt\tref\t" + donors.joined(separator: "\t") + "\n"
        + (0..<6).map { variant in
          let dosages = donors.indices.map { donor -> String in
            let copies = (donor * (variant + 2) + variant) % 3
            return "\(swapped ? 2 - copies : copies)"
          }
          return "v\(variant)\t1\t\(1000 * variant + 1)\t\(counted)\t\(other)\t"
            + dosages.joined(separator: "\t") + "\n"
        }.joined()
    }

    /// Sixteen samples of six genes; `level` writes the condition, 0, 1 or 2.
    private func write(_ name: String, to place: Workplace, level: (Int) -> String) throws {
      try FileManager.default.createDirectory(
        atPath: place.path(name), withIntermediateDirectories: true)
      var entries: [String] = []
      for sample in 0..<16 {
        for gene in 0..<6 {
          entries.append(
            "\(gene + 1) \(sample + 1) \((sample * 5 + gene * 7) % 9 + sample % 3 * 4)")
        }
      }
      let kept = entries.filter { !$0.hasSuffix(" 0") }
      try place.write(
        "%%MatrixMarket matrix coordinate integer general\n6 16 \(kept.count)\n"
          + kept.joined(separator: "\n") + "\n", to: "\(name)/matrix.mtx")
      try place.write((0..<16).map { "s\($0)\n" }.joined(), to: "\(name)/barcodes.tsv")
      try place.write((0..<6).map { "g\($0)\n" }.joined(), to: "\(name)/features.tsv")
      try place.write(
        "barcode\tdonor\tcondition\tage\n"
          + (0..<16).map { "s\($0)\td\($0 / 2)\t\(level($0 % 3))\t\(Double($0 % 5) + 0.5)\n" }
          .joined(), to: "\(name)/labels.tsv")
    }

    @Test func allelesAreBroughtToThoseOfTheFit() throws {
      let place = try Workplace()
      try write("data", to: place) { ["x", "y", "z"][$0] }
      try place.write(genotypes(swapped: false), to: "a.tsv")
      try place.write(genotypes(swapped: true), to: "b.tsv")
      try place.write(genotypes(swapped: false, alleles: ("A", "C")), to: "c.tsv")
      try place.succeed([
        "fit", "prrr", "data", "--covariates", "age", "--genotypes", "a.tsv", "--donor-key",
        "donor", "--rank", "1", "--output", "fit.h5ad",
      ])
      let predict = ["predict", "fit.h5ad", "data", "--output"]
      try place.succeed(predict + ["a.h5ad", "--genotypes", "a.tsv"])
      let turned = try place.succeed(predict + ["b.h5ad", "--genotypes", "b.tsv"])
      #expect(turned.errors.contains("variants count the other allele than the fit"))
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: place.path("a.h5ad")))
          == Data(contentsOf: URL(fileURLWithPath: place.path("b.h5ad"))))
      let other = try place.run(predict + ["c.h5ad", "--genotypes", "c.tsv"])
      #expect(other.status == 2 && other.errors.contains("other alleles"), "\(other)")
    }

    @Test func ancestriesOfOtherAllelesFitTheSame() throws {
      let place = try Workplace()
      try write("data", to: place) { ["x", "y", "z"][$0] }
      try place.write(genotypes(swapped: false), to: "a.tsv")
      try place.write(genotypes(swapped: true), to: "b.tsv")
      let fit = [
        "fit", "tblda", "data", "--genotypes", "a.tsv", "--topics", "2", "--iterations", "5",
        "--refinement", "0", "--tolerance", "0", "--lanes", "2",
      ]
      var figures: [String] = []
      for name in ["a", "b"] {
        try place.succeed([
          "tblda", "ancestry", "\(name).tsv", "--ancestries", "2", "--output",
          "\(name).ancestry.tsv",
        ])
        let outcome = try place.run(
          fit + ["--ancestry", "\(name).ancestry.tsv", "--output", "\(name).h5mu"])
        #expect([0, 3].contains(outcome.status), "\(outcome)")
        let evaluated = try place.succeed([
          "evaluate", "\(name).h5mu", "--data", "data", "--genotypes", "\(name).tsv",
        ])
        figures.append(
          evaluated.output.split(separator: "\n").filter { !$0.contains("other allele") }
            .joined(separator: "\n"))
      }
      #expect(figures[0].contains("ELBO") && figures[0] == figures[1], "\(figures)")
    }

    @Test func levelsAreTheSameWhateverTheirType() throws {
      let place = try Workplace()
      try write("texts", to: place) { ["0", "1", "2x"][$0] }
      try write("numbers", to: place) { "\($0)" }
      // A fit of categories 0, 1, 2, and new data that hold whole numbers.
      try place.succeed([
        "fit", "prrr", "numbers", "--covariates", "condition:category,age", "--rank", "1",
        "--output", "fit.h5ad",
      ])
      try place.succeed(["predict", "fit.h5ad", "numbers", "--output", "a.h5ad"])
      let other = try place.run(["predict", "fit.h5ad", "texts", "--output", "b.h5ad"])
      #expect(other.status == 2 && other.errors.contains("\"2x\""), "\(other)")
      try place.succeed([
        "fit", "prrr", "numbers", "--covariates", "condition,age", "--rank", "1",
        "--output", "number.h5ad",
      ])
      let text = try place.run(["predict", "number.h5ad", "texts", "--output", "c.h5ad"])
      #expect(text.status == 2 && text.errors.contains("is a number in the fit"), "\(text)")
    }

    @Test func whatIsConvertedIsTheSame() throws {
      let place = try Workplace()
      try write("data", to: place) { ["x", "y", "z"][$0] }
      let outcome = try place.succeed(["convert", "data", "a.h5ad"])
      #expect(outcome.errors.contains("16 cells × 6 genes"))
      let settings = ["--latent", "2", "--hidden", "4", "--components", "2", "--epochs", "2"]
      try place.succeed(["fit", "dgd", "data", "--output", "1.h5ad", "--quiet"] + settings)
      try place.succeed(["fit", "dgd", "a.h5ad", "--output", "2.h5ad", "--quiet"] + settings)
      #expect(
        try place.succeed(["evaluate", "1.h5ad"]).output
          == place.succeed(["evaluate", "2.h5ad"]).output)
      let chosen = try place.succeed([
        "convert", "data", "b.h5ad", "--cells", "condition=x|y", "--genes", "g1,g3,g9",
      ])
      #expect(chosen.errors.contains("11 of 16 cells are selected"), "\(chosen)")
      #expect(chosen.errors.contains("11 cells × 2 genes"), "\(chosen)")
      let none = try place.run(["convert", "data", "c.h5ad", "--cells", "condition=w"])
      #expect(none.status == 2 && none.errorLines.count == 1 && !place.has("c.h5ad"), "\(none)")
    }
  }
}
