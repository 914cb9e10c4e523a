import Foundation
import Modeling

/// A matrix as a table of numbers, plain or gzip: `.tsv`, `.txt`, `.csv`, or GTEx's `.gct`.
///
///     gene      symbol  NA18486  NA18498 …        genes × samples: the first word of the header names
///     ENSG0001  A1BG    6        32               genes, or nothing (as R writes it)
///
///     sample    ENSG0001  ENSG0002 …              samples × genes: it names samples, cells or donors
///     NA18486   6         408
///
///     #1.2                                        gct: two lines more, then as genes × samples
///     20000  31
///     Name  Description  GTEX-OHPL …
///
/// `samples.tsv` and `genes.tsv` in the same folder (also `.gz`), if they have all names, become columns of
/// `obs` and `var`.
struct TextMatrix: Sendable {
  let path: String
  let rows: Table
  let columns: Table
  let notes: [String]
  let pointers: [Int64]
  let sample: [(row: Int, column: Int, value: Double)]
  private let layout: TextLayout

  /// Whether a path names such a file.
  static func isMeant(by path: String) -> Bool {
    let name = path.lowercased()
    return [".tsv", ".txt", ".csv", ".gct"].contains {
      name.hasSuffix($0) || name.hasSuffix($0 + ".gz")
    }
  }

  /// Checks the whole file.
  init(_ path: String) throws(StorageError) {
    self.path = path
    var text = try DelimitedText(path, .usual(for: path))
    let layout = try TextLayout(&text)
    self.layout = layout
    var names: [String] = []
    var descriptions: [[String]] = layout.annotations.map { _ in [] }
    var counts = layout.isTransposed ? [] : [Int64](repeating: 0, count: layout.names.count)
    var sample: [(row: Int, column: Int, value: Double)] = []
    while try text.next() {
      try layout.check(text)
      for (index, field) in layout.annotations.indices.enumerated() {
        descriptions[index].append(text[1 + field])
      }
      if layout.isTransposed { counts.append(0) }
      for column in layout.names.indices {
        let value = try layout.value(column, text)
        guard value != 0 else { continue }
        let (row, gene) =
          layout.isTransposed ? (names.count, column) : (column, names.count)
        counts[row] += 1
        if sample.count < 16_384 { sample.append((row, gene, value)) }
      }
      names.append(text[0])
    }
    if let expected = layout.lineCount, expected != names.count {
      throw StorageError(
        file: path,
        problem:
          "has \(names.count) genes, expected \(expected) as its second line says. Was it cut off?")
    }
    guard !names.isEmpty else {
      throw StorageError(file: path, problem: "has nothing below its header")
    }
    self.sample = sample
    pointers = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    let (samples, genes) =
      layout.isTransposed ? (names, layout.names) : (layout.names, names)
    var notes = layout.notes
    rows = Table(names: samples, columns: try Self.beside("samples", samples, path, &notes))
    let known = zip(layout.annotations, descriptions).map {
      FeatureTable.categories($0, $1)
    }
    let beside = try Self.beside("genes", genes, path, &notes)
    let made = FeatureTable.made(
      path, names: genes,
      columns: known + beside.filter { column in !known.contains { $0.name == column.name } })
    columns = made.0
    notes += made.warnings
    if let (name, first, second) = Duplicates.first(in: samples) {
      throw StorageError(
        file: path, problem: "has the sample \(name) twice (samples \(first + 1) and \(second + 1))"
      )
    }
    self.notes = notes
  }

  /// The columns of `samples.tsv` or `genes.tsv` in the same folder, if it is about these names.
  private static func beside(
    _ what: String, _ names: [String], _ path: String, _ notes: inout [String]
  ) throws(StorageError) -> [NamedColumn] {
    let folder = (path as NSString).deletingLastPathComponent
    for ending in [".tsv", ".tsv.gz"] {
      let beside = (folder as NSString).appendingPathComponent(what + ending)
      guard beside != path, FileManager.default.fileExists(atPath: beside) else { continue }
      if let columns = try TableFile.beside(beside, of: names) {
        return columns
      }
      notes.append("\(beside): lacks some of the names of \(path) and is left out")
    }
    return []
  }
}

extension TextMatrix: CoordinateMatrix {
  var isSorted: Bool { layout.isTransposed }

  func forEachEntry(
    _ body: (_ row: Int, _ column: Int, _ value: Double) throws(StorageError) -> Bool
  ) throws(StorageError) {
    var text = try DelimitedText(path, .usual(for: path))
    _ = try TextLayout(&text)
    var line = 0
    while try text.next() {
      try layout.check(text)
      for column in layout.names.indices {
        let value = try layout.value(column, text)
        guard value != 0 else { continue }
        let goesOn =
          layout.isTransposed ? try body(line, column, value) : try body(column, line, value)
        guard goesOn else { return }
      }
      line += 1
    }
  }
}

/// What the lines of a table of numbers are.
private struct TextLayout: Sendable {
  /// Whether lines are samples rather than genes.
  let isTransposed: Bool
  /// Names of the columns with numbers.
  let names: [String]
  /// Names of the columns with words about the genes, after the first column.
  let annotations: [String]
  /// How many lines there have to be.
  let lineCount: Int?
  let notes: [String]

  private static let wordsForSamples: Set = [
    "sample", "samples", "sample_id", "cell", "cells", "cell_id", "barcode", "barcodes", "donor",
    "individual", "iid", "obs", "run",
  ]
  private static let wordsForGenes: Set = [
    "", "gene", "genes", "gene_id", "gene_ids", "geneid", "feature", "features", "id", "name",
    "symbol", "ensembl", "ensembl_id",
  ]
  private static let wordsAboutGenes: Set = [
    "description", "symbol", "gene_symbol", "gene_name", "chromosome", "chr", "chrom",
  ]

  /// Reads the lines above the numbers.
  init(_ text: inout DelimitedText) throws(StorageError) {
    let path = text.path
    guard try text.next() else { throw StorageError(file: path, problem: "is empty") }
    var size: (lines: Int, columns: Int)?
    if text[0].hasPrefix("#1.") {
      guard text[0] == "#1.2" else {
        throw text.error("is \(text[0]), expected the #1.2 of a GCT file of version 1.2")
      }
      guard try text.next(), text.count >= 2, let lines = Int(text[0]), let columns = Int(text[1])
      else { throw text.error("does not give the numbers of genes and samples, as in a GCT file") }
      size = (lines, columns)
      guard try text.next() else { throw text.error("is missing: a GCT file has a header there") }
    }
    let header = text.all
    let first = header[0].lowercased()
    isTransposed = size == nil && Self.wordsForSamples.contains(first)
    annotations =
      isTransposed
      ? [] : Array(header.dropFirst().prefix { Self.wordsAboutGenes.contains($0.lowercased()) })
    names = Array(header.dropFirst(1 + annotations.count))
    lineCount = size?.lines
    guard !names.isEmpty else {
      throw text.error(
        "has no columns of numbers, expected a header: gene, then samples (or sample, then genes)")
    }
    if let size, size.columns != names.count {
      throw text.error(
        "names \(names.count) samples, expected \(size.columns) as the line above says")
    }
    notes =
      isTransposed || Self.wordsForGenes.contains(first)
      ? []
      : [
        "\(path): the header begins with \"\(header[0])\"; the lines are taken for genes. If they are samples, call that column sample"
      ]
  }

  func check(_ text: borrowing DelimitedText) throws(StorageError) {
    let expected = 1 + annotations.count + names.count
    guard text.count == expected else {
      throw text.error(
        "has \(text.count) fields, expected \(expected) as in the header (whose first column names the lines)"
      )
    }
  }

  /// The number in one of the columns.
  func value(_ column: Int, _ text: borrowing DelimitedText) throws(StorageError) -> Double {
    let field = 1 + annotations.count + column
    if let value = text.number(field) { return value }
    guard text.isMissing(field) else {
      throw text.error("has \"\(text[field].prefix(40))\" for \(names[column]), expected a number")
    }
    return .nan
  }
}
