import Foundation
public import Modeling
public import Yams

/// Settings from a YAML or JSON file: a flat list of names and values, the same names as the flags.
public enum RunFile {
  /// The settings of a file, in its order, names with hyphens.
  ///
  /// - Throws: `UsageError` with the file's name and, for a syntax error, the place.
  static func assignments(path: String) throws(UsageError) -> [Assignment] {
    var assignments: [Assignment] = []
    for (key, node) in try members(path: path) {
      guard let name = key.string, let value = value(node) else {
        throw UsageError("\(path): \(key.string ?? "a member") is no name with a simple value")
      }
      assignments.append(Assignment(settingName(name), value))
    }
    return assignments
  }

  /// A setting and its value.
  struct Assignment {
    let name: String
    let value: SettingValue

    init(_ name: String, _ value: SettingValue) {
      self.name = name
      self.value = value
    }
  }

  /// The members of a YAML or JSON file.
  ///
  /// - Throws: `UsageError` with the file's name and, for a syntax error, the place.
  public static func members(path: String) throws(UsageError) -> Node.Mapping {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw UsageError("\(path): cannot be read; does it exist?")
    }
    let node: Node?
    do {
      node = try Yams.compose(yaml: String(decoding: data, as: UTF8.self))
    } catch {
      throw UsageError("\(path): \(error)")
    }
    guard let members = node?.mapping else {
      throw UsageError("\(path): expected lines of the form \"name: value\"")
    }
    return members
  }

  /// A scalar, or a list of scalars; nil for nested mappings.
  public static func value(_ node: Node) -> SettingValue? {
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

/// A name as settings have it: underscores become hyphens.
func settingName(_ name: some StringProtocol) -> String {
  String(name.map { $0 == "_" ? "-" : $0 })
}
