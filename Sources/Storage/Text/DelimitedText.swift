import Foundation

/// Lines of fields between tabs, commas or blanks, one line after the other; plain or gzip.
///
/// Quotes around a field are taken off; a separator inside quotes does not separate.
struct DelimitedText: ~Copyable {
  /// What stands between fields.
  enum Separator {
    /// Exactly one tab: two in a row hold an empty field.
    case tab
    /// Exactly one comma: two in a row hold an empty field.
    case comma
    /// Any number of blanks and tabs.
    case blanks

    /// What files of this name use: `.csv` commas, others tabs.
    static func usual(for path: String) -> Separator {
      let name = path.lowercased()
      return name.hasSuffix(".csv") || name.hasSuffix(".csv.gz") ? .comma : .tab
    }
  }

  let path: String
  private let separator: Separator
  private let keepsQuotes: Bool
  private var text: GzipText
  private var bytes: [UInt8] = []
  private var fields: [Range<Int>] = []
  /// The number of the current line, from 1.
  private(set) var line = 0

  /// Opens a file.
  ///
  /// - Parameter keepsQuotes: whether quotes belong to the fields, as in a GTF file.
  init(
    _ path: String, _ separator: Separator, keepsQuotes: Bool = false
  ) throws(StorageError) {
    self.path = path
    self.keepsQuotes = keepsQuotes
    self.separator = separator
    text = try GzipText(path)
  }

  /// How many fields the current line has.
  var count: Int { fields.count }

  /// Goes to the next line that is not empty; false at the end of the file.
  mutating func next() throws(StorageError) -> Bool {
    repeat {
      line = text.line
      guard try text.nextLine(into: &bytes) else { return false }
    } while bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 }
    split()
    return true
  }

  private mutating func split() {
    fields.removeAll(keepingCapacity: true)
    let end = bytes.count
    var start = 0
    while true {
      if case .blanks = separator {
        while start < end, isBlank(bytes[start]) { start += 1 }
        if start == end { return }
      }
      var place = start
      if !keepsQuotes, start < end, bytes[start] == UInt8(ascii: "\"") {
        place += 1
        while place < end, bytes[place] != UInt8(ascii: "\"") { place += 1 }
        fields.append(start + 1..<max(start + 1, place))
        while place < end, !separates(bytes[place]) { place += 1 }
      } else {
        while place < end, !separates(bytes[place]) { place += 1 }
        fields.append(start..<place)
      }
      if place >= end { return }
      start = place + 1
    }
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private func separates(_ byte: UInt8) -> Bool {
    switch separator {
    case .tab: byte == 0x09
    case .comma: byte == UInt8(ascii: ",")
    case .blanks: isBlank(byte)
    }
  }

  /// A field of the current line.
  subscript(field: Int) -> String { String(decoding: bytes[fields[field]], as: UTF8.self) }

  /// All fields of the current line.
  var all: [String] { fields.indices.map { self[$0] } }

  /// Whether a field says that there is no value: empty, `NA`, `NaN` or a dot.
  func isMissing(_ field: Int) -> Bool {
    let range = fields[field]
    switch range.count {
    case 0: return true
    case 1: return bytes[range.lowerBound] == UInt8(ascii: ".")
    case 2, 3: return ["NA", "NaN", "nan", "N/A"].contains(self[field])
    default: return false
    }
  }

  /// A field as a number; nil where it is none.
  func number(_ field: Int) -> Double? {
    let range = fields[field]
    if range.count > 0, range.count < 16 {
      var whole = 0
      for byte in bytes[range] {
        guard byte >= 0x30, byte <= 0x39 else { return Double(self[field]) }
        whole = 10 * whole + Int(byte - 0x30)
      }
      return Double(whole)
    }
    return Double(self[field])
  }

  /// An error about the current line.
  func error(_ problem: String) -> StorageError {
    StorageError(file: path, place: "line \(line)", problem: problem)
  }
}
