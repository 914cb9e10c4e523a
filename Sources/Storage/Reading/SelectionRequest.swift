import Foundation
import Modeling

/// Which cells and genes of a file take part, and what is added to the cells' annotations.
///
///     cell_type=T|B & n_counts>=500       conditions on columns, all of which have to hold
///     highly_variable                     a column that says true
///     barcodes.txt                        a file of names, a line each
///     AAAC-1,AAAG-1                       names
///
/// In this order: annotations are added, cells and genes are chosen by names or conditions, cells with too few counts go, genes
/// in too few cells go, and so many of the rest of the cells are taken.
public struct SelectionRequest: Sendable, Equatable {
  /// A table whose columns are added to `obs`, by the names of the cells.
  public var annotations: String?
  /// Cells: names, a file of names, or conditions on `obs`; nil: all.
  public var cells: String?
  /// Genes: names, a file of names, or conditions on `var`; nil: all.
  public var genes: String?
  /// Cells with fewer counts are left out.
  public var minimumCounts = 0
  /// Genes counted in fewer cells are left out.
  public var minimumCells = 0
  /// So many cells, or below 1 such a share of them, are drawn; nil: all.
  public var subsample: Double?

  /// A request for every cell and gene of a file.
  public init() {}

  /// Whether everything is taken as it is.
  public var isEverything: Bool { self == SelectionRequest() }

  /// The choice for a file.
  ///
  /// Local; reads the counts once where they decide.
  /// - Returns: how the file is then read, and what was left out, a line each.
  /// - Throws: where a name or condition finds nothing, or nothing is left.
  public func resolved(of data: DataSource) throws -> (reading: ReadingChoice, notes: [String]) {
    var reading = data.reading
    reading.annotations = annotations
    var notes: [String] = []
    var source = data
    source.reading = reading
    let file = try source.open()
    let matrix = try CountSource.matrix(of: file, asked: data.matrix).matrix
    var ignored: [String] = []
    let rows = try file.rows(warnings: &ignored)
    let columns = try file.columns(of: matrix.source, warnings: &ignored)
    var cellChoice = try choice(cells, of: rows, what: "cells", data.path, &notes)
    var geneChoice = try choice(genes, of: columns, what: "genes", data.path, &notes)
    if minimumCounts > 0 || minimumCells > 0 {
      let counted = try counts(of: matrix, cellChoice, geneChoice)
      cellChoice = counted.cells
      geneChoice = counted.genes
    }
    if let subsample { cellChoice = drawn(subsample, of: cellChoice) }
    func isLeft(_ chosen: [Int], of total: Int, _ what: String) throws {
      guard !chosen.isEmpty else {
        throw StorageError(file: data.path, problem: "has no \(what) left after selection")
      }
      if chosen.count < total {
        notes.append("\(data.path): \(chosen.count) of \(total) \(what) are selected")
      }
    }
    try isLeft(cellChoice, of: rows.count, "cells")
    try isLeft(geneChoice, of: columns.count, "genes")
    if cellChoice.count < rows.count { reading.rows = cellChoice }
    if geneChoice.count < columns.count {
      let all = try file.chosenColumns(of: matrix.source)
      reading.columns = geneChoice.map { all?[$0] ?? $0 }
      reading.columnsAreRaw = matrix.source == .raw
    }
    return (reading, notes)
  }

  /// Cells and genes that are counted often enough.
  private func counts(
    of matrix: StoredMatrix, _ cells: [Int], _ genes: [Int]
  ) throws(StorageError) -> (cells: [Int], genes: [Int]) {
    var isGene = [Bool](repeating: false, count: matrix.columnCount)
    for gene in genes { isGene[gene] = true }
    var isCell = [Bool](repeating: false, count: matrix.rowCount)
    for cell in cells { isCell[cell] = true }
    var seen = [Int](repeating: 0, count: matrix.columnCount)
    let least = minimumCounts
    _ = try matrix.forEachRowOfCounts(in: [0..<matrix.rowCount]) { row, columns, counts in
      guard isCell[row] else { return }
      var total = 0
      for (column, count) in zip(columns, counts) where isGene[Int(column)] { total += Int(count) }
      guard total >= least else { return isCell[row] = false }
      for column in columns { seen[Int(column)] += 1 }
    }
    return (
      cells.filter { isCell[$0] }, genes.filter { seen[$0] >= minimumCells }
    )
  }

  /// Some of the cells, the same in every run, in their order.
  private func drawn(_ amount: Double, of cells: [Int]) -> [Int] {
    let count = amount < 1 ? Int((amount * Double(cells.count)).rounded()) : Int(amount)
    guard count < cells.count else { return cells }
    // The order of hashes of places: as good as random, and no cell's depends on which others are there.
    let keyed = cells.map { cell -> (key: UInt64, cell: Int) in
      var hash = Fingerprint()
      hash.add("subsample")
      hash.add(cell)
      // FNV mixes its low bits well and its high ones badly.
      var key = hash.value
      key = (key ^ (key >> 33)) &* 0xff51_afd7_ed55_8ccd
      key = (key ^ (key >> 33)) &* 0xc4ce_b9fe_1a85_ec53
      return (key ^ (key >> 33), cell)
    }
    return keyed.sorted { ($0.key, $0.cell) < ($1.key, $1.cell) }.prefix(count).map(\.cell).sorted()
  }

  /// The places that a word chooses among the rows of a table.
  private func choice(
    _ word: String?, of table: Table, what: String, _ path: String, _ notes: inout [String]
  ) throws -> [Int] {
    guard let word else { return Array(0..<table.count) }
    if !FileManager.default.fileExists(atPath: word) {
      if let conditions = try RowConditions(word, of: table, what: what) {
        return (0..<table.count).filter(conditions.hold)
      }
    }
    let wanted =
      FileManager.default.fileExists(atPath: word)
      ? try FeatureSets.names(word) : word.split(separator: ",").map(String.init)
    let names = Set(wanted)
    let stems = Set(wanted.map(GeneName.withoutVersion))
    let others = what == "genes" ? table.identifiers : []
    let chosen = table.names.indices.filter { row in
      let name = table.names[row]
      return names.contains(name)
        || what == "genes"
          && (stems.contains(GeneName.withoutVersion(name))
            || others.contains {
              $0[row].map { stems.contains(GeneName.withoutVersion($0)) } ?? false
            })
    }
    guard !chosen.isEmpty else {
      throw StorageError(
        file: path,
        problem:
          "has none of the \(names.count) \(what) asked for (first: \(wanted.first ?? ""), there: \(table.names.first ?? "none"))"
      )
    }
    if chosen.count < names.count {
      notes.append(
        "\(path): \(names.count - chosen.count) of \(names.count) \(what) asked for are not there")
    }
    return chosen
  }
}

/// Conditions on the columns of a table.
private struct RowConditions {
  private let tests: [(Int) -> Bool]

  /// Nil where a text is no condition.
  ///
  /// - Throws: `ModelError` where it names a column that is not there or cannot be compared.
  init?(_ text: String, of table: Table, what: String) throws(ModelError) {
    var tests: [(Int) -> Bool] = []
    let parts = text.replacingOccurrences(of: " and ", with: "&").split(separator: "&")
    for part in parts {
      let part = part.trimmingCharacters(in: .whitespaces)
      let operators = ["==", "!=", ">=", "<=", "=", ">", "<"]
      let found = operators.compactMap { sign in
        part.range(of: sign).map { (sign: sign, range: $0) }
      }.min { left, right in
        (left.range.lowerBound, -left.sign.count) < (right.range.lowerBound, -right.sign.count)
      }
      guard let found else {
        // A column of true and false.
        guard case .flags(let flags)? = table[part] else {
          if tests.isEmpty, parts.count == 1 { return nil }
          throw ModelError("--\(what): \"\(part)\" is no condition, expected column=value")
        }
        tests.append { flags[$0] ?? false }
        continue
      }
      let name = part[..<found.range.lowerBound].trimmingCharacters(in: .whitespaces)
      let value = part[found.range.upperBound...].trimmingCharacters(
        in: CharacterSet(charactersIn: " \"'"))
      guard let column = table[name] else {
        let known = table.columns.map(\.name)
        let nearest = nearestName(to: name, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
        throw ModelError(
          "--\(what): there is no column \"\(name)\"\(nearest) (there are: \(known.joined(separator: ", ")))"
        )
      }
      tests.append(try Self.test(column, found.sign, value, "--\(what): \"\(name)\""))
    }
    guard !tests.isEmpty else { return nil }
    self.tests = tests
  }

  func hold(_ row: Int) -> Bool { tests.allSatisfy { $0(row) } }

  private static func test(
    _ column: Column, _ sign: String, _ value: String, _ place: String
  ) throws(ModelError) -> (Int) -> Bool {
    let isEquality = ["==", "=", "!="].contains(sign)
    let number = ValueText.number(value)
    var numbers: [Double]?
    switch column {
    case .numbers(let values): numbers = values
    case .integers(let values): numbers = values.map { $0.map(Double.init) ?? .nan }
    default: break
    }
    if let numbers, let number {
      switch sign {
      case "==", "=": return { numbers[$0] == number }
      case "!=": return { numbers[$0] != number && !numbers[$0].isNaN }
      case ">=": return { numbers[$0] >= number }
      case "<=": return { numbers[$0] <= number }
      case ">": return { numbers[$0] > number }
      default: return { numbers[$0] < number }
      }
    }
    guard isEquality, let (codes, names) = column.asCategories else {
      throw ModelError("\(place) cannot be compared with \(value) by \(sign)")
    }
    let wanted = Set(value.split(separator: "|").map { ValueText.level(String($0)) })
    let isWanted = names.map { wanted.contains(ValueText.level($0)) }
    guard sign == "!=" || isWanted.contains(true) else {
      throw ModelError(
        "\(place) is never \(value); it has \(names.prefix(8).joined(separator: ", "))")
    }
    return { codes[$0] >= 0 && isWanted[Int(codes[$0])] != (sign == "!=") }
  }
}
