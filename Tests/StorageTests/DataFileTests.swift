import Foundation
import Modeling
import Storage
import TestSupport
import Testing

/// Files written by anndata itself: sizes and totals as the README beside them has them.
struct DataFile: Sendable, CustomTestStringConvertible {
  let name: String
  let rows: Int
  let columns: Int
  let total: Int64
  var source = MatrixSource.main
  var testDescription: String { name }

  static let all = [
    DataFile(name: "pbmc3k_csr_gzip", rows: 2638, columns: 13714, total: 6_254_880),
    DataFile(
      name: "pbmc_lognorm_counts_layer", rows: 377, columns: 13714, total: 888_199,
      source: .layer("counts")),
    DataFile(name: "pbmc_csc_int64_lzf", rows: 500, columns: 2000, total: 1_044_801),
    DataFile(name: "pbmc_dense_float32", rows: 250, columns: 2000, total: 521_656),
    DataFile(name: "pbmc_dense_float64_gzip9", rows: 500, columns: 2000, total: 1_044_801),
    DataFile(name: "pbmc_csr_gzip_shuffle_fletcher", rows: 500, columns: 2000, total: 1_044_801),
    DataFile(name: "pbmc_with_raw", rows: 500, columns: 13714, total: 1_206_283, source: .raw),
    DataFile(name: "pbmc_categories_nan", rows: 500, columns: 2000, total: 1_044_801),
    DataFile(name: "pbmc_csr_uint16", rows: 250, columns: 2000, total: 521_656),
    DataFile(name: "pbmc_csr_unsorted", rows: 250, columns: 2000, total: 521_656),
    DataFile(name: "pbmc_anndata_0.7.8", rows: 500, columns: 2000, total: 1_044_801),
    DataFile(name: "pbmc_10x_v3.h5", rows: 600, columns: 13714, total: 1_434_922),
    DataFile(name: "pbmc_10x_v2.h5", rows: 600, columns: 13714, total: 1_434_922),
    // Genes only, of genes and peaks.
    DataFile(name: "multiome_10x_v3.h5", rows: 600, columns: 1185, total: 397_815),
  ]

  var path: String? { dataFile(name.hasSuffix(".h5") ? name : name + ".h5ad") }
}

/// The path of a file in `data-files`, if this machine has it.
func dataFile(_ name: String) -> String? { SharedData.url("data-files/\(name)")?.path }

@Suite(
  .enabled(
    if: dataFile("README.md") != nil, "no data-files here: tests with real files are skipped"))
struct DataFileTests {
  @Test(arguments: DataFile.all)
  func countsAreThoseOfTheReadme(_ file: DataFile) throws {
    let path = try #require(file.path)
    let (matrix, note) = try CountSource.matrix(of: AnnDataFile(path))
    #expect(matrix.source == file.source)
    #expect((note == nil) == (file.source == .main))
    #expect(matrix.rowCount == file.rows)
    #expect(matrix.columnCount == file.columns)
    var rowsSeen = 0
    var total: Int64 = 0
    let statistics = try matrix.forEachRowOfCounts(in: [0..<file.rows]) { row, columns, counts in
      #expect(row == rowsSeen)
      rowsSeen += 1
      total += counts.reduce(0) { $0 + Int64($1) }
    }
    #expect(rowsSeen == file.rows)
    #expect(total == file.total)
    #expect(statistics.total == file.total)
  }

  @Test(arguments: DataFile.all)
  func rowsReadInPiecesAreTheRowsReadAtOnce(_ file: DataFile) throws {
    let path = try #require(file.path)
    let (matrix, _) = try CountSource.matrix(of: AnnDataFile(path))
    var whole: [[Int64]] = []
    let all = try matrix.forEachRowOfCounts(in: [0..<file.rows]) { _, columns, counts in
      whole.append(zip(columns, counts).flatMap { [Int64($0), Int64($1)] })
    }
    var pieces = Array(repeating: [Int64](), count: file.rows)
    for rank in 0..<3 {
      let cut = { $0 * file.rows / 6 }
      let ranges = [cut(rank)..<cut(rank + 1), cut(rank + 3)..<cut(rank + 4)]
      let part = try matrix.forEachRowOfCounts(in: ranges) { row, columns, counts in
        pieces[row] = zip(columns, counts).flatMap { [Int64($0), Int64($1)] }
      }
      #expect(part.total < all.total)
    }
    #expect(pieces == whole)
  }

  @Test func realsHoldTheZeros() throws {
    let file = try AnnDataFile(#require(dataFile("pbmc_csc_int64_lzf.h5ad")))
    let matrix = try file.matrix(.main)
    let values = try matrix.reals(in: 100..<150)
    var expected = Array(repeating: 0.0, count: 50 * 2000)
    _ = try matrix.forEachRowOfCounts(in: [100..<150]) { row, columns, counts in
      for (column, count) in zip(columns, counts) {
        expected[(row - 100) * 2000 + Int(column)] = Double(count)
      }
    }
    #expect(values == expected)
  }

  @Test func genesOfAModelAreFoundByName() throws {
    let file = try AnnDataFile(#require(dataFile("pbmc_csr_uint16.h5ad")))
    var warnings: [String] = []
    let genes = try file.columns(warnings: &warnings).names
    let wanted = [genes[7], "not a gene", genes[3], genes[1999]]
    let map = ColumnMap(wanted, from: genes)
    #expect(map.missing == ["not a gene"])
    let matrix = try file.matrix(.main)
    let all = try matrix.reals(in: 0..<250)
    let some = try matrix.reals(in: 0..<250, map: map)
    let statistics = try matrix.forEachRowOfCounts(in: [0..<250], map: map) {
      row, columns, counts in
      var values = [0.0, 0, 0, 0]
      for (column, count) in zip(columns, counts) { values[Int(column)] = Double(count) }
      #expect(values == Array(some[4 * row..<4 * row + 4]))
      #expect(Array(columns) == columns.sorted())
    }
    for row in 0..<250 {
      #expect(some[4 * row] == all[2000 * row + 7])
      #expect(some[4 * row + 1] == 0)
      #expect(some[4 * row + 2] == all[2000 * row + 3])
    }
    #expect(statistics.totals[1] == 0)
  }

  @Test func columnsOfAllKindsAreRead() throws {
    let file = try AnnDataFile(#require(dataFile("pbmc_categories_nan.h5ad")))
    var warnings: [String] = []
    let table = try file.rows(warnings: &warnings)
    #expect(warnings == [])
    #expect(table.count == 500)
    #expect(
      table.columns.map(\.name) == [
        "cell_type", "total_counts", "score", "free_text", "nullable_int", "nullable_bool",
        "ordered",
        "flag", "string_nullable",
      ])
    guard case .categories(let codes, let names, false)? = table["cell_type"] else {
      return #expect(Bool(false), "cell_type is no categorical")
    }
    #expect(names.count == 9)
    #expect(codes.count { $0 == -1 } == 83)
    guard case .numbers(let scores)? = table["score"] else { return #expect(Bool(false)) }
    #expect(scores.contains { $0.isNaN })
    guard case .integers(let integers)? = table["nullable_int"] else { return #expect(Bool(false)) }
    #expect(integers.contains(nil) && integers.contains { $0 != nil })
    guard case .flags(let flags)? = table["nullable_bool"] else { return #expect(Bool(false)) }
    #expect(flags.contains(nil) && flags.contains(true) && flags.contains(false))
    guard case .categories(_, _, true)? = table["ordered"] else { return #expect(Bool(false)) }
    guard case .flags? = table["flag"] else { return #expect(Bool(false)) }
    guard case .strings(let texts)? = table["free_text"] else { return #expect(Bool(false)) }
    #expect(texts.contains { $0?.utf8.contains { $0 > 127 } ?? false })
  }

  @Test func categoriesOfTheOldEncodingAreFound() throws {
    let old = try AnnDataFile(#require(dataFile("pbmc_anndata_0.7.8.h5ad")))
    let new = try AnnDataFile(#require(dataFile("pbmc_csc_int64_lzf.h5ad")))
    var warnings: [String] = []
    #expect(try old.rows(warnings: &warnings).columns.map(\.name) == ["cell_type"])
    guard case .categories(let codes, let names, _) = try old.column("cell_type", of: "obs"),
      case .categories(let newCodes, let newNames, _) = try new.column("cell_type", of: "obs")
    else { return #expect(Bool(false), "no categoricals") }
    #expect(codes.map { names[Int($0)] } == newCodes.map { newNames[Int($0)] })
  }

  @Test func whatIsInTheFileIsListed() throws {
    let file = try AnnDataFile(#require(dataFile("pbmc_lognorm_counts_layer.h5ad")))
    #expect(file.layerNames == ["counts"])
    #expect(file.members("obsm") == ["X_df", "X_pca"])
    #expect(!file.hasRaw)
    #expect(try file.array("obsm/X_pca").shape == [377, 5])
    #expect(try file.tree("uns")["colors"] != nil)
    #expect(file.encoding(of: "X") == "csr_matrix 0.1.0")
  }

  @Test func normalisedValuesAskedForAreRefusedWithAdvice() throws {
    let file = try AnnDataFile(#require(dataFile("pbmc_lognorm_counts_layer.h5ad")))
    let error = #expect(throws: StorageError.self) {
      try CountSource.matrix(of: file, asked: .main)
    }
    #expect(error?.problem.contains("not counts") ?? false)
    #expect(error?.problem.contains("--layer counts") ?? false)
    let missing = #expect(throws: StorageError.self) { try file.matrix(.layer("spliced")) }
    #expect(missing?.problem.contains("layers/counts") ?? false)
  }
}
