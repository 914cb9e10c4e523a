/// A tree of named arrays, texts and numbers: what a checkpoint keeps and what a fit file's `uns` holds.
///
/// Any `Codable` value becomes one (`TreeEncoder`) and comes back with the same bits (`TreeDecoder`).
/// Arrays of numbers stay arrays: a decoder's weights are one dataset, not a million.
public enum StoredTree: Sendable, Equatable {
  /// Named members; written in the order of their names.
  case group([String: StoredTree])
  /// Single precision, row-major, of this shape.
  case floats([Float], shape: [Int])
  /// Double precision, row-major, of this shape.
  case doubles([Double], shape: [Int])
  /// 64-bit integers, row-major, of this shape.
  case integers([Int64], shape: [Int])
  /// True and false.
  case flags([Bool])
  /// A list of texts.
  case strings([String])
  /// A text that stands alone.
  case string(String)
  /// One real number.
  case number(Double)
  /// One whole number.
  case integer(Int64)
  /// One truth value.
  case flag(Bool)

  /// The member of that name, if this is a group that has it.
  public subscript(name: String) -> StoredTree? {
    guard case .group(let members) = self else { return nil }
    return members[name]
  }

  /// The node at a path such as `decoder/hidden/0`.
  public func node(at path: String) -> StoredTree? {
    path.split(separator: "/").reduce(self as StoredTree?) { node, name in node?[String(name)] }
  }

  /// What kind of node this is, for messages.
  public var kind: String {
    switch self {
    case .group: "a group"
    case .floats(_, let shape): "single-precision numbers of shape \(shape)"
    case .doubles(_, let shape): "double-precision numbers of shape \(shape)"
    case .integers(_, let shape): "integers of shape \(shape)"
    case .flags(let values): "\(values.count) truth values"
    case .strings(let values): "\(values.count) texts"
    case .string: "a text"
    case .number: "a number"
    case .integer: "an integer"
    case .flag: "a truth value"
    }
  }
}

/// A tree that is not what was expected: where, what was found, what was wanted.
public struct StoredTreeError: Error, Sendable, CustomStringConvertible {
  /// The path of the node, such as `shared/decoder`.
  public let path: String
  /// What is wrong with it.
  public let problem: String

  /// Path and problem in one line.
  public var description: String { "\(path.isEmpty ? "the root" : path): \(problem)" }

  /// An error at a path.
  public init(path: String, problem: String) {
    self.path = path
    self.problem = problem
  }
}
