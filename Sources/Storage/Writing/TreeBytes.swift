public import Modeling

/// A tree as bytes, on its way from one rank to another; the same bits come back.
public enum TreeBytes {
  /// The bytes: a tag, then names, shapes and values, members in the order of their names.
  public static func encoded(_ tree: StoredTree) -> [UInt8] {
    var output = Output()
    output.add(tree)
    return output.bytes
  }

  /// The tree.
  ///
  /// - Precondition: `bytes` come from `encoded`.
  public static func decoded(_ bytes: [UInt8]) -> StoredTree {
    var input = Input(bytes: bytes)
    return input.tree()
  }

  private struct Output {
    var bytes: [UInt8] = []

    mutating func add(_ tree: StoredTree) {
      switch tree {
      case .group(let members):
        bytes.append(0)
        add(members.count)
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
          add(name)
          add(member)
        }
      case .floats(let values, let shape): add(1, shape, values)
      case .doubles(let values, let shape): add(2, shape, values)
      case .integers(let values, let shape): add(3, shape, values)
      case .flags(let values): add(4, [values.count], values.map { $0 ? UInt8(1) : 0 })
      case .strings(let texts):
        bytes.append(5)
        add(texts.count)
        for text in texts { add(text) }
      case .string(let text):
        bytes.append(6)
        add(text)
      case .number(let value):
        bytes.append(7)
        add(Int(bitPattern: UInt(value.bitPattern)))
      case .integer(let value):
        bytes.append(8)
        add(Int(value))
      case .flag(let value): bytes += [9, value ? 1 : 0]
      }
    }

    mutating func add(_ number: Int) {
      withUnsafeBytes(of: Int64(number)) { bytes.append(contentsOf: $0) }
    }

    mutating func add(_ text: String) {
      add(text.utf8.count)
      bytes.append(contentsOf: text.utf8)
    }

    mutating func add<Element: BitwiseCopyable>(_ tag: UInt8, _ shape: [Int], _ values: [Element]) {
      bytes.append(tag)
      add(shape.count)
      for extent in shape { add(extent) }
      add(values.count)
      values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
  }

  private struct Input {
    let bytes: [UInt8]
    var position = 0

    mutating func tree() -> StoredTree {
      position += 1
      switch bytes[position - 1] {
      case 0:
        var members: [String: StoredTree] = [:]
        for _ in 0..<number() {
          let name = text()
          members[name] = tree()
        }
        return .group(members)
      case 1:
        let shape = shape()
        return .floats(values(), shape: shape)
      case 2:
        let shape = shape()
        return .doubles(values(), shape: shape)
      case 3:
        let shape = shape()
        return .integers(values(), shape: shape)
      case 4:
        _ = shape()
        return .flags(values(UInt8.self).map { $0 != 0 })
      case 5: return .strings((0..<number()).map { _ in text() })
      case 6: return .string(text())
      case 7: return .number(Double(bitPattern: UInt64(bitPattern: Int64(number()))))
      case 8: return .integer(Int64(number()))
      case 9:
        position += 1
        return .flag(bytes[position - 1] != 0)
      case let tag: preconditionFailure("no tree has the tag \(tag)")
      }
    }

    private mutating func number() -> Int {
      defer { position += 8 }
      return bytes.withUnsafeBytes {
        Int($0.loadUnaligned(fromByteOffset: position, as: Int64.self))
      }
    }

    private mutating func text() -> String {
      let count = number()
      defer { position += count }
      return String(decoding: bytes[position..<position + count], as: UTF8.self)
    }

    private mutating func shape() -> [Int] { (0..<number()).map { _ in number() } }

    private mutating func values<Element: BitwiseCopyable>(
      _ type: Element.Type = Element.self
    ) -> [Element] {
      let count = number()
      let start = position
      position += count * MemoryLayout<Element>.stride
      return [Element](unsafeUninitializedCapacity: count) { out, initialized in
        bytes.withUnsafeBytes {
          UnsafeMutableRawBufferPointer(out).copyMemory(from: .init(rebasing: $0[start..<position]))
        }
        initialized = count
      }
    }
  }
}
