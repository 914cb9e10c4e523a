import Foundation
import Modeling

/// A matrix as a table of numbers, plain or gzip: `.tsv`, `.txt`, `.csv`, or GTEx's `.gct`.
///
///     gene      symbol  NA18486  NA18498 …        genes × samples: the first word of the header names
///     ENSG0001  A1BG    6        32               genes
///
///     sample    ENSG0001  ENSG0002 …              samples × genes: it names samples, cells or donors
///     NA18486   6         408
///
///     #1.2                                        gct: lines above, then as genes × samples
///     20000  31
///     Name  Description  GTEX-OHPL …
///
/// Where the first word tells neither, or there is none, the names do (Ensembl identifiers, barcodes …), or the user. The
/// header may be one field shorter than the lines (R's write.table), lines of `# …` may stand above it (featureCounts).
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
  /// Whether lines are samples rather than genes.
  private let isTransposed: Bool

  /// Whether a path names such a file.
  static func isMeant(by path: String) -> Bool {
    let name = path.lowercased()
    return [".tsv", ".txt", ".csv", ".gct", ".tab", ".bed", ".counts"].contains {
      name.hasSuffix($0) || name.hasSuffix($0 + ".gz")
    }
  }

  /// Checks the whole file.
  init(_ path: String, orientation: TableOrientation? = nil) throws(StorageError) {
    self.path = path
    var text = try DelimitedText(path, .told(by: path))
    let layout = try TextLayout(&text, asked: orientation)
    self.layout = layout
    let scan = try Scan(&text, layout)
    if let expected = layout.lineCount, expected != scan.names.count {
      throw StorageError(
        file: path,
        problem:
          "has \(scan.names.count) genes, expected \(expected) as its second line says. Was it cut off?"
      )
    }
    guard !scan.names.isEmpty else {
      throw StorageError(file: path, problem: "has nothing below its header")
    }
    let (found, note) = try Self.orientation(layout, scan.names, path)
    isTransposed = found == .cellsByGenes
    var notes = note.map { [$0] } ?? []
    notes += scan.remarks(path, layout, isTransposed: isTransposed)
    let counts = isTransposed ? scan.lineCounts : scan.columnCounts
    pointers = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    let turned = isTransposed
    sample = scan.sample.map {
      turned ? ($0.line, $0.column, $0.value) : ($0.column, $0.line, $0.value)
    }
    let (samples, genes) =
      isTransposed ? (scan.names, layout.names) : (layout.names, scan.names)
    if let (name, first, second) = Duplicates.first(in: samples) {
      throw StorageError(
        file: path, problem: "has the sample \(name) twice (samples \(first + 1) and \(second + 1))"
      )
    }
    func joined(_ own: [NamedColumn], _ beside: [NamedColumn]) -> [NamedColumn] {
      own + beside.filter { column in !own.contains { $0.name == column.name } }
    }
    rows = Table(
      names: samples,
      columns: joined(
        isTransposed ? scan.annotations : layout.sampleColumns,
        try Self.beside("samples", samples, path, &notes)))
    let (table, remarks) = FeatureTable.made(
      path, names: genes,
      columns: joined(
        isTransposed ? [] : scan.annotations, try Self.beside("genes", genes, path, &notes)))
    columns = table
    self.notes = notes + remarks
  }

  /// What the lines are, and a word where names decided it.
  private static func orientation(
    _ layout: TextLayout, _ lines: [String], _ path: String
  ) throws(StorageError) -> (TableOrientation, note: String?) {
    if let told = layout.told { return (told, nil) }
    let names = layout.names
    let some = [lines.prefix(2), names.prefix(2)].map { $0.joined(separator: ", ") }
    guard let found = NameKind.Evidence(lines: lines, header: names).orientation else {
      throw StorageError(
        file: path,
        problem:
          "does not tell whether its lines (\(some[0]), …) or its columns (\(some[1]), …) are the genes: say --orientation genes-by-cells or cells-by-genes, or let the header begin with gene or cell"
      )
    }
    let what = found == .genesByCells ? "genes" : "cells"
    return (
      found,
      "\(path): by their names, the lines (\(some[0]), …) are taken for \(what), the columns (\(some[1]), …) for \(found == .genesByCells ? "cells" : "genes"); --orientation says otherwise"
    )
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
  var isSorted: Bool { isTransposed }

  func forEachEntry(
    _ body: (_ row: Int, _ column: Int, _ value: Double) throws(StorageError) -> Bool
  ) throws(StorageError) {
    var text = try DelimitedText(path, .told(by: path))
    var line = 0
    var isThere = try TextLayout(&text, asked: layout.told).hasLines
    while isThere {
      try layout.check(text)
      for column in layout.names.indices {
        let value = try layout.value(column, text)
        guard value != 0 else { continue }
        let goesOn =
          isTransposed ? try body(line, column, value) : try body(column, line, value)
        guard goesOn else { return }
      }
      line += 1
      isThere = try text.next()
    }
  }
}

/// What one pass over the lines of a table finds.
private struct Scan {
  private(set) var names: [String] = []
  private(set) var annotations: [NamedColumn] = []
  private(set) var lineCounts: [Int64] = []
  private(set) var columnCounts: [Int64]
  private(set) var sample: [(line: Int, column: Int, value: Double)] = []
  private var lineTotals: [Double] = []
  private var columnTotals: [Double]

  init(_ text: inout DelimitedText, _ layout: TextLayout) throws(StorageError) {
    columnCounts = Array(repeating: 0, count: layout.names.count)
    columnTotals = Array(repeating: 0, count: layout.names.count)
    var descriptions: [[String?]] = layout.annotations.map { _ in [] }
    var isThere = layout.hasLines
    while isThere {
      try layout.check(text)
      for (index, field) in layout.annotationFields.enumerated() {
        descriptions[index].append(text.isMissing(field) ? nil : text[field])
      }
      var (count, total) = (Int64(0), 0.0)
      for column in columnCounts.indices {
        let value = try layout.value(column, text)
        guard value != 0 else { continue }
        count += 1
        columnCounts[column] += 1
        if !value.isNaN {
          total += value
          columnTotals[column] += value
        }
        if sample.count < 16_384 { sample.append((names.count, column, value)) }
      }
      lineCounts.append(count)
      lineTotals.append(total)
      names.append(text[layout.nameField])
      isThere = try text.next()
    }
    annotations = zip(layout.annotations, descriptions).map {
      NamedColumn($0, TableFile.column($1))
    }
  }

  /// A word about a sample with far more than all others: it may be none.
  func remarks(_ path: String, _ layout: TextLayout, isTransposed: Bool) -> [String] {
    let totals = isTransposed ? lineTotals : columnTotals
    guard totals.count > 3 else { return [] }
    let order = totals.indices.sorted { totals[$0] > totals[$1] }
    let (most, next) = (totals[order[0]], totals[order[1]])
    guard most > 20 * next, next > 0 else { return [] }
    let name = isTransposed ? names[order[0]] : layout.names[order[0]]
    return [
      "\(path): the sample \(name) has \(Int64(most.rounded())) counts, the next one \(Int64(next.rounded())): is it a column about the genes?"
    ]
  }
}
