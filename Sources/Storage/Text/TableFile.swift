public import Modeling

/// Tables in text files: a header, then a line for each name, which stands in the first column; between tabs, commas,
/// semicolons or blanks as in the header, plain or gzip. The header may be one field shorter (R's write.table).
///
/// | The texts of a column are (`ValueText`) | It becomes |
/// |---|---|
/// | whole numbers | `integers` |
/// | numbers | `numbers`, gaps NaN |
/// | others | `categories`, named as written |
///
/// Local.
public enum TableFile {
  /// Reads a table.
  ///
  /// - Parameter isNamed: whether the first column names the lines; otherwise it is a column as the others, and
  ///   the names are the numbers of the lines.
  /// - Throws: `StorageError` where a line has another number of fields than the header, or there is none.
  public static func read(
    _ path: String, isNamed: Bool = true
  ) throws(StorageError) -> Table {
    let lines = try Lines(path)
    let first = isNamed ? 1 : 0
    return Table(
      names: isNamed ? lines.columns[0].map { $0 ?? "" } : lines.numbers.map { "\($0)" },
      columns: lines.header.indices.dropFirst(first).map {
        NamedColumn(lines.header[$0], column(lines.columns[$0]))
      })
  }

  /// Reads a table about some of these names, which may stand in the first column or in the header, as GTEx, tensorQTL and
  /// MatrixEQTL write covariates.
  ///
  /// - Returns: a line for each name, and whether names stood in the header.
  /// - Throws: `StorageError` as ``read(_:isNamed:)``.
  public static func read(
    _ path: String, about known: Set<String>
  ) throws(StorageError) -> (table: Table, isTurned: Bool) {
    let lines = try Lines(path)
    let isTurned =
      !lines.columns[0].contains { $0.map(known.contains) ?? false }
      && lines.header.dropFirst().contains(where: known.contains)
    guard isTurned else { return (try read(path), false) }
    let count = lines.columns[0].count
    return (
      Table(
        names: Array(lines.header.dropFirst()),
        columns: (0..<count).map { line in
          NamedColumn(
            lines.columns[0][line] ?? "\(line + 1)",
            column(lines.columns.dropFirst().map { $0[line] }))
        }), true
    )
  }

  /// A column of the kind that its texts are.
  static func column(_ texts: [String?]) -> Column {
    let known = texts.compactMap { $0 }
    if !known.isEmpty {
      if known.allSatisfy({ ValueText.wholeNumber($0) != nil }) {
        return .integers(texts.map { $0.flatMap(ValueText.wholeNumber) })
      }
      if known.allSatisfy({ ValueText.number($0) != nil }) {
        return .numbers(texts.map { $0.flatMap(ValueText.number) ?? .nan })
      }
    }
    guard let (codes, names) = Column.strings(texts).asCategories else { return .strings(texts) }
    return .categories(codes: codes, names: names, isOrdered: false)
  }

  /// A table beside a file, brought into the order of these names; nil where it lacks one of them.
  static func beside(_ path: String, of names: [String]) throws(StorageError) -> [NamedColumn]? {
    let table = try read(path)
    var places: [String: Int] = [:]
    for (place, name) in table.names.enumerated() where places[name] == nil {
      places[name] = place
    }
    let order = names.compactMap { places[$0] }
    guard order.count == names.count else { return nil }
    return table.selecting(order).columns
  }

  /// All fields of a file, nil where one is missing (but for the first column).
  private struct Lines {
    private(set) var header: [String]
    private(set) var columns: [[String?]]
    /// The line of each, from 1.
    private(set) var numbers: [Int] = []

    init(_ path: String) throws(StorageError) {
      var text = try DelimitedText(path, .told(by: path))
      guard try text.nextHeader() else { throw StorageError(file: path, problem: "is empty") }
      header = text.all
      while header.count > 1, header.last?.isEmpty ?? false { header.removeLast() }
      var isThere = try text.next()
      if isThere, TextLayout.lacksName(header, text) { header.insert("", at: 0) }
      columns = header.map { _ in [] }
      while isThere {
        guard text.hasFields(header.count) else {
          throw text.error("has \(text.count) fields, expected \(header.count) as in the header")
        }
        for field in header.indices {
          columns[field].append(field > 0 && text.isMissing(field) ? nil : text[field])
        }
        numbers.append(text.line)
        isThere = try text.next()
      }
    }
  }
}
