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

  /// Reads a table about some of these names, whichever way it lies.
  ///
  /// A line for each, named in the first column; a column for each, as GTEx, tensorQTL and Matrix eQTL write covariates;
  /// or a line for each whose family comes first and whose name second, as in PLINK's files. That of the most known
  /// names is taken, the first of equals.
  ///
  /// - Returns: a line for each name, and whether names stood in the header.
  /// - Throws: `StorageError` as ``read(_:isNamed:)``.
  public static func read(
    _ path: String, about known: Set<String>
  ) throws(StorageError) -> (table: Table, isTurned: Bool) {
    let lines = try Lines(path)
    func count(_ names: some Sequence<String?>) -> Int {
      names.count { $0.map(known.contains) ?? false }
    }
    let first = count(lines.columns[0])
    let second = lines.columns.count > 1 ? count(lines.columns[1]) : 0
    let header = count(lines.header.dropFirst().map { Optional($0) })
    if header > first, header >= second {
      return (
        Table(
          names: Array(lines.header.dropFirst()),
          columns: lines.columns[0].indices.map { line in
            NamedColumn(
              lines.columns[0][line] ?? "\(line + 1)",
              column(lines.columns.dropFirst().map { $0[line] }))
          }), true
      )
    }
    guard second > first else { return (try read(path), false) }
    return (
      Table(
        names: lines.columns[1].map { $0 ?? "" },
        columns: lines.header.indices.dropFirst(2).map {
          NamedColumn(lines.header[$0], column(lines.columns[$0]))
        }), false
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
