import ArgumentParser
import Foundation
import Modeling
import Yams

/// Settings from a YAML or JSON file: a flat list of names and values, the same names as the flags.
struct RunFile {
  /// In the file's order, names with hyphens.
  let entries: [(name: String, value: SettingValue)]

  /// Reads a file.
  ///
  /// - Throws: `ValidationError` with the file's name and, for a syntax error, the place.
  init(path: String) throws {
    let mapping = try Self.members(path: path)
    entries = try mapping.map { key, value in
      guard let name = key.string, let value = Self.value(value) else {
        throw ValidationError("\(path): \(key.string ?? "a member") is no name with a simple value")
      }
      return (String(name.map { $0 == "_" ? "-" : $0 }), value)
    }
  }

  /// The members of a YAML or JSON file.
  ///
  /// - Throws: `ValidationError` with the file's name and, for a syntax error, the place.
  static func members(path: String) throws -> Node.Mapping {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ValidationError("\(path): cannot be read; does it exist?")
    }
    let node: Node?
    do {
      node = try Yams.compose(yaml: String(decoding: data, as: UTF8.self))
    } catch {
      throw ValidationError("\(path): \(error)")
    }
    guard let members = node?.mapping else {
      throw ValidationError("\(path): expected lines of the form \"name: value\"")
    }
    return members
  }

  /// A scalar, or a list of scalars; nil for nested mappings.
  static func value(_ node: Node) -> SettingValue? {
    switch node {
    case .scalar:
      if let value = node.bool { return .flag(value) }
      if let value = node.int { return .integer(value) }
      if let value = node.float { return .number(value) }
      if node.null != nil || node.string == "none" { return .unset }
      return node.string.map { .text($0) }
    case .sequence(let nodes):
      let numbers = nodes.compactMap(\.float)
      if numbers.count == nodes.count { return .numbers(numbers) }
      return .texts(nodes.compactMap(\.string))
    case .mapping, .alias: return nil
    }
  }
}
