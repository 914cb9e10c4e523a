import Foundation
import Modeling

/// A folder as Cell Ranger writes it: a MatrixMarket file with barcodes and features beside, plain or gzip.
///
/// The names may share a prefix: `rna_matrix.mtx.gz` belongs with `rna_barcodes.tsv.gz` and `rna_features.tsv.gz`.
struct MarketFolder: Sendable {
  let matrixPath: String
  let rows: Table
  let columns: Table
  let warnings: [String]

  /// Whether a path is a folder or a MatrixMarket file.
  static func isMeant(by path: String) -> Bool {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return isThere
      && (isFolder.boolValue || path.hasSuffix(".mtx") || path.hasSuffix(".mtx.gz"))
  }

  init(_ path: String) throws(StorageError) {
    let (folder, matrix) = try Self.matrix(of: path)
    matrixPath = matrix
    let name = (matrix as NSString).lastPathComponent
    let prefix = name.range(of: "matrix.mtx").map { String(name[..<$0.lowerBound]) } ?? ""
    guard let barcodes = Self.found(["barcodes.tsv", "cells.tsv"], prefix, in: folder) else {
      throw StorageError(file: path, problem: "has no \(prefix)barcodes.tsv beside \(name)")
    }
    guard let features = Self.found(["features.tsv", "genes.tsv"], prefix, in: folder) else {
      throw StorageError(
        file: path, problem: "has no \(prefix)features.tsv (or genes.tsv) beside \(name)")
    }
    let names = try GzipText.lines(barcodes).map { String($0.prefix { $0 != "\t" }) }
    guard !names.isEmpty else { throw StorageError(file: barcodes, problem: "has no cells") }
    var columns: [NamedColumn] = []
    if let labels = Self.found(["labels.tsv", "obs.tsv", "metadata.tsv"], prefix, in: folder)
      ?? Self.found(["labels.tsv"], "", in: folder)
    {
      columns = try Self.annotations(labels, of: names)
    }
    rows = Table(names: names, columns: columns)
    (self.columns, warnings) = try Self.features(features)
  }

  private static func matrix(of path: String) throws(StorageError) -> (
    folder: String, matrix: String
  ) {
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard isFolder.boolValue else {
      let folder = (path as NSString).deletingLastPathComponent
      return (folder.isEmpty ? "." : folder, path)
    }
    if let matrix = found(["matrix.mtx"], "", in: path) { return (path, matrix) }
    let all = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let matrices = all.filter { $0.hasSuffix(".mtx") || $0.hasSuffix(".mtx.gz") }.sorted()
    guard matrices.count == 1 else {
      throw StorageError(
        file: path,
        problem: matrices.isEmpty
          ? "is a folder without matrix.mtx or matrix.mtx.gz"
          : "has the matrices \(matrices.joined(separator: ", ")). Name one of them, not the folder"
      )
    }
    return (path, "\(path)/\(matrices[0])")
  }

  private static func found(_ names: [String], _ prefix: String, in folder: String) -> String? {
    for name in names {
      for ending in [".gz", ""] {
        let path = "\(folder)/\(prefix)\(name)\(ending)"
        if FileManager.default.fileExists(atPath: path) { return path }
      }
    }
    return nil
  }

  /// Lines of id, name and kind; of a line with one field that is both.
  private static func features(_ path: String) throws(StorageError) -> (Table, warnings: [String]) {
    let lines = try GzipText.lines(path).map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    guard !lines.isEmpty else { throw StorageError(file: path, problem: "has no features") }
    var columns = [NamedColumn("gene_ids", .strings(lines.map { $0[0] }))]
    if lines.allSatisfy({ $0.count >= 3 }) {
      columns.append(FeatureTable.categories("feature_types", lines.map { $0[2] }))
    }
    return FeatureTable.made(
      path, names: lines.map { $0.count > 1 ? $0[1] : $0[0] }, columns: columns)
  }

  /// A table with a header whose first column has the barcodes, in their order: numbers where all values of a column
  /// are, categories otherwise.
  private static func annotations(
    _ path: String, of names: [String]
  ) throws(StorageError) -> [NamedColumn] {
    let lines = try GzipText.lines(path).map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    guard let header = lines.first else { return [] }
    let body = Array(lines.dropFirst())
    guard body.count == names.count else {
      throw StorageError(
        file: path,
        problem:
          "has \(body.count) lines after the header, expected \(names.count) (one for each barcode)"
      )
    }
    for (number, line) in body.enumerated() {
      guard line.count == header.count else {
        throw StorageError(
          file: path, place: "line \(number + 2)",
          problem: "has \(line.count) fields, expected \(header.count) as in the header")
      }
      guard line[0] == names[number] else {
        throw StorageError(
          file: path, place: "line \(number + 2)",
          problem: "is about \(line[0]), expected \(names[number]) as in the barcodes")
      }
    }
    return header.indices.dropFirst().map { field in
      let values = body.map { $0[field] }
      let numbers = values.map { $0.isEmpty || $0 == "NA" ? Double.nan : Double($0) }
      if numbers.allSatisfy({ $0 != nil }), numbers.contains(where: { $0?.isFinite ?? false }) {
        return NamedColumn(header[field], .numbers(numbers.map { $0 ?? .nan }))
      }
      let gaps = Column.strings(values.map { $0.isEmpty || $0 == "NA" ? nil : $0 })
      guard let (codes, categories) = gaps.asCategories else {
        return NamedColumn(header[field], gaps)
      }
      return NamedColumn(
        header[field], .categories(codes: codes, names: categories, isOrdered: false))
    }
  }
}
