import Foundation
import Modeling
import Storage
import TestSupport
import Testing

@Suite struct MuDataTests {
  @Test func modalitiesOfAMultiomeAreReadOneByOne() throws {
    let name = "data-files/scicar_600.h5mu"
    guard let url = SharedData.url(name) else { return print(SharedData.missing(name)) }
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
  @Test func partlySharedCellsKeepTheirAnnotations() throws {
    let (mosaic, whole) = ("data-files/scicar_mosaic.h5mu", "data-files/scicar_600.h5mu")
    guard let url = SharedData.url(mosaic), let all = SharedData.url(whole) else {
      return print(SharedData.missing(mosaic))
    }
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
    arguments: [
      ("mu_mod_missing", "atac", "atac"), ("mu_obsmap_bad", "rna", "obsmap"),
      ("mu_no_mod", nil, "mod"),
    ] as [(String, String?, String)])
  func damagedFilesAreRefused(name: String, modality: String?, word: String) throws {
    let path = "data-files/broken/\(name).h5mu"
    guard let url = SharedData.url(path) else { return print(SharedData.missing(path)) }
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
