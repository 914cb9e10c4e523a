import Modeling

/// The words of a command, told apart.
///
/// `--name value` and `--name=value` give a setting, flags also `--name` and `--no-name`; all others are words
/// without a name, and so is everything after `--`.
public struct Words {
  /// A setting and the text that it gets.
  struct Named {
    let name: String
    let text: String
  }

  private(set) var named: [Named] = []
  private(set) var unnamed: [String] = []
  private(set) var asksForHelp = false

  /// Tells words apart.
  ///
  /// - Parameters:
  ///   - isFlag: whether the setting of a name takes no value; nil where there is no such setting.
  ///   - unknown: the error for such a name.
  /// - Throws: `UsageError` naming the word.
  init(
    _ words: [String], isFlag: (String) -> Bool?, unknown: (String) -> UsageError
  ) throws(UsageError) {
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        unnamed += rest
        return
      }
      guard word.hasPrefix("--") || word == "-h" else {
        unnamed.append(word)
        continue
      }
      if word == "--help" || word == "-h" {
        asksForHelp = true
        continue
      }
      let parts = word.dropFirst(2).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = settingName(parts[0])
      if parts.count == 2 {
        named.append(Named(name: name, text: String(parts[1])))
      } else if let isFlag = isFlag(name) {
        let following = rest.first
        if isFlag, following != "true", following != "false" {
          named.append(Named(name: name, text: "true"))
        } else if let text = rest.popFirst() {
          named.append(Named(name: name, text: text))
        } else if !asksForHelp {
          throw UsageError("--\(name) needs a value")
        }
      } else if name.hasPrefix("no-"), isFlag(String(name.dropFirst(3))) == true {
        named.append(Named(name: String(name.dropFirst(3)), text: "false"))
      } else {
        throw unknown(name)
      }
    }
  }

  /// The last text that a setting gets, by word or, before that, by the run file.
  ///
  /// - Throws: `UsageError` where the run file cannot be read.
  public func text(of name: String) throws(UsageError) -> String? {
    if let word = named.last(where: { $0.name == name }) { return word.text }
    guard let file = named.last(where: { $0.name == "config" })?.text else { return nil }
    return try RunFile.assignments(path: file).last { $0.name == name }?.value.description
  }

  /// The first word without a name.
  public var first: String? { unnamed.first }
}
