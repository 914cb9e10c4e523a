import Foundation
import Modeling
import Storage
import TestSupport
import Testing

@Suite struct MuDataTests {
  private static let whole = "data-files/scicar_600.h5mu"
  private static let mosaic = "data-files/scicar_mosaic.h5mu"

  @Test(.enabled(if: SharedData.has(whole), "\(SharedData.missing(whole))"))
  func modalitiesOfAMultiomeAreReadOneByOne() throws {
    let url = try #require(SharedData.url(Self.whole))
    #expect(try AnnDataFile.modalities(of: url.path) == ["rna", "atac"])
    for (modality, columns, total) in [("rna", 1185, 397_815), ("atac", 4000, 446_286)] {
      let file = try AnnDataFile(url.path, modality: modality)
      #expect(file.rowCount == 600 && file.columnCount == columns && file.format == "MuData")
      let (matrix, note) = try CountSource.matrix(of: file)
      let (_, statistics) = try matrix.counts(ofLanes: [0..<600])
      #expect(note == nil && statistics.total == Int64(total))
      var warnings: [String] = []
      #expect(try file.rows(warnings: &warnings)["dex_time"]?.asCategories?.names.count == 3)
    }
    for modality in [nil, "RNA", "protein"] {
      let error = #expect(throws: StorageError.self) {
        try AnnDataFile(url.path, modality: modality)
      }
      #expect(error?.description.contains("rna, atac") ?? false, "\(String(describing: error))")
    }
  }

  /// Each modality has some of the cells; the common annotations have to follow.
  @Test(.enabled(if: SharedData.has(mosaic, whole), "\(SharedData.missing(mosaic, whole))"))
  func partlySharedCellsKeepTheirAnnotations() throws {
    let url = try #require(SharedData.url(Self.mosaic))
    let all = try #require(SharedData.url(Self.whole))
    var warnings: [String] = []
    let reference = try AnnDataFile(all.path, modality: "rna").rows(warnings: &warnings)
    let times = try #require(reference["dex_time"]?.asCategories)
    let time = Dictionary(
      uniqueKeysWithValues: zip(reference.names, times.codes.map { times.names[Int($0)] }))
    for (modality, total) in [("rna", 301_344), ("atac", 295_049)] {
      let file = try AnnDataFile(url.path, modality: modality)
      #expect(file.rowCount == 450)
      let (_, statistics) = try CountSource.matrix(of: file).matrix.counts(ofLanes: [0..<450])
      #expect(statistics.total == Int64(total))
      let rows = try file.rows(warnings: &warnings)
      guard let own = rows["dex_time"]?.asCategories else { continue }
      for (name, code) in zip(rows.names, own.codes) where code >= 0 {
        #expect(own.names[Int(code)] == time[name])
      }
    }
  }

  @Test(
    .enabled(if: SharedData.has("data-files/broken"), "\(SharedData.missing("data-files/broken"))"),
    arguments: [
      ("mu_mod_missing", "atac", "atac"), ("mu_obsmap_bad", "rna", "obsmap"),
      ("mu_no_mod", nil, "mod"),
    ] as [(String, String?, String)])
  func damagedFilesAreRefused(name: String, modality: String?, word: String) throws {
    let url = try #require(SharedData.url("data-files/broken/\(name).h5mu"))
    let error = #expect(throws: StorageError.self) {
      _ = try CountSource.matrix(of: AnnDataFile(url.path, modality: modality))
    }
    #expect(error?.description.contains(word) ?? false, "\(String(describing: error))")
  }

  @Test func otherFilesHaveNoModalities() throws {
    try withFolder { folder in
      let path = folder + "/a.h5ad"
      let writer = try AnnDataWriter(path, overwrite: false, rank: 0)
      writer.write(rows: Table(names: ["a"]))
      writer.write(columns: Table(names: ["g"]))
      try writer.finish()
      #expect(try AnnDataFile.modalities(of: path) == [])
      #expect(throws: StorageError.self) { try AnnDataFile(path, modality: "rna") }
      #expect(try AnnDataFile(path).rowCount == 1)
    }
  }
}
