import ArgumentParser
import Modeling

/// Fills groups of settings from a command's words and, before them, from a run file.
///
/// Words are `--name value`, `--name=value`, for flags also `--name` and `--no-name`; all others are
/// positional. A later word wins; every word wins over the run file (`--config`), which wins over defaults.
struct SettingArguments {
  /// Words that are no settings: files.
  private(set) var positional: [String] = []
  /// Names that were given by word or run file.
  private(set) var given: Set<String> = []

  /// Reads the words into the groups.
  ///
  /// - Parameter runFileKeys: members of a run file that are no settings and what to do with their values.
  /// - Throws: `ValidationError` naming the word, with the nearest setting's name.
  init(
    _ words: [String], into groups: [any AnySettingGroup],
    runFileKeys: [String: (String) throws -> Void] = [:]
  ) throws {
    var assignments: [(name: String, text: String)] = []
    var index = words.startIndex
    func next() -> String? {
      index += 1
      return index < words.endIndex ? words[index] : nil
    }
    while index < words.endIndex {
      let word = words[index]
      if word.hasPrefix("--"), word.count > 2 {
        let parts = word.dropFirst(2).split(
          separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0].map { $0 == "_" ? "-" : $0 })
        if parts.count == 2 {
          assignments.append((name, String(parts[1])))
        } else if name == "config" {
          guard let path = next() else { throw ValidationError("--config needs a file") }
          assignments.append((name, path))
        } else if let isFlag = groups.lazy.compactMap({ $0.isFlag(name) }).first {
          let following = index + 1 < words.endIndex ? words[index + 1] : nil
          if isFlag {
            if following == "true" || following == "false" {
              assignments.append((name, next() ?? "true"))
            } else {
              assignments.append((name, "true"))
            }
          } else if let text = next() {
            assignments.append((name, text))
          } else {
            throw ValidationError("--\(name) needs a value")
          }
        } else if name.hasPrefix("no-"),
          groups.contains(where: { $0.isFlag(String(name.dropFirst(3))) == true })
        {
          assignments.append((String(name.dropFirst(3)), "false"))
        } else {
          throw Self.unknown(name, groups, in: nil)
        }
      } else {
        positional.append(word)
      }
      index += 1
    }
    if let path = assignments.last(where: { $0.name == "config" })?.text {
      try readRunFile(path, into: groups, keys: runFileKeys)
    }
    for (name, text) in assignments where name != "config" {
      guard let group = groups.first(where: { $0.isFlag(name) != nil }) else {
        throw Self.unknown(name, groups, in: nil)
      }
      try Self.setting { () throws(SettingError) in try group.set(name, text: text) }
      given.insert(name)
    }
    for group in groups { try Self.setting { () throws(SettingError) in try group.validate() } }
  }

  /// The one file that a command works on: its first word, a line of the run file, or what --expression names.
  ///
  /// - Throws: `ValidationError` where there is none, or a word too many, or two of these.
  func takeFile(
    into file: inout String?, orExpression expression: String? = nil, for command: String
  ) throws {
    if let expression {
      if let other = positional.first ?? file {
        throw ValidationError(
          "--expression \(expression) and \(other) both name the counts; give them once")
      }
      file = expression
    }
    if let word = positional.first { file = word }
    if positional.count > 1 {
      throw ValidationError("unexpected \"\(positional[1])\"; \(command) takes one file")
    }
    if file == nil { throw ValidationError("\(command) needs a file to read") }
  }

  private mutating func readRunFile(
    _ path: String, into groups: [any AnySettingGroup],
    keys: [String: (String) throws -> Void]
  ) throws {
    for (name, value) in try RunFile(path: path).entries {
      if let use = keys[name] {
        try use(value.description)
      } else if let group = groups.first(where: { $0.isFlag(name) != nil }) {
        do {
          try group.set(name, value: value)
        } catch {
          throw ValidationError("\(path): \(name): \(error.problem)")
        }
        given.insert(name)
      } else {
        throw Self.unknown(name, groups, in: path)
      }
    }
  }

  private static func setting(_ body: () throws(SettingError) -> Void) throws {
    do { try body() } catch { throw ValidationError(error.description) }
  }

  private static func unknown(
    _ name: String, _ groups: [any AnySettingGroup], in file: String?
  ) -> ValidationError {
    let names = groups.flatMap(\.settingNames) + ["config"]
    let place = file.map { "\($0): " } ?? ""
    let dashes = file == nil ? "--" : ""
    let hint = nearestName(to: name, among: names).map { "; did you mean \(dashes)\($0)?" } ?? ""
    return ValidationError("\(place)unknown setting \(dashes)\(name)\(hint)")
  }
}
