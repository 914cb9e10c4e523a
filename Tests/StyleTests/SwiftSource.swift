/// A Swift file as the rules read it: its lines, and its code with comments and texts blanked out.
struct SwiftSource: CustomStringConvertible {
  let path: String
  let lines: [String]
  /// The file's bytes; those of comments and string literals are blanks, line ends stay.
  let code: [UInt8]

  var description: String { path }

  init(_ file: Repository.File) {
    path = file.path
    lines = file.lines
    code = Self.masked(Array(file.lines.joined(separator: "\n").utf8))
  }

  /// The part that a finding counts for: `Models/DGD`, `kernels`, otherwise the target.
  var part: String {
    if isKernel { return "kernels" }
    let folders = path.split(separator: "/").dropFirst().dropLast()
    let length = folders.first == "Models" ? 2 : 1
    return folders.prefix(length).joined(separator: "/")
  }

  /// Whether the file is a kernel or a shim, whose functions take what the machine needs.
  var isKernel: Bool {
    path.contains("/Kernel") || path.contains("/BLAS")
  }

  /// The line of a place in `code`, from 1.
  func line(at place: Int) -> Int {
    code.withUnsafeBufferPointer { code in
      code[..<place].reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
    }
  }

  // MARK: - Comments and texts

  private static func masked(_ bytes: [UInt8]) -> [UInt8] {
    var code = bytes
    var place = 0
    while place < bytes.count {
      var end = place + 1
      switch bytes[place] {
      case UInt8(ascii: "/") where end < bytes.count && bytes[end] == bytes[place]:
        while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      case UInt8(ascii: "\""):
        end = isTripleQuote(bytes, place) ? place + 3 : endOfText(bytes, place)
        if end == place + 3, isTripleQuote(bytes, place) {
          while end < bytes.count, !isTripleQuote(bytes, end) { end += 1 }
          end = min(end + 3, bytes.count)
        }
      default:
        place = end
        continue
      }
      for index in place..<end where code[index] != UInt8(ascii: "\n") {
        code[index] = UInt8(ascii: " ")
      }
      place = end
    }
    return code
  }

  private static func isTripleQuote(_ bytes: [UInt8], _ place: Int) -> Bool {
    place + 2 < bytes.count && bytes[place..<place + 3].allSatisfy { $0 == UInt8(ascii: "\"") }
  }

  /// The place behind a text that begins here; interpolations may hold texts of their own.
  private static func endOfText(_ bytes: [UInt8], _ start: Int) -> Int {
    var place = start + 1
    while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
      guard bytes[place] == UInt8(ascii: "\\"), place + 1 < bytes.count else {
        place += 1
        continue
      }
      place += 2
      guard bytes[place - 1] == UInt8(ascii: "(") else { continue }
      var depth = 1
      while place < bytes.count, depth > 0 {
        switch bytes[place] {
        case UInt8(ascii: "("): depth += 1
        case UInt8(ascii: ")"): depth -= 1
        case UInt8(ascii: "\""): place = endOfText(bytes, place) - 1
        default: break
        }
        place += 1
      }
    }
    return min(place + 1, bytes.count)
  }
}

// MARK: - Documents

extension SwiftSource {
  /// A document: the comment lines with three slashes in one piece.
  struct Document {
    let line: Int
    let text: String
  }

  var documents: [Document] {
    var documents: [Document] = []
    var current: (line: Int, words: [String])?
    for (index, line) in lines.enumerated() {
      let text = line.drop { $0 == " " }
      if text.hasPrefix("///") {
        let words = String(text.dropFirst(3)).split(separator: " ").map(String.init)
        current = (current?.line ?? index + 1, (current?.words ?? []) + words)
      } else if let (start, words) = current {
        documents.append(Document(line: start, text: words.joined(separator: " ")))
        current = nil
      }
    }
    return documents
  }
}

// MARK: - Functions

extension SwiftSource {
  /// A function, initialiser or subscript.
  struct Function {
    let name: String
    let line: Int
    let parameterCount: Int
    /// Lines from the keyword to the closing brace; 0 for a requirement without a body.
    let lineCount: Int
  }

  var functions: [Function] {
    var functions: [Function] = []
    var start = 0
    for line in code.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      defer { start += line.count + 1 }
      guard let keyword = Self.declaration(line) else { continue }
      if let function = function(keyword.name, at: start + keyword.place) {
        functions.append(function)
      }
    }
    return functions
  }

  /// The name and the place of a function that begins in this line, behind its modifiers.
  private static func declaration(_ line: ArraySlice<UInt8>) -> (name: String, place: Int)? {
    var isFunction = false
    for word in line.split(separator: UInt8(ascii: " ")) {
      let place = word.startIndex - line.startIndex
      let name = word.prefix { ![UInt8(ascii: "("), UInt8(ascii: "<")].contains($0) }
      let text = String(decoding: name, as: UTF8.self)
      if isFunction { return (text, place + name.count) }
      if text == "func" {
        isFunction = true
      } else if ["init", "init?", "subscript"].contains(text) {
        return name.count < word.count ? (text, place + name.count) : nil
      } else if word.first != UInt8(ascii: "@"), !modifiers.contains(text) {
        return nil
      }
    }
    return nil
  }

  private static let modifiers: Set<String> = [
    "public", "package", "private", "fileprivate", "internal", "static", "class", "final",
    "borrowing", "consuming", "mutating", "nonmutating", "required", "convenience", "override",
    "nonisolated", "indirect",
  ]

  private func function(_ name: String, at start: Int) -> Function? {
    guard let open = open(from: start) else { return nil }
    let close = partner(of: open)
    var count = code[(open + 1)..<close].allSatisfy { $0 == 32 || $0 == 10 } ? 0 : 1
    var depth = 0
    for place in open + 1..<max(close, open + 1) {
      switch code[place] {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "<"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: ">") where code[place - 1] != UInt8(ascii: "-"): depth -= 1
      case UInt8(ascii: ",") where depth == 0: count += 1
      default: break
      }
    }
    let first = line(at: start)
    let last = body(after: close).map { line(at: partner(of: $0)) }
    return Function(
      name: name, line: first, parameterCount: count,
      lineCount: last.map { $0 - first + 1 } ?? 0)
  }

  /// The parenthesis of the parameters, behind generic parameters.
  private func open(from start: Int) -> Int? {
    var (place, depth) = (start, 0)
    while place < code.count {
      switch code[place] {
      case UInt8(ascii: "<"): depth += 1
      case UInt8(ascii: ">") where code[place - 1] != UInt8(ascii: "-"): depth -= 1
      case UInt8(ascii: "(") where depth == 0: return place
      default: break
      }
      place += 1
    }
    return nil
  }

  /// The closing partner of a bracket.
  private func partner(of open: Int) -> Int {
    let opening = code[open]
    let closing = opening == UInt8(ascii: "(") ? UInt8(ascii: ")") : UInt8(ascii: "}")
    var depth = 0
    for place in open..<code.count {
      if code[place] == opening { depth += 1 }
      if code[place] == closing { depth -= 1 }
      if depth == 0 { return place }
    }
    return code.count - 1
  }

  /// The brace that opens the body; nil for a requirement of a protocol.
  private func body(after close: Int) -> Int? {
    var place = close + 1
    while place < code.count {
      switch code[place] {
      case UInt8(ascii: "{"): return place
      case UInt8(ascii: "}"): return nil
      case UInt8(ascii: "("): place = partner(of: place)
      case UInt8(ascii: "\n"):
        // A signature goes on with an arrow, a clause or the brace; all else is the next declaration.
        let next = code[(place + 1)...].drop { $0 == 32 }
        let goesOn = ["{", "->", "where", "throws", "rethrows", "async", ")"].contains {
          next.starts(with: Array($0.utf8))
        }
        if !goesOn { return nil }
      default: break
      }
      place += 1
    }
    return nil
  }
}
