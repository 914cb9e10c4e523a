import CDistfitHDF5
import Foundation

/// The bytes of a text file, plain or gzip, one after the other, with the number of the line.
struct GzipText: ~Copyable {
  private let stream: UnsafeMutableRawPointer
  private let path: String
  private let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 18)
  private var position = 0
  private var end = 0
  private var isAtStart = true
  /// The line of the next byte, from 1.
  private(set) var line = 1

  init(_ path: String) throws(StorageError) {
    guard let stream = distfit_gzip_open(path) else {
      let isThere = FileManager.default.fileExists(atPath: path)
      throw StorageError(
        file: path,
        problem: isThere ? "cannot be opened (check its permissions)" : "does not exist")
    }
    self.stream = stream
    self.path = path
  }

  /// Passes the byte-order mark that Windows programs put in front of a text.
  private mutating func skipMark() throws(StorageError) {
    let start = Array(buffer[0..<min(end, 3)])
    if start == [0xef, 0xbb, 0xbf] { position = 3 }
    if start.starts(with: [0xff, 0xfe]) || start.starts(with: [0xfe, 0xff]) {
      throw StorageError(
        file: path,
        problem: "is text in UTF-16. Convert it: iconv -f UTF-16 -t UTF-8 OLD > NEW")
    }
  }

  /// What to do with a text in another encoding.
  static let adviceOnEncoding = "convert it: iconv -f LATIN1 -t UTF-8 OLD > NEW"

  /// - Throws: where a line is not UTF-8: names that differ could then become the same.
  private func requireText(_ bytes: [UInt8], line: Int) throws(StorageError) {
    guard bytes.contains(where: { $0 >= 0x80 }) else { return }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw StorageError(
        file: path, place: "line \(line)", problem: "is not UTF-8; \(Self.adviceOnEncoding)")
    }
  }

  deinit {
    distfit_gzip_close(stream)
    buffer.deallocate()
  }

  /// The next byte without taking it; nil at the end.
  mutating func peek() throws(StorageError) -> UInt8? {
    if position == end {
      errno = 0
      let count = distfit_gzip_read(stream, buffer.baseAddress, UInt32(buffer.count))
      let code = errno
      guard count >= 0 else {
        throw StorageError(
          file: path,
          problem:
            "cannot be read beyond line \(line): \(String(cString: distfit_gzip_error(stream))). Copy it again",
          systemCode: code)
      }
      position = 0
      end = Int(count)
      if isAtStart { try skipMark() }
      isAtStart = false
      if position == end { return nil }
    }
    return buffer[position]
  }

  /// The next bytes, some of them; nil at the end.
  mutating func nextPiece() throws(StorageError) -> Data? {
    guard try peek() != nil, let start = buffer.baseAddress else { return nil }
    defer { position = end }
    return Data(bytes: start + position, count: end - position)
  }

  /// Takes the byte that `peek` gave.
  mutating func advance() {
    if buffer[position] == UInt8(ascii: "\n") { line += 1 }
    position += 1
  }

  /// The rest of the line, without its end; nil at the end of the file.
  mutating func nextLine() throws(StorageError) -> String? {
    var bytes: [UInt8] = []
    guard try nextLine(into: &bytes) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Puts the rest of the line, without its end, in place of `bytes`; false at the end of the file.
  mutating func nextLine(into bytes: inout [UInt8]) throws(StorageError) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    guard try peek() != nil else { return false }
    let number = line
    while try peek() != nil {
      let rest = buffer[position..<end]
      let stop = rest.firstIndex(of: UInt8(ascii: "\n"))
      bytes.append(contentsOf: rest[..<(stop ?? end)])
      position = stop ?? end
      if stop != nil {
        advance()
        break
      }
    }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    try requireText(bytes, line: number)
    return true
  }

  /// Passes blanks, not ends of lines.
  mutating func skipBlanks() throws(StorageError) {
    while let byte = try peek(), byte == 0x20 || byte == 0x09 || byte == 0x0d { advance() }
  }

  /// A number up to the next blank; nil where there is none or something else.
  mutating func number() throws(StorageError) -> Double? {
    try skipBlanks()
    var whole = 0
    var digits = 0
    // Whole numbers of up to 15 digits without the detour of a text.
    while let byte = try peek(), byte >= 0x30, byte <= 0x39, digits < 15 {
      whole = 10 * whole + Int(byte - 0x30)
      digits += 1
      advance()
    }
    let next = try peek() ?? 0x0a
    if digits > 0, next == 0x20 || next == 0x0a || next == 0x09 || next == 0x0d {
      return Double(whole)
    }
    var text = digits > 0 ? "\(whole)" : ""
    while let byte = try peek(), byte > 0x20 {
      text.unicodeScalars.append(Unicode.Scalar(byte))
      advance()
    }
    return Double(text)
  }
}

extension GzipText {
  /// All lines of a small file.
  static func lines(_ path: String) throws(StorageError) -> [String] {
    var text = try GzipText(path)
    var lines: [String] = []
    while let line = try text.nextLine() { lines.append(line) }
    while lines.last?.isEmpty ?? false { lines.removeLast() }
    return lines
  }
}
