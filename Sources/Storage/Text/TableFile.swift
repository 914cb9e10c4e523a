public import Modeling

/// Tables in text files: a header, then a line for each name, which stands in the first column; tabs (or commas
/// in a `.csv`), plain or gzip.
///
/// | The values of a column are | It becomes |
/// |---|---|
/// | whole numbers | `integers` |
/// | numbers | `numbers`, gaps NaN |
/// | others | `categories` |
///
/// Gaps: empty, `NA`, `NaN`, `.`.
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
    var text = try DelimitedText(path, .usual(for: path))
    guard try text.next() else { throw StorageError(file: path, problem: "is empty") }
    let header = text.all
    var names: [String] = []
    var values: [[String?]] = Array(repeating: [], count: header.count - (isNamed ? 1 : 0))
    while try text.next() {
      guard text.count == header.count else {
        throw text.error("has \(text.count) fields, expected \(header.count) as in the header")
      }
      names.append(isNamed ? text[0] : "\(text.line)")
      for (column, field) in zip(values.indices, (isNamed ? 1 : 0)...) {
        values[column].append(text.isMissing(field) ? nil : text[field])
      }
    }
    return Table(
      names: names,
      columns: zip(header.dropFirst(isNamed ? 1 : 0), values).map { NamedColumn($0, column($1)) })
  }

  /// A column of the kind that its texts are.
  static func column(_ texts: [String?]) -> Column {
    let known = texts.compactMap { $0 }
    if !known.isEmpty {
      if known.allSatisfy({ Int64($0) != nil }) {
        return .integers(texts.map { $0.flatMap { Int64($0) } })
      }
      if known.allSatisfy({ Double($0) != nil }) {
        return .numbers(texts.map { $0.flatMap { Double($0) } ?? .nan })
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
}
