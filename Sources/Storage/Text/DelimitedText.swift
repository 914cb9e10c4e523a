import Foundation
import Modeling

/// Lines of fields between tabs, commas, semicolons or blanks, one line after the other; plain or gzip.
///
/// Quotes around a field are taken off, two in a row inside become one; a separator inside quotes does not separate.
struct DelimitedText: ~Copyable {
  /// What stands between fields.
  enum Separator {
    /// Exactly one tab: two in a row hold an empty field.
    case tab
    /// Exactly one comma: two in a row hold an empty field.
    case comma
    /// Exactly one semicolon: two in a row hold an empty field.
    case semicolon
    /// Any number of blanks and tabs.
    case blanks

    /// What files of this name use: `.csv` commas, others tabs.
    static func usual(for path: String) -> Separator {
      let name = path.lowercased()
      return name.hasSuffix(".csv") || name.hasSuffix(".csv.gz") ? .comma : .tab
    }

    /// What stands between the fields of a file's first line that is no comment: what its name says, if that is there;
    /// else tabs, semicolons, commas or blanks, the first of these that is.
    static func told(by path: String) throws(StorageError) -> Separator {
      let usual = usual(for: path)
      var text = try GzipText(path)
      var bytes: [UInt8] = []
      repeat {
        guard try text.nextLine(into: &bytes) else { return usual }
      } while bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 } || isComment(bytes)
      var isInside = false
      var seen: Set<UInt8> = []
      for byte in bytes {
        if byte == UInt8(ascii: "\"") { isInside.toggle() } else if !isInside { seen.insert(byte) }
      }
      let candidates: [(byte: UInt8, separator: Separator)] = [
        (0x09, .tab), (UInt8(ascii: ";"), .semicolon), (UInt8(ascii: ","), .comma),
        (0x20, .blanks),
      ]
      if candidates.contains(where: { $0.separator == usual && seen.contains($0.byte) }) {
        return usual
      }
      return candidates.first { seen.contains($0.byte) }?.separator ?? usual
    }

    /// Whether a line above the header says something about the file: `##…`, `# …`, or `#1.2` of a GCT file.
    static func isComment(_ bytes: [UInt8]) -> Bool {
      guard bytes.first == UInt8(ascii: "#"), bytes.count > 1 else { return false }
      return [UInt8(ascii: "#"), UInt8(ascii: "!"), 0x20, UInt8(ascii: "1")].contains(bytes[1])
    }
  }

  let path: String
  private let separator: Separator
  private let keepsQuotes: Bool
  private var text: GzipText
  private var bytes: [UInt8] = []
  private var fields: [Range<Int>] = []
  /// Fields with quotes inside.
  private var doubled: Set<Int> = []
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

  /// Goes to the first line that is no comment (`# …`, `##…`); false where there is none.
  mutating func nextHeader() throws(StorageError) -> Bool {
    repeat {
      guard try next() else { return false }
    } while Separator.isComment(bytes) && bytes[1] != UInt8(ascii: "1")
    return true
  }

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
    if !doubled.isEmpty { doubled = [] }
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
        while place < end {
          if bytes[place] != UInt8(ascii: "\"") {
            place += 1
          } else if place + 1 < end, bytes[place + 1] == UInt8(ascii: "\"") {
            doubled.insert(fields.count)
            place += 2
          } else {
            break
          }
        }
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
    case .semicolon: byte == UInt8(ascii: ";")
    case .blanks: isBlank(byte)
    }
  }

  /// A field of the current line.
  subscript(field: Int) -> String {
    let text = String(decoding: bytes[fields[field]], as: UTF8.self)
    return doubled.contains(field) ? text.replacingOccurrences(of: "\"\"", with: "\"") : text
  }

  /// The whole line.
  var whole: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether the line has so many fields, besides empty ones at its end.
  func hasFields(_ expected: Int) -> Bool {
    count == expected || count > expected && fields[expected...].allSatisfy(\.isEmpty)
  }

  /// All fields of the current line.
  var all: [String] { fields.indices.map { self[$0] } }

  /// Whether a field says that there is no value (`ValueText`).
  func isMissing(_ field: Int) -> Bool {
    let count = fields[field].count
    return count == 0 || count < 5 && ValueText.isMissing(self[field])
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
