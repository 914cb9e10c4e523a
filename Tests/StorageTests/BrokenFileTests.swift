import Foundation
import Modeling
import Storage
import Sums
import TestSupport
import Testing

/// A damaged or awkward file, and what reading it for a count model has to say.
struct BrokenFile: Sendable, CustomTestStringConvertible {
  enum Outcome: Sendable {
    /// An error with all of these words.
    case error([String])
    /// Accepted, with a warning that has all of these words.
    case warning([String])
    /// Accepted in silence.
    case accepted
    /// Either, without a crash.
    case either
  }
  let name: String
  let outcome: Outcome
  var testDescription: String { name }

  static let all: [BrokenFile] = [
    .init(name: "good", outcome: .accepted),
    .init(name: "truncated", outcome: .error(["truncated", "truncated.h5ad"])),
    .init(name: "empty", outcome: .error(["empty"])),
    .init(name: "not_hdf5", outcome: .error(["not an HDF5 file"])),
    .init(name: "bytes_overwritten", outcome: .either),
    .init(name: "indptr_not_monotone", outcome: .error(["/X/indptr", "decreases"])),
    .init(name: "indptr_end_wrong", outcome: .error(["/X/indptr", "expected 1925"])),
    .init(name: "indptr_start_nonzero", outcome: .error(["/X/indptr", "expected 0"])),
    .init(
      name: "index_out_of_range", outcome: .error(["/X/indices", "index", "position", "0..<50"])),
    .init(name: "index_negative", outcome: .error(["/X/indices", "index -1"])),
    .init(name: "duplicate_index", outcome: .error(["/X", "twice"])),
    .init(name: "data_length", outcome: .error(["/X/data", "length", "expected 1925"])),
    .init(name: "shape_attr_wrong", outcome: .error(["/X", "shape", "[60, 50]"])),
    .init(name: "shape_attr_huge", outcome: .error(["/X", "shape", "1000000000000000"])),
    .init(name: "negative_counts", outcome: .error(["cell c", "gene g", "negative"])),
    .init(name: "nan_counts", outcome: .error(["cell c", "gene g", "NaN"])),
    .init(name: "inf_counts", outcome: .error(["cell c", "gene g", "inf"])),
    .init(name: "non_integer_counts", outcome: .error(["cell c", "gene g", "2.5"])),
    .init(name: "huge_count", outcome: .error(["cell c", "gene g", "e+38"])),
    .init(name: "lognormalised", outcome: .error(["/X", "not counts"])),
    .init(name: "missing_X", outcome: .error(["/X", "missing"])),
    .init(name: "wrong_encoding_type", outcome: .error(["/X", "encoding-type"])),
    .init(name: "encoding_version_future", outcome: .warning(["/X", "9.9.9"])),
    .init(name: "no_encoding_attrs", outcome: .warning(["/X", "encoding-type"])),
    .init(name: "duplicate_obs_names", outcome: .warning(["/obs", "c8"])),
    .init(name: "duplicate_var_names", outcome: .warning(["/var", "g2"])),
    .init(name: "zero_cells", outcome: .error(["no cells"])),
    .init(name: "zero_genes", outcome: .error(["no features"])),
    .init(name: "all_zero_gene", outcome: .warning(["g4"])),
    .init(name: "all_zero_cell", outcome: .warning(["c6"])),
    .init(name: "all_zero", outcome: .error(["zeros"])),
    .init(name: "one_cell", outcome: .warning(["no count in any cell"])),
    .init(name: "identical_cells", outcome: .warning(["no count in any cell"])),
    .init(name: "obs_length", outcome: .error(["obs", "58"])),
    .init(name: "obs_column_length", outcome: .error(["/obs/cell_type", "63"])),
    .init(name: "category_code_out_of_range", outcome: .error(["/obs/cell_type", "code 99"])),
    .init(name: "categories_missing", outcome: .error(["/obs/cell_type", "categories"])),
    .init(name: "string_matrix", outcome: .error(["/X", "texts"])),
    .init(name: "dense_wrong_rank", outcome: .error(["/X", "3 dimensions"])),
    .init(name: "external_link", outcome: .error(["/X", "link"])),
  ]
}

extension BrokenFile {
  static let tenXAndMarket: [BrokenFile] = [
    .init(name: "10x_no_features.h5", outcome: .error(["/matrix/features", "missing"])),
    .init(name: "10x_shape_swapped.h5", outcome: .error(["/matrix/shape", "[50, 60]"])),
    .init(name: "10x_barcodes_short.h5", outcome: .error(["[50, 60]", "[50, 59]"])),
    .init(name: "10x_negative.h5", outcome: .error(["cell ", "gene g", "negative"])),
    .init(name: "10x_group_name.h5", outcome: .error(["/Matrix/genes", "missing"])),
    .init(name: "mtx_fewer_entries", outcome: .error(["1921 entries", "expected 1925"])),
    .init(name: "mtx_more_entries", outcome: .error(["line 1928", "more"])),
    .init(name: "mtx_zero_based", outcome: .error(["line 3", "index 0"])),
    .init(name: "mtx_out_of_range", outcome: .error(["line ", "row index"])),
    .init(name: "mtx_not_a_number", outcome: .error(["line 13"])),
    .init(name: "mtx_bad_banner", outcome: .error(["banner"])),
    .init(name: "mtx_complex", outcome: .error(["complex"])),
    .init(name: "mtx_negative", outcome: .error(["cell ", "gene g", "negative"])),
    .init(name: "mtx_features_short", outcome: .error(["features", "49"])),
    .init(name: "mtx_barcodes_long", outcome: .error(["barcodes", "61"])),
    .init(name: "matrix_truncated.mtx.gz", outcome: .error([])),
    .init(name: "matrix_not_gzip.mtx.gz", outcome: .error([])),
  ]
}

@Suite(
  .enabled(if: dataFile("broken/TABLE.tsv") != nil, "no data-files here: broken files are skipped"))
struct BrokenFileTests {
  /// Everything that a fit of counts reads.
  private func read(_ path: String) throws(StorageError) -> [String] {
    let file = try AnnDataFile(path)
    let (matrix, _) = try CountSource.matrix(of: file)
    var warnings = matrix.warnings
    let rows = try file.rows(warnings: &warnings)
    let columns = try file.columns(of: matrix.source, warnings: &warnings)
    var statistics = try matrix.forEachRowOfCounts(in: [0..<matrix.rowCount]) { _, _, _ in }
    statistics.sum(with: Alone())
    return warnings
      + (try matrix.summary(rows: rows, columns: columns, statistics: statistics).warnings)
  }

  @Test(arguments: BrokenFile.all)
  func damageIsNamed(_ file: BrokenFile) throws {
    let path = try #require(dataFile("broken/\(file.name).h5ad"))
    var warnings: [String] = []
    var failure: String?
    do { warnings = try read(path) } catch { failure = error.description }
    switch file.outcome {
    case .error(let words):
      let message = try #require(failure, "accepted, with \(warnings)")
      for word in words { #expect(message.contains(word), "\(message)") }
      #expect(message.hasPrefix(path) && !message.contains("\n"))
    case .warning(let words):
      #expect(failure == nil)
      #expect(warnings.contains { warning in words.allSatisfy(warning.contains) }, "\(warnings)")
    case .accepted:
      #expect(failure == nil)
      #expect(warnings == [])
    case .either: break
    }
  }

  @Test(arguments: BrokenFile.tenXAndMarket)
  func damageOfOtherFormatsIsNamed(_ file: BrokenFile) throws {
    let path = try #require(dataFile("broken/\(file.name)"))
    let error = #expect(throws: StorageError.self) { try read(path) }
    let message = try #require(error?.description)
    guard case .error(let words) = file.outcome else { return }
    for word in words { #expect(message.contains(word), "\(message)") }
    #expect(message.hasPrefix(path) && !message.contains("\n"))
  }

  @Test func everyFileOfTheTableIsTested() throws {
    let table = try String(
      contentsOfFile: #require(dataFile("broken/TABLE.tsv")), encoding: .utf8)
    let listed = table.split(separator: "\n").compactMap { line in
      line.split(separator: "\t").first.flatMap { $0.hasSuffix(".h5ad") ? $0.dropLast(5) : nil }
    }
    #expect(Set(listed.map(String.init)) == Set(BrokenFile.all.map(\.name)))
    let others = table.split(separator: "\n").compactMap { line in
      line.split(separator: "\t").first.flatMap { name in
        name.hasPrefix("10x_") || name.hasPrefix("mtx_") || name.hasPrefix("matrix_")
          ? String(name.hasSuffix("/") ? name.dropLast() : name) : nil
      }
    }
    #expect(Set(others) == Set(BrokenFile.tenXAndMarket.map(\.name)))
  }
}
