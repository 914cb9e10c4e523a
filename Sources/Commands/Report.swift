import Foundation

/// How a result is printed.
public enum ReportFormat: String, CaseIterable, Sendable {
  /// For a person.
  case text
  /// For a program: a member a section, records as objects, tables as arrays of objects.
  case json
  /// For a spreadsheet: a header line and a line a row, sections apart by an empty line.
  case tsv
}

/// The result of a command, to be printed for a person or for a program: records and tables.
public struct Report: Sendable {
  /// A value of a record or table.
  public enum Value: Sendable, Equatable {
    /// Words of any kind.
    case text(String)
    /// A whole number.
    case integer(Int)
    /// A real number, and as a person reads it.
    case number(Double, String)
    /// Yes or no.
    case flag(Bool)
    /// Nothing is known.
    case missing
  }

  fileprivate struct Section {
    let name: String
    let isRecord: Bool
    let columns: [String]
    let rows: [[Value]]
    let text: String?
  }

  private var sections: [Section] = []

  /// A result without sections.
  public init() {}

  /// Adds a table.
  ///
  /// - Parameters:
  ///   - name: its member in JSON.
  ///   - text: what a person reads; nil: the columns between tabs.
  /// - Precondition: every row has as many values as there are columns.
  public mutating func addTable(
    _ name: String, columns: [String], rows: [[Value]], text: String? = nil
  ) {
    precondition(rows.allSatisfy { $0.count == columns.count })
    sections.append(
      Section(name: name, isRecord: false, columns: columns, rows: rows, text: text))
  }

  /// Adds names with values.
  ///
  /// - Parameters:
  ///   - name: its member in JSON.
  ///   - text: what a person reads; nil: names and values between tabs.
  public mutating func addRecord(
    _ name: String, _ members: KeyValuePairs<String, Value>, text: String? = nil
  ) {
    addRecord(name, members.map { $0 }, text: text)
  }

  /// Adds names with values that are known only when the program runs.
  public mutating func addRecord(
    _ name: String, _ members: [(key: String, value: Value)], text: String? = nil
  ) {
    sections.append(
      Section(
        name: name, isRecord: true, columns: members.map(\.key), rows: [members.map(\.value)],
        text: text))
  }

  /// The result in a format, with a line feed at its end.
  public func text(as format: ReportFormat) -> String {
    switch format {
    case .text: sections.map { $0.text ?? $0.lines { $0.words } }.joined(separator: "\n") + "\n"
    case .tsv: sections.map { $0.lines { $0.plain } }.joined(separator: "\n\n") + "\n"
    case .json: json + "\n"
    }
  }

  private var json: String {
    let whole: Any =
      sections.count == 1
      ? sections[0].object
      : Dictionary(sections.map { ($0.name, $0.object) }, uniquingKeysWith: { first, _ in first })
    let data = try? JSONSerialization.data(
      withJSONObject: whole, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    return String(decoding: data ?? Data("null".utf8), as: UTF8.self)
  }
}

extension Report.Section {
  fileprivate func lines(_ show: (Report.Value) -> String) -> String {
    if isRecord {
      return zip(columns, rows[0]).map { "\($0)\t\(show($1))" }.joined(separator: "\n")
    }
    let lines = [columns] + rows.map { $0.map(show) }
    return lines.map { $0.joined(separator: "\t") }.joined(separator: "\n")
  }

  fileprivate var object: Any {
    let objects = rows.map { row in
      Dictionary(zip(columns, row.map(\.object)), uniquingKeysWith: { first, _ in first })
    }
    return isRecord ? objects[0] : objects
  }
}

extension Report.Value {
  /// Words, or nothing.
  public init(_ text: String?) { self = text.map { .text($0) } ?? .missing }

  /// A whole number, or nothing.
  public init(_ number: Int?) { self = number.map { .integer($0) } ?? .missing }

  /// A real number as it is.
  public static func number(_ value: Double) -> Report.Value { .number(value, "\(value)") }

  /// As a person reads it.
  public var words: String {
    if case .number(_, let text) = self { return text }
    return plain
  }

  fileprivate var plain: String {
    switch self {
    case .text(let text): text
    case .integer(let number): "\(number)"
    case .number(let number, _): "\(number)"
    case .flag(let flag): flag ? "true" : "false"
    case .missing: ""
    }
  }

  /// JSON has no NaN and no infinity: such numbers are null.
  fileprivate var object: Any {
    switch self {
    case .text(let text): text
    case .integer(let number): number
    case .number(let number, _): number.isFinite ? number as Any : NSNull()
    case .flag(let flag): flag
    case .missing: NSNull()
    }
  }
}
