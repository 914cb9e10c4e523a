import Modeling

/// A MatrixMarket file in coordinates: read through once to check every line, then once more for the rows wanted.
///
///     %%MatrixMarket matrix coordinate integer general
///     % comments
///     features cells entries
///     feature cell value              from 1, in any order
///
/// Source: Boisvert, Pozo, Remington, The Matrix Market Exchange Formats (NISTIR 5935), 1996.
struct MarketMatrix: CoordinateMatrix {
  let path: String
  /// Whether the file's rows are our rows (cells × features) rather than features × cells.
  let isTransposed: Bool
  /// Whether the entries come cell by cell.
  let isSorted: Bool
  /// Whether the entries have no values: all are 1.
  let isPattern: Bool
  let rowCount: Int
  let columnCount: Int
  /// Where the entries of each of our rows start, and the end.
  let pointers: [Int64]
  /// The first values, to tell counts from others.
  let sample: [(row: Int, column: Int, value: Double)]

  /// Checks the whole file.
  init(_ folder: MarketFolder) throws(StorageError) {
    path = folder.matrixPath
    rowCount = folder.rows.count
    columnCount = folder.columns.count
    var text = try GzipText(path)
    let header = try Header(&text, path)
    let shape = (rows: header.rows, columns: header.columns)
    isTransposed =
      shape == (rowCount, columnCount)
      && (shape != (columnCount, rowCount) || folder.isByCells)
    isPattern = header.isPattern
    if !isTransposed {
      let swapped = (features: shape.rows, barcodes: shape.columns)
      guard swapped.features == columnCount else {
        throw StorageError(
          file: path,
          problem:
            "has \(swapped.features) rows, expected \(columnCount) (the lines of features.tsv)")
      }
      guard swapped.barcodes == rowCount else {
        throw StorageError(
          file: path,
          problem:
            "has \(swapped.barcodes) columns, expected \(rowCount) (the lines of barcodes.tsv)")
      }
    }
    var counts = [Int64](repeating: 0, count: rowCount + 1)
    var sample: [(row: Int, column: Int, value: Double)] = []
    var last = 0
    var isSorted = true
    var entries = Entries(header, path: path, isTransposed: isTransposed)
    while let entry = try entries.next(&text) {
      counts[entry.row + 1] += 1
      isSorted = isSorted && entry.row >= last
      last = entry.row
      if sample.count < 16384 { sample.append(entry) }
    }
    for row in 0..<rowCount { counts[row + 1] += counts[row] }
    pointers = counts
    self.sample = sample
    self.isSorted = isSorted
  }

  /// Calls `body` with every entry, in the order of the file, until it returns false.
  func forEachEntry(
    _ body: (_ row: Int, _ column: Int, _ value: Double) throws(StorageError) -> Bool
  ) throws(StorageError) {
    var text = try GzipText(path)
    let header = try Header(&text, path)
    var entries = Entries(header, path: path, isTransposed: isTransposed)
    while let entry = try entries.next(&text) {
      guard try body(entry.row, entry.column, entry.value) else { return }
    }
  }
}

/// Banner and sizes.
private struct Header {
  let rows: Int
  let columns: Int
  let entries: Int
  let isPattern: Bool

  init(_ text: inout GzipText, _ path: String) throws(StorageError) {
    let banner = try text.nextLine() ?? ""
    let words = banner.lowercased().split(separator: " ").map(String.init)
    guard words.count == 5, words[0] == "%%matrixmarket", words[1] == "matrix",
      words[2] == "coordinate", ["integer", "real", "pattern"].contains(words[3]),
      words[4] == "general"
    else {
      throw StorageError(
        file: path, place: "line 1",
        problem:
          "is the banner \"\(banner.prefix(80))\", expected \"%%MatrixMarket matrix coordinate integer (or real, pattern) general\""
      )
    }
    isPattern = words[3] == "pattern"
    var line = try text.nextLine()
    while let comment = line, comment.hasPrefix("%") || comment.allSatisfy(\.isWhitespace) {
      line = try text.nextLine()
    }
    let sizes = (line ?? "").split(whereSeparator: \.isWhitespace).map { Int($0) ?? -1 }
    guard sizes.count == 3, sizes.allSatisfy({ $0 >= 0 }) else {
      throw StorageError(
        file: path, place: "line \(text.line - 1)",
        problem:
          "is \"\((line ?? "").prefix(80))\", expected the numbers of rows, columns and entries")
    }
    (rows, columns, entries) = (sizes[0], sizes[1], sizes[2])
  }
}

/// The entries, one after the other, checked.
private struct Entries {
  let header: Header
  let path: String
  let isTransposed: Bool
  var count = 0

  init(_ header: Header, path: String, isTransposed: Bool) {
    self.header = header
    self.path = path
    self.isTransposed = isTransposed
  }

  /// The next entry; nil after the last.
  mutating func next(
    _ text: inout GzipText
  ) throws(StorageError) -> (row: Int, column: Int, value: Double)? {
    repeat {
      try text.skipBlanks()
      guard let byte = try text.peek() else {
        guard count == header.entries else {
          throw StorageError(
            file: path,
            problem:
              "has \(count) entries, expected \(header.entries) as its size line says. Was it cut off?"
          )
        }
        return nil
      }
      guard byte == 0x0a else { break }
      text.advance()
    } while true
    let line = text.line
    guard count < header.entries else {
      throw error(line, "is one entry more than the \(header.entries) of the size line")
    }
    guard let first = try text.number(), let second = try text.number(),
      let value = header.isPattern ? 1 : try text.number()
    else { throw error(line, "is not two indices and a number") }
    try text.skipBlanks()
    guard try text.peek() ?? 0x0a == 0x0a else {
      throw error(line, "has more than two indices and a number")
    }
    for (index, size, what) in [(first, header.rows, "row"), (second, header.columns, "column")] {
      guard index >= 1, index <= Double(size), index == index.rounded() else {
        throw error(line, "has the \(what) index \(Int(clamping: index)), expected 1 … \(size)")
      }
    }
    count += 1
    let (row, column) = isTransposed ? (first, second) : (second, first)
    return (Int(row) - 1, Int(column) - 1, value)
  }

  private func error(_ line: Int, _ problem: String) -> StorageError {
    StorageError(file: path, place: "line \(line)", problem: problem)
  }
}

extension Int {
  /// The nearest whole number that an integer can be; 0 for NaN.
  fileprivate init(clamping value: Double) {
    self = value.isNaN ? 0 : Int(Swift.max(-0x1p62, Swift.min(0x1p62, value)))
  }
}
