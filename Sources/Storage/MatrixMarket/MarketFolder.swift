import Foundation
import Modeling

/// A folder with a MatrixMarket file and the names of cells and features beside, plain or gzip.
///
/// | Written by | Matrix | Cells | Features |
/// |---|---|---|---|
/// | Cell Ranger, STARsolo, BD Rhapsody | `matrix.mtx` | `barcodes.tsv` | `features.tsv`, `genes.tsv` |
/// | kallisto bustools | `cells_x_genes.mtx` | `cells_x_genes.barcodes.txt` | `cells_x_genes.genes.txt` |
/// | alevin-fry | `quants_mat.mtx` | `quants_mat_rows.txt` | `quants_mat_cols.txt` |
/// | Parse | `DGE.mtx`, `count_matrix.mtx` | `cell_metadata.csv` | `all_genes.csv` |
///
/// The names may share a prefix, as in GEO: `GSM1_matrix.mtx.gz` belongs with `GSM1_barcodes.tsv.gz` and
/// `GSM1_features.tsv.gz`, or with the only `…_features.tsv.gz` of the folder.
struct MarketFolder: Sendable {
  let matrixPath: String
  let rows: Table
  let columns: Table
  let warnings: [String]
  /// Whether programs that use this name write a row a cell.
  let isByCells: Bool

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
    isByCells = ["cells_x", "quants_mat", "DGE", "count_matrix"].contains(where: name.hasPrefix)
    let beside = MarketNames(folder, matrix: name)
    guard let barcodes = beside.cells else {
      throw StorageError(file: path, problem: "has no \(beside.prefix)barcodes.tsv beside \(name)")
    }
    guard let features = beside.features else {
      throw StorageError(
        file: path, problem: "has no \(beside.prefix)features.tsv (or genes.tsv) beside \(name)")
    }
    var cells = try Self.cells(barcodes)
    if let labels = beside.labels {
      let more = try Self.annotations(labels, of: cells.names)
      cells.columns += more.filter { column in !cells.columns.contains { $0.name == column.name } }
    }
    rows = cells
    (columns, warnings) = try Self.features(features)
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
    for name in ["matrix.mtx.gz", "matrix.mtx"]
    where FileManager.default.fileExists(atPath: "\(path)/\(name)") {
      return (path, "\(path)/\(name)")
    }
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

  /// Barcodes, a line each, or a table with a header.
  private static func cells(_ path: String) throws(StorageError) -> Table {
    if MarketNames.isTable(path) { return try TableFile.read(path) }
    var names = try GzipText.lines(path).map { line in
      String(line.prefix { $0 != "\t" }).trimmingCharacters(in: CharacterSet(charactersIn: "\" "))
    }
    if let first = names.first?.lowercased(), TextLayout.wordsForSamples.contains(first) {
      names.removeFirst()
    }
    guard !names.isEmpty else { throw StorageError(file: path, problem: "has no cells") }
    return Table(names: names)
  }

  /// Lines of id, name and kind; of a line with one field that is both. Or a table with a header.
  private static func features(_ path: String) throws(StorageError) -> (Table, warnings: [String]) {
    if MarketNames.isTable(path) { return try featureTable(path) }
    var lines = try GzipText.lines(path).map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: CharacterSet(charactersIn: "\" "))
      }
    }
    if let first = lines.first?[0].lowercased(), TextLayout.wordsForGenes.contains(first) {
      lines.removeFirst()
    }
    guard !lines.isEmpty else { throw StorageError(file: path, problem: "has no features") }
    var columns = [NamedColumn("gene_ids", .strings(lines.map { $0[0] }))]
    if lines.allSatisfy({ $0.count >= 3 }) {
      columns.append(FeatureTable.categories("feature_types", lines.map { $0[2] }))
    }
    return FeatureTable.made(
      path, names: lines.map { $0.count > 1 && !$0[1].isEmpty ? $0[1] : $0[0] }, columns: columns)
  }

  /// Parse's table of genes: gene_id, gene_name, genome.
  private static func featureTable(
    _ path: String
  ) throws(StorageError) -> (Table, warnings: [String]) {
    let table = try TableFile.read(path)
    guard table.count > 0 else { throw StorageError(file: path, problem: "has no features") }
    var names = table.names
    if let (codes, words) = table["gene_name"]?.asCategories {
      names = codes.indices.map { codes[$0] < 0 ? table.names[$0] : words[Int(codes[$0])] }
    }
    return FeatureTable.made(
      path, names: names,
      columns: [NamedColumn("gene_ids", .strings(table.names))]
        + table.columns.filter { $0.name != "gene_name" })
  }

  /// A table with a header whose first column has the barcodes, in their order.
  private static func annotations(
    _ path: String, of names: [String]
  ) throws(StorageError) -> [NamedColumn] {
    let table = try TableFile.read(path)
    guard table.count == names.count else {
      throw StorageError(
        file: path,
        problem:
          "has \(table.count) lines after the header, expected \(names.count) (one for each barcode)"
      )
    }
    for (number, name) in table.names.enumerated() where name != names[number] {
      throw StorageError(
        file: path, place: "line \(number + 2)",
        problem: "is about \(name), expected \(names[number]) as in the barcodes")
    }
    return table.columns
  }
}

/// Files beside a matrix that name its cells and features.
struct MarketNames {
  /// What the names of the matrix and of the others begin with.
  let prefix: String
  private let folder: String
  private let stem: String

  init(_ folder: String, matrix name: String) {
    self.folder = folder
    prefix = name.range(of: "matrix.mtx").map { String(name[..<$0.lowerBound]) } ?? ""
    stem = name.range(of: ".mtx").map { String(name[..<$0.lowerBound]) } ?? name
  }

  /// Whether a file is a table with a header rather than a list.
  static func isTable(_ path: String) -> Bool {
    [".csv", ".csv.gz"].contains(where: path.hasSuffix)
  }

  var cells: String? {
    found(["barcodes.tsv", "cells.tsv", "barcodes.txt"])
      ?? ofStem([".barcodes.txt", ".barcodes.tsv", "_barcodes.tsv", "_barcodes.txt", "_rows.txt"])
      ?? found(["cell_metadata.csv", "barcodes.csv"])
  }

  var features: String? {
    found(["features.tsv", "genes.tsv", "features.txt", "genes.txt"])
      ?? ofStem([
        ".genes.txt", ".genes.tsv", ".features.tsv", "_genes.tsv", "_features.tsv", "_genes.txt",
        "_cols.txt",
      ]) ?? found(["all_genes.csv", "genes.csv", "features.csv"])
      ?? shared(["features.tsv", "genes.tsv"])
  }

  var labels: String? {
    found(["labels.tsv", "obs.tsv", "metadata.tsv"]) ?? existing("labels.tsv")
  }

  private func found(_ names: [String]) -> String? {
    names.lazy.compactMap { existing(prefix + $0) }.first
  }

  private func ofStem(_ endings: [String]) -> String? {
    endings.lazy.compactMap { existing(stem + $0) }.first
  }

  private func existing(_ name: String) -> String? {
    [".gz", ""].lazy.map { "\(folder)/\(name)\($0)" }.first {
      FileManager.default.fileExists(atPath: $0)
    }
  }

  /// The only file of the folder that ends so: several matrices may share their features.
  private func shared(_ endings: [String]) -> String? {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let ones = all.filter { name in
      endings.contains { name.hasSuffix($0) || name.hasSuffix($0 + ".gz") }
    }
    return ones.count == 1 ? "\(folder)/\(ones[0])" : nil
  }
}
