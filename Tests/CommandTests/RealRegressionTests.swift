import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// PRRR and nn-PRRR on real data sets, as a user would run them.
  @Suite struct RealRegressionTests {
    private func folder(_ set: String) throws -> String {
      try #require(SharedData.url("data/\(set)")).path
    }

    private func table(_ name: String, _ place: Workplace) throws -> [[String]] {
      let text = try String(contentsOfFile: place.path(name), encoding: .utf8)
      return text.split(separator: "\n").dropFirst().map {
        $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      }
    }

    /// Fits in `place`; a fit that ends at its limit of iterations (status 3) is written as well.
    @discardableResult
    private func fit(_ words: [String], _ place: Workplace) throws -> Command.Outcome {
      let outcome = try place.run(["fit"] + words + ["--output", "fit.h5ad"])
      try #require(outcome.status == 0 || outcome.status == 3, "\(outcome)")
      return outcome
    }

    /// The first genes that each covariate raises.
    private func raised(_ count: Int, _ place: Workplace) throws -> [String: [String]] {
      var result: [String: [String]] = [:]
      for row in try table("tables/markers.tsv", place)
      where row[0] == "raised" && (Int(row[1]) ?? 0) <= count {
        result[row[2], default: []].append(row[3])
      }
      return result
    }

    @Test(
      .enabled(
        if: SharedData.has("data/baron-pancreas-328"),
        "\(SharedData.missing("data/baron-pancreas-328"))"))
    func isletTypesOfThePancreasClusterTogetherAndTheirMarkersLead() throws {
      let data = try folder("baron-pancreas-328")
      let place = try Workplace()
      try fit(["prrr", data, "--covariates", "label,species", "--rank", "4"], place)
      try place.succeed(["prrr", "associate", "fit.h5ad", "--output", "tables", "--top", "20"])
      let markers = try raised(5, place)
      for (type, genes) in [
        ("alpha", ["GCG", "TTR"]), ("beta", ["INS1", "IAPP"]), ("delta", ["SST", "RBP4", "HHEX"]),
        ("activated_stellate", ["COL1A1", "SPARC", "COL1A2"]),
        ("macrophage", ["CD74", "ACP5", "LAPTM5"]),
      ] {
        let found = Set(markers["label=\(type)"] ?? [])
        #expect(found.isSuperset(of: genes), "\(type): \(markers)")
      }
      // The covariates in the order of their names; 7 and on are what merges make.
      let names = [
        "activated_stellate", "alpha", "beta", "delta", "macrophage", "human", "mouse",
      ]
      var clusters = names.map { Set([$0]) }
      for merge in try table("tables/covariate_tree.tsv", place) {
        let (left, right) = (try #require(Int(merge[0])), try #require(Int(merge[1])))
        clusters.append(clusters[left].union(clusters[right]))
      }
      #expect(clusters.contains(["alpha", "beta", "delta"]), "\(clusters)")
      #expect(clusters.contains(["activated_stellate", "macrophage"]), "\(clusters)")
    }

    @Test(
      .enabled(
        if: SharedData.has("data/spatial-mob-st"), "\(SharedData.missing("data/spatial-mob-st"))"))
    func layersOfTheOlfactoryBulbHaveTheirMarkersBesideCoordinates() throws {
      let data = try folder("spatial-mob-st")
      let place = try Workplace()
      try fit(
        [
          "prrr", data, "--covariates", "label,x:number,y:number", "--rank", "4", "--restarts", "1",
          "--iterations", "30",
        ], place)
      try place.succeed(["prrr", "associate", "fit.h5ad", "--output", "tables", "--top", "20"])
      let markers = try raised(10, place)
      for (layer, genes) in [
        ("1: Granular Cell Layer", ["Nrgn"]),
        ("2: Mitral Cell Layer", ["Slc17a7", "Reln"]),
        ("3: Outer Plexiform Layer", ["Doc2g"]),
        ("5: Olfactory Nerve Layer", ["Omp"]),
      ] {
        let found = Set(markers["label=\(layer)"] ?? [])
        #expect(found.isSuperset(of: genes), "\(layer): \(markers)")
      }
    }

    /// 54 donors, thousands of variants and genes: the fit has to end by its tolerance, above a bound that an
    /// independent program reached, and its associations are searched among 147 million pairs.
    @Test(
      .enabled(if: SharedData.has("data/yri-lcl-69"), "\(SharedData.missing("data/yri-lcl-69"))"))
    func readsOfDonorsAreRegressedOnTheirGenotypes() throws {
      let data = try folder("yri-lcl-69")
      let place = try Workplace()
      let outcome = try place.run([
        "fit", "nn-prrr", data + "/counts.tsv.gz", "--genotypes", data + "/genotypes54.bed",
        "--baseline", "--rank", "3", "--restarts", "1", "--verbose", "--output", "fit.h5ad",
      ])
      #expect(outcome.status == 0, "\(outcome)")
      let said = outcome.output + outcome.errors
      #expect(said.contains("54 donors") && said.contains("15 of 69"), "\(outcome)")
      let look = try place.succeed(["inspect", "fit.h5ad"]).output
      #expect(look.contains("69 cells × 17310 genes"), "\(look)")
      let bounds = outcome.errors.components(separatedBy: "elbo ").dropFirst().compactMap {
        Double($0.prefix { "-.0123456789".contains($0) })
      }
      #expect(try #require(bounds.max()) > -30_600_000, "\(outcome.errors.suffix(300))")
      try place.succeed(["prrr", "associate", "fit.h5ad", "--top", "20", "--output", "tables"])
      let pairs = try table("tables/associations.tsv", place).filter { $0[0] == "all" }
      #expect(pairs.count == 20)
      for pair in pairs {
        let interval = try #require(Double(pair[5])).distance(to: try #require(Double(pair[6])))
        let lower = try #require(Double(pair[5]))
        #expect(lower > 0 && interval > 0, "\(pair)")
      }
      #expect(try table("tables/markers.tsv", place).count > 8468)
      let predicted = try place.succeed([
        "predict", "fit.h5ad", data + "/counts.tsv.gz", "--genotypes", data + "/genotypes54.bed",
        "--output", "predicted.h5ad",
      ])
      let words = predicted.output + predicted.errors
      #expect(words.contains("15 of 69 samples lack a covariate"), "\(predicted)")
    }
  }
}
