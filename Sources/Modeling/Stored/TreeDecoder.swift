/// Turns a `StoredTree` back into the `Codable` value that `TreeEncoder` made it from.
public enum TreeDecoder {
  /// The value that a tree holds.
  ///
  /// - Throws: `StoredTreeError` naming the node that is missing or of another kind.
  public static func decode<Value: Decodable>(_ type: Value.Type, from tree: StoredTree) throws
    -> Value
  {
    try value(type, from: tree, path: [])
  }

  fileprivate static func value<Value: Decodable>(
    _ type: Value.Type, from tree: StoredTree, path: [any CodingKey]
  ) throws -> Value {
    if let arrayType = type as? any StoredAsArray.Type {
      guard let value = arrayType.init(storedTree: tree) as? Value else {
        throw mismatch(path, tree, "an array of \(type)")
      }
      return value
    }
    if let value = arrayValue(type, tree) as? Value { return value }
    return try Value(from: NodeDecoder(tree: tree, codingPath: path))
  }

  private static func arrayValue(_ type: any Decodable.Type, _ tree: StoredTree) -> Any? {
    switch tree {
    case .floats(let values, _) where type == [Float].self: values
    case .floats(let values, shape: []) where type == Float.self: values.first
    case .doubles(let values, _) where type == [Double].self: values
    case .integers(let values, _) where type == [Int64].self: values
    case .integers(let values, _) where type == [Int].self: values.map { Int($0) }
    case .integers(let values, _) where type == [Int32].self: narrow(values, Int32.self)
    case .integers(let values, _) where type == [UInt8].self: narrow(values, UInt8.self)
    case .flags(let values) where type == [Bool].self: values
    case .strings(let values) where type == [String].self: values
    default: nil
    }
  }

  /// The values as smaller numbers; nil where one is beyond them, as in a damaged file.
  private static func narrow<Number: FixedWidthInteger>(
    _ values: [Int64], _ type: Number.Type
  ) -> [Number]? {
    let narrowed = values.compactMap(Number.init(exactly:))
    return narrowed.count == values.count ? narrowed : nil
  }

  fileprivate static func mismatch(
    _ path: [any CodingKey], _ tree: StoredTree?, _ wanted: String
  ) -> StoredTreeError {
    StoredTreeError(
      path: path.map(\.stringValue).joined(separator: "/"),
      problem: "expected \(wanted), found \(tree?.kind ?? "nothing")")
  }
}

private struct IndexKey: CodingKey {
  let stringValue: String
  let intValue: Int?
  init(_ index: Int) {
    stringValue = String(index)
    intValue = index
  }
  init?(stringValue: String) { return nil }
  init?(intValue: Int) { self.init(intValue) }
}

private struct NodeDecoder: Decoder {
  let tree: StoredTree
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .group(let members) = tree else {
      throw TreeDecoder.mismatch(codingPath, tree, "a group")
    }
    return KeyedDecodingContainer(StoredMembers<Key>(members: members, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    // An empty array is one of every type, and was stored as the first that fits.
    if tree.isEmptyArray { return StoredElements(members: [:], codingPath: codingPath) }
    guard case .group(let members) = tree else {
      throw TreeDecoder.mismatch(codingPath, tree, "a group of numbered members")
    }
    return StoredElements(members: members, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer {
    StoredLeaf(tree: tree, codingPath: codingPath)
  }
}

private struct StoredMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let members: [String: StoredTree]
  let codingPath: [any CodingKey]
  var allKeys: [Key] { members.keys.sorted().compactMap(Key.init(stringValue:)) }

  func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }
  func decodeNil(forKey key: Key) -> Bool { !contains(key) }

  private func member(_ key: Key, _ wanted: String) throws -> StoredTree {
    guard let tree = members[key.stringValue] else {
      throw TreeDecoder.mismatch(codingPath + [key], nil, wanted)
    }
    return tree
  }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try TreeDecoder.value(type, from: member(key, "\(type)"), path: codingPath + [key])
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try NodeDecoder(tree: member(key, "a group"), codingPath: codingPath + [key])
      .container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try NodeDecoder(tree: member(key, "a group"), codingPath: codingPath + [key])
      .unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder {
    NodeDecoder(tree: members["super"] ?? .group([:]), codingPath: codingPath)
  }

  func superDecoder(forKey key: Key) throws -> any Decoder {
    NodeDecoder(tree: try member(key, "a value"), codingPath: codingPath + [key])
  }
}

private struct StoredElements: UnkeyedDecodingContainer {
  let members: [String: StoredTree]
  let codingPath: [any CodingKey]
  var currentIndex = 0
  var count: Int? { members.count }
  var isAtEnd: Bool { currentIndex >= members.count }

  private mutating func next(_ wanted: String) throws -> (tree: StoredTree, path: [any CodingKey]) {
    let path = codingPath + [IndexKey(currentIndex)]
    guard let tree = members[String(currentIndex)] else {
      throw TreeDecoder.mismatch(path, nil, wanted)
    }
    currentIndex += 1
    return (tree, path)
  }

  mutating func decodeNil() -> Bool { false }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let (tree, path) = try next("\(type)")
    return try TreeDecoder.value(type, from: tree, path: path)
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    let (tree, path) = try next("a group")
    return try NodeDecoder(tree: tree, codingPath: path).container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    let (tree, path) = try next("a group")
    return try NodeDecoder(tree: tree, codingPath: path).unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder {
    let (tree, path) = try next("a value")
    return NodeDecoder(tree: tree, codingPath: path)
  }
}

private struct StoredLeaf: SingleValueDecodingContainer {
  let tree: StoredTree
  let codingPath: [any CodingKey]

  func decodeNil() -> Bool { false }

  func decode(_ type: Bool.Type) throws -> Bool {
    guard case .flag(let value) = tree else {
      throw TreeDecoder.mismatch(codingPath, tree, "a truth value")
    }
    return value
  }

  func decode(_ type: String.Type) throws -> String {
    guard case .string(let value) = tree else {
      throw TreeDecoder.mismatch(codingPath, tree, "a text")
    }
    return value
  }

  func decode(_ type: Double.Type) throws -> Double {
    switch tree {
    case .number(let value): value
    case .integer(let value): Double(value)
    default: throw TreeDecoder.mismatch(codingPath, tree, "a number")
    }
  }

  func decode(_ type: Float.Type) throws -> Float {
    guard case .floats(let values, _) = tree, values.count == 1 else {
      throw TreeDecoder.mismatch(codingPath, tree, "a single-precision number")
    }
    return values[0]
  }

  private func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
    guard case .integer(let stored) = tree, let value = Value(exactly: stored) else {
      throw TreeDecoder.mismatch(codingPath, tree, "\(type)")
    }
    return value
  }

  func decode(_ type: Int.Type) throws -> Int { try integer(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
  func decode(_ type: UInt.Type) throws -> UInt { UInt(try decode(UInt64.self)) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }

  func decode(_ type: UInt64.Type) throws -> UInt64 {
    guard case .integer(let value) = tree else {
      throw TreeDecoder.mismatch(codingPath, tree, "a 64-bit number")
    }
    return UInt64(bitPattern: value)
  }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try TreeDecoder.value(type, from: tree, path: codingPath)
  }
}

extension StoredTree {
  fileprivate var isEmptyArray: Bool {
    switch self {
    case .floats(let values, _): values.isEmpty
    case .doubles(let values, _): values.isEmpty
    case .integers(let values, _): values.isEmpty
    case .flags(let values): values.isEmpty
    case .strings(let values): values.isEmpty
    case .group, .string, .number, .integer, .flag: false
    }
  }
}
