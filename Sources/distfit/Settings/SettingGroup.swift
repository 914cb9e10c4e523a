import Foundation
import Modeling

/// Whether the words ask for help. Nobody else sees what the settings say, and putting it together for all models takes
/// longer than all else that happens before a fit.
private let isHelpWanted = ProcessInfo.processInfo.arguments.contains {
  ["help", "-h", "--help", "--experimental-dump-help"].contains($0)
}

/// A configuration being filled in from flags and run files, whatever its type.
final class SettingGroup<Configuration: ModelConfiguration>: AnySettingGroup {
  /// As filled in so far.
  var configuration = Configuration()

  var settingNames: [String] { Configuration.settings.map(\.name) }

  func isFlag(_ name: String) -> Bool? {
    Configuration.settings.first { $0.name == name }?.isFlag
  }

  func set(_ name: String, text: String) throws(SettingError) {
    try Configuration.setting(named: name).set(text, in: &configuration)
  }

  func set(_ name: String, value: SettingValue) throws(SettingError) {
    try Configuration.setting(named: name).set(value, in: &configuration)
  }

  func validate() throws(SettingError) { try configuration.validate() }

  var help: [String] {
    guard isHelpWanted else { return [] }
    let defaults = Configuration()
    return Configuration.settings.map { setting in
      let value = setting.value(in: defaults)
      let head =
        setting.isFlag ? "--[no-]\(setting.name)" : "--\(setting.name) \(setting.placeholder)"
      let ending = value == .unset || value == .texts([]) ? "" : " (default: \(value))"
      return "  \(head)\n" + wrapped(setting.summary + ending, indent: 10)
    }
  }
}

/// A group of settings whose type does not matter.
protocol AnySettingGroup: AnyObject {
  var settingNames: [String] { get }
  /// Whether the name alone means yes; nil where there is no such setting.
  func isFlag(_ name: String) -> Bool?
  func set(_ name: String, text: String) throws(SettingError)
  func set(_ name: String, value: SettingValue) throws(SettingError)
  func validate() throws(SettingError)
  /// Help text, a setting an entry; none where nobody asks for help.
  var help: [String] { get }
}

/// Breaks a text into lines of at most 78 characters.
func wrapped(_ text: String, indent: Int) -> String {
  let margin = String(repeating: " ", count: indent)
  var lines: [String] = []
  var line = margin
  for word in text.split(separator: " ") {
    if line.count + word.count + 1 > 78, line != margin {
      lines.append(line)
      line = margin
    }
    line += (line == margin ? "" : " ") + word
  }
  lines.append(line)
  return lines.joined(separator: "\n")
}
