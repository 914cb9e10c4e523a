/// Turns a `Codable` value into a `StoredTree`.
///
/// Arrays of Float, Double, Int, Int32, Int64, Bool and String become one array node; other arrays become groups
/// with members "0", "1", …; optionals that are nil are left out.
public enum TreeEncoder {
  /// The tree of a value.
  ///
  /// - Throws: what the value's own `encode(to:)` throws.
  public static func encode(_ value: some Encodable) throws -> StoredTree {
    try node(value, path: [])
  }

  fileprivate static func node(_ value: some Encodable, path: [any CodingKey]) throws -> StoredTree
  {
    if let array = arrayNode(value) { return array }
    let box = Box()
    try value.encode(to: NodeEncoder(box: box, codingPath: path))
    return box.tree
  }

  private static func arrayNode(_ value: any Encodable) -> StoredTree? {
    switch value {
    case let values as any StoredAsArray: values.storedTree
    case let values as [Float]: .floats(values, shape: [values.count])
    case let values as [Double]: .doubles(values, shape: [values.count])
    case let values as [Int64]: .integers(values, shape: [values.count])
    case let values as [Int]: .integers(values.map(Int64.init), shape: [values.count])
    case let values as [Int32]: .integers(values.map(Int64.init), shape: [values.count])
    case let values as [UInt8]: .integers(values.map(Int64.init), shape: [values.count])
    case let values as [Bool]: .flags(values)
    case let values as [String]: .strings(values)
    case let value as Float: .floats([value], shape: [])
    default: nil
    }
  }
}

/// A type that is one array in a tree: a matrix keeps its shape there.
public protocol StoredAsArray: Codable {
  /// The array node.
  var storedTree: StoredTree { get }
  /// The value of an array node; nil when the node is of another kind or shape.
  init?(storedTree: StoredTree)
}

/// A node under construction, shared by the containers that fill it.
private final class Box {
  var content: Content = .group([:])

  enum Content {
    case group([String: Box])
    case leaf(StoredTree)
  }

  var tree: StoredTree {
    switch content {
    case .leaf(let tree): tree
    case .group(let members): .group(members.mapValues(\.tree))
    }
  }

  func member(_ name: String) -> Box {
    let box = Box()
    insert(box, name)
    return box
  }

  func insert(_ box: Box, _ name: String) {
    guard case .group(var members) = content else {
      preconditionFailure("a node is either a group or a value")
    }
    content = .leaf(.flag(false))  // releases the dictionary, so that it grows in place
    members[name] = box
    content = .group(members)
  }
}

private struct NodeEncoder: Encoder {
  let box: Box
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(Members<Key>(box: box, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    Elements(box: box, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    Leaf(box: box, codingPath: codingPath)
  }
}

private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let box: Box
  let codingPath: [any CodingKey]

  mutating func encodeNil(forKey key: Key) {}

  mutating func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    let member = box.member(key.stringValue)
    member.content = .leaf(try TreeEncoder.node(value, path: codingPath + [key]))
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    NodeEncoder(box: box.member(key.stringValue), codingPath: codingPath + [key])
      .container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    Elements(box: box.member(key.stringValue), codingPath: codingPath + [key])
  }

  mutating func superEncoder() -> any Encoder {
    NodeEncoder(box: box.member("super"), codingPath: codingPath)
  }

  mutating func superEncoder(forKey key: Key) -> any Encoder {
    NodeEncoder(box: box.member(key.stringValue), codingPath: codingPath + [key])
  }
}

private struct Elements: UnkeyedEncodingContainer {
  let box: Box
  let codingPath: [any CodingKey]
  var count = 0

  mutating func next() -> Box {
    defer { count += 1 }
    return box.member(String(count))
  }

  mutating func encodeNil() { count += 1 }

  mutating func encode<Value: Encodable>(_ value: Value) throws {
    next().content = .leaf(try TreeEncoder.node(value, path: codingPath))
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) -> KeyedEncodingContainer<Nested> {
    NodeEncoder(box: next(), codingPath: codingPath).container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    Elements(box: next(), codingPath: codingPath)
  }

  mutating func superEncoder() -> any Encoder {
    NodeEncoder(box: next(), codingPath: codingPath)
  }
}

private struct Leaf: SingleValueEncodingContainer {
  let box: Box
  let codingPath: [any CodingKey]

  mutating func encodeNil() {}
  mutating func encode(_ value: Bool) { box.content = .leaf(.flag(value)) }
  mutating func encode(_ value: String) { box.content = .leaf(.string(value)) }
  mutating func encode(_ value: Double) { box.content = .leaf(.number(value)) }
  mutating func encode(_ value: Float) { box.content = .leaf(.floats([value], shape: [])) }
  mutating func encode(_ value: Int) { box.content = .leaf(.integer(Int64(value))) }
  mutating func encode(_ value: Int8) { box.content = .leaf(.integer(Int64(value))) }
  mutating func encode(_ value: Int16) { box.content = .leaf(.integer(Int64(value))) }
  mutating func encode(_ value: Int32) { box.content = .leaf(.integer(Int64(value))) }
  mutating func encode(_ value: Int64) { box.content = .leaf(.integer(value)) }
  mutating func encode(_ value: UInt) { encode(UInt64(value)) }
  mutating func encode(_ value: UInt8) { box.content = .leaf(.integer(Int64(value))) }
  mutating func encode(_ value: UInt16) { box.content = .leaf(.integer(Int64(value))) }
  mutating func encode(_ value: UInt32) { box.content = .leaf(.integer(Int64(value))) }
  mutating func encode(_ value: UInt64) {
    box.content = .leaf(.integer(Int64(bitPattern: value)))
  }
  mutating func encode<Value: Encodable>(_ value: Value) throws {
    box.content = .leaf(try TreeEncoder.node(value, path: codingPath))
  }
}
