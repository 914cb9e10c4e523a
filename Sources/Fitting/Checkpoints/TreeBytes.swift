package import Modeling

/// A `StoredTree` as bytes, for checkpoints: the same tree gives the same bytes.
///
///     node    = kind, content
///     group   = count, then (name, node) in the order of the names
///     array   = number of axes, their lengths, number of values, the values
///     text    = number of bytes, UTF-8
///
/// Numbers and counts are little-endian, 8 bytes wide but for Float (4), kinds and flags (1). Nothing is
/// aligned. HDF5 would do as well; but a checkpoint is written by one process in one pass, and a file
/// without library state has nothing to lose when the process is killed.
package enum TreeBytes {
  enum Kind: UInt8 {
    case group, floats, doubles, integers, flags, strings, string, number, integer, flag
  }

  /// The bytes of a tree.
  package static func encode(_ tree: StoredTree) -> [UInt8] {
    var writer = TreeWriter()
    writer.write(tree)
    return writer.bytes
  }

  /// The tree of these bytes.
  ///
  /// - Throws: `StoredTreeError` where the bytes are no tree.
  package static func decode(_ bytes: [UInt8]) throws(StoredTreeError) -> StoredTree {
    var reader = TreeReader(bytes: bytes)
    let tree = try reader.tree()
    guard reader.isAtEnd else { throw reader.error("there are bytes behind the end") }
    return tree
  }
}

// MARK: - Writing

private struct TreeWriter {
  var bytes: [UInt8] = []

  mutating func write(_ tree: StoredTree) {
    switch tree {
    case .group(let members):
      write(.group)
      write(members.count)
      for (name, member) in members.sorted(by: { $0.key < $1.key }) {
        write(name)
        write(member)
      }
    case .floats(let values, let shape): write(.floats, values, shape)
    case .doubles(let values, let shape): write(.doubles, values, shape)
    case .integers(let values, let shape): write(.integers, values, shape)
    case .flags(let values):
      write(.flags)
      write(values.count)
      bytes.append(contentsOf: values.map { $0 ? 1 : 0 })
    case .strings(let values):
      write(.strings)
      write(values.count)
      for value in values { write(value) }
    case .string(let value):
      write(.string)
      write(value)
    case .number(let value):
      write(.number)
      write(Int(truncatingIfNeeded: value.bitPattern))
    case .integer(let value):
      write(.integer)
      write(Int(value))
    case .flag(let value):
      write(.flag)
      bytes.append(value ? 1 : 0)
    }
  }

  private mutating func write(_ kind: TreeBytes.Kind) { bytes.append(kind.rawValue) }

  private mutating func write(_ number: Int) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private mutating func write(_ text: String) {
    write(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func write<Value: BitwiseCopyable>(
    _ kind: TreeBytes.Kind, _ values: [Value], _ shape: [Int]
  ) {
    write(kind)
    write(shape.count)
    for length in shape { write(length) }
    write(values.count)
    values.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }
}

// MARK: - Reading

private struct TreeReader {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { position == bytes.count }

  func error(_ problem: String) -> StoredTreeError {
    StoredTreeError(path: "byte \(position)", problem: problem)
  }

  mutating func tree() throws(StoredTreeError) -> StoredTree {
    guard let kind = TreeBytes.Kind(rawValue: try byte()) else {
      throw error("this is no kind of node")
    }
    switch kind {
    case .group:
      var members: [String: StoredTree] = [:]
      for _ in 0..<(try count(ofWidth: 9)) {
        let name = try text()
        members[name] = try tree()
      }
      return .group(members)
    case .floats:
      let shape = try shape()
      return .floats(try values(), shape: shape)
    case .doubles:
      let shape = try shape()
      return .doubles(try values(), shape: shape)
    case .integers:
      let shape = try shape()
      return .integers(try values(), shape: shape)
    case .flags:
      let flags: [UInt8] = try values()
      return .flags(flags.map { $0 != 0 })
    case .strings:
      var texts: [String] = []
      for _ in 0..<(try count(ofWidth: 8)) { texts.append(try text()) }
      return .strings(texts)
    case .string: return .string(try text())
    case .number: return .number(Double(bitPattern: UInt64(bitPattern: Int64(try number()))))
    case .integer: return .integer(Int64(try number()))
    case .flag: return .flag(try byte() != 0)
    }
  }

  private mutating func byte() throws(StoredTreeError) -> UInt8 {
    guard position < bytes.count else { throw error("the end is missing") }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func number() throws(StoredTreeError) -> Int {
    let one: [Int] = try values(count: 1)
    return Int(littleEndian: one[0])
  }

  /// A number of things that take at least `width` bytes each.
  private mutating func count(ofWidth width: Int) throws(StoredTreeError) -> Int {
    let count = try number()
    guard count >= 0, count <= (bytes.count - position) / width else {
      throw error("\(count) things do not fit in the rest")
    }
    return count
  }

  private mutating func shape() throws(StoredTreeError) -> [Int] {
    try values(count: try count(ofWidth: 8))
  }

  private mutating func text() throws(StoredTreeError) -> String {
    let utf8: [UInt8] = try values()
    return String(decoding: utf8, as: UTF8.self)
  }

  private mutating func values<Value: BitwiseCopyable>() throws(StoredTreeError) -> [Value] {
    try values(count: try count(ofWidth: MemoryLayout<Value>.size))
  }

  private mutating func values<Value: BitwiseCopyable>(
    count: Int
  ) throws(StoredTreeError) -> [Value] {
    let length = count * MemoryLayout<Value>.size
    guard length <= bytes.count - position else { throw error("the end is missing") }
    defer { position += length }
    return bytes.withUnsafeBytes { source in
      Array(unsafeUninitializedCapacity: count) { values, initializedCount in
        UnsafeMutableRawBufferPointer(values).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: source[position..<position + length]))
        initializedCount = count
      }
    }
  }
}
