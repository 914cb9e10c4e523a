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
      guard let key = key.string else {
        throw UsageError("\(path): expected lines of the form \"name: value\"")
      }
      let name = settingName(key)
      if assignments.contains(where: { $0.name == name }) {
        throw UsageError("\(path): \(name) stands there twice; give it once")
      }
      do {
        assignments.append(Assignment(name, try value(node, of: name)))
      } catch {
        throw UsageError("\(path): \(error.description)")
      }
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

  /// A scalar, or a list of scalars.
  ///
  /// Quoted scalars are texts. Whole numbers are decimal: what YAML 1.1 makes of other forms (`010` is 8, `1:30` is 90,
  /// `1_2` is 12) is what nobody means who names a donor or a chromosome so.
  /// - Parameter name: the setting, for messages.
  /// - Throws: `UsageError` for a nested list or mapping, and for a number with a leading zero.
  public static func value(_ node: Node, of name: String) throws(UsageError) -> SettingValue {
    switch node {
    case .scalar(let scalar): return try value(scalar, node, of: name)
    case .sequence(let nodes):
      var values: [SettingValue] = []
      for entry in nodes {
        guard case .scalar(let scalar) = entry else {
          throw UsageError("\(name): a list in a list, or a mapping in it, is no simple value")
        }
        values.append(try value(scalar, entry, of: name))
      }
      let numbers = values.compactMap { value -> Double? in
        switch value {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
      }
      if numbers.count == values.count { return .numbers(numbers) }
      return .texts(nodes.compactMap(\.string))
    case .mapping: throw UsageError("\(name): a mapping is no simple value")
    case .alias: throw UsageError("\(name): an alias (*) is no simple value: write it out")
    }
  }

  private static func value(
    _ scalar: Node.Scalar, _ node: Node, of name: String
  ) throws(UsageError) -> SettingValue {
    let text = scalar.string
    switch scalar.style {
    case .plain, .any: break
    default: return .text(text)
    }
    if let value = node.bool { return .flag(value) }
    if node.null != nil || text == "none" { return .unset }
    let digits = text.drop { "+-".contains($0) }
    if digits.count > 1, digits.first == "0", digits.allSatisfy({ $0.isASCII && $0.isNumber }) {
      let plain = digits.drop { $0 == "0" }
      throw UsageError(
        "\(name): \(text) begins with 0: write \(plain.isEmpty ? "0" : plain) for the number, \"\(text)\" with quotes for the text"
      )
    }
    if digits.allSatisfy({ $0.isASCII && $0.isNumber }) {
      return Int(text).map { .integer($0) } ?? .text(text)
    }
    if !text.contains(where: { ":_x".contains($0) }), let value = node.float {
      return .number(value)
    }
    return .text(text)
  }
}

/// A name as settings have it: underscores become hyphens.
public func settingName(_ name: some StringProtocol) -> String {
  String(name.map { $0 == "_" ? "-" : $0 })
}
