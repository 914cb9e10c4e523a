import Foundation
import Modeling
import Storage
import TestSupport
import Testing

extension CommandTests {
  /// Commands that read one modality of a MuData file do what they do with the same data alone.
  @Suite(.serialized) struct ModalityTests {
    private let place: Workplace

    /// 60 cells × 30 genes of two groups, alone and beside another modality.
    init() throws {
      place = try Workplace()
      let groups = (0..<60).map { $0 % 2 }
      let counts = (0..<60 * 30).map { index -> Float in
        let (cell, gene) = (index / 30, index % 30)
        let level = gene % 2 == groups[cell] ? 9 : 2
        return Float(level + (7 * cell + 11 * gene) % 5)
      }
      let cells = Table(
        names: (0..<60).map { "cell\($0)" },
        columns: [
          NamedColumn(
            "group",
            .categories(codes: groups.map { Int32($0) }, names: ["a", "b"], isOrdered: false))
        ])
      let genes = Table(names: (0..<30).map { "gene\($0)" })
      let alone = try AnnDataWriter(place.path("data.h5ad"), overwrite: false, rank: 0)
      let beside = try AnnDataWriter(
        place.path("data.h5mu"), overwrite: false, rank: 0, modalities: ["other", "rna"])
      beside.write(rows: cells)
      beside.write(columns: genes)
      beside.select(modality: "other")
      beside.write(rows: Table(names: ["x", "y"]))
      beside.write(columns: Table(names: ["z"]))
      beside.write([Float(0.5), 0.25], shape: [2, 1], at: "X")
      beside.select(modality: "rna")
      for writer in [alone, beside] {
        writer.write(rows: cells)
        writer.write(columns: genes)
        writer.write(counts, shape: [60, 30], at: "X")
        try writer.finish()
      }
    }

    /// Numbers that a command writes of each file, the modality named for the second.
    private func numbers(
      _ words: (String) -> [String], at location: String
    ) throws -> [[Double]] {
      try [("data.h5ad", [String]()), ("data.h5mu", ["--modality", "rna"])].map { file, option in
        try place.succeed(words(file) + option + ["--overwrite", "--output", "found.h5ad"])
        return try AnnDataFile(place.path("found.h5ad")).array(location).values
      }
    }

    private func expectRefusals(_ words: [String]) throws {
      for option in [[], ["--modality", "protein"]] {
        let outcome = try place.run(words + option)
        #expect(outcome.status == 2 && outcome.errorLines.count == 1, "\(words) \(outcome)")
        #expect(outcome.errors.contains("rna") && !place.has("x.h5ad"), "\(outcome)")
      }
      // A modality that is there, but whose values are no counts of this model.
      let other = try place.run(words + ["--modality", "other"])
      #expect(other.status == 2 && !place.has("x.h5ad"), "\(other)")
    }

    @Test func gradientsAreThoseOfTheModality() throws {
      let settings = quickSettings + ["--rows", "5"]
      let alone = try place.succeed(["check", "dgd", "data.h5ad"] + settings).output
      let chosen = try place.succeed(
        ["check", "dgd", "data.h5mu", "--modality", "rna"] + settings
      ).output
      #expect(alone == chosen && alone.contains("ok"), "\(alone)\(chosen)")
      try expectRefusals(["check", "dgd", "data.h5mu"] + settings)
    }

    /// Genes beside another kind of features in one matrix, whose values are no counts.
    @Test func aKindOfFeaturesIsModelledAsIfItWereAlone() throws {
      let alone = try AnnDataFile(place.path("data.h5ad"))
      let values = try alone.matrix(.main).reals(in: 0..<60)
      var warnings: [String] = []
      let writer = try AnnDataWriter(place.path("both.h5ad"), overwrite: false, rank: 0)
      writer.write(rows: try alone.rows(warnings: &warnings))
      let names = try alone.columns(warnings: &warnings).names
      writer.write(
        columns: Table(
          names: ["CD3"] + names,
          columns: [
            NamedColumn(
              "feature_types",
              .strings(["Antibody Capture"] + names.map { _ in "Gene Expression" }))
          ]))
      writer.write(
        (0..<60).flatMap { cell in
          [Float(0.5)] + values[30 * cell..<30 * (cell + 1)].map { Float($0) }
        }, shape: [60, 31], at: "X")
      try writer.finish()
      let settings = quickSettings + ["--rows", "5"]
      let expected = try place.succeed(["check", "dgd", "data.h5ad"] + settings).output
      let chosen = try place.succeed(
        ["check", "dgd", "both.h5ad", "--modality", "Gene Expression"] + settings
      ).output
      #expect(expected == chosen && expected.contains("ok"), "\(expected)\(chosen)")
      let other = try place.run(["check", "dgd", "both.h5ad", "--modality", "Peaks"] + settings)
      #expect(other.status == 2 && other.errors.contains("Antibody Capture"), "\(other)")
    }

    @Test func embeddingsAreThoseOfTheModality() throws {
      try place.succeed(
        ["fit", "dgd", "data.h5ad", "--output", "fit.h5ad"] + quickSettings + ["--epochs", "5"])
      let found = try numbers({ ["embed", "fit.h5ad", $0] }, at: "obsm/X_dgd")
      #expect(found[0] == found[1] && found[0].count == 60 * 4)
      try expectRefusals(["embed", "fit.h5ad", "data.h5mu", "--output", "x.h5ad"])
    }

    @Test func predictionsAreThoseOfTheModality() throws {
      try place.succeed([
        "fit", "prrr", "data.h5ad", "--covariates", "group", "--rank", "1", "--output", "fit.h5ad",
      ])
      let found = try numbers({ ["predict", "fit.h5ad", $0] }, at: "X")
      #expect(found[0] == found[1] && found[0].count == 60 * 30)
      try expectRefusals(["predict", "fit.h5ad", "data.h5mu", "--output", "x.h5ad"])
    }
  }
}
