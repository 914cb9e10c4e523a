import Modeling

/// The settings of a command by their names.
struct SettingNames<Configuration> {
  let all: [Setting<Configuration>]

  init(_ settings: [Setting<Configuration>]) { all = settings }

  /// The setting of this name, its second name included.
  subscript(name: String) -> Setting<Configuration>? {
    all.first { $0.name == name || $0.alias == name }
  }

  /// The error for a name that there is not.
  ///
  /// - Parameter file: the run file that has the name; nil: a word has it.
  func unknown(_ name: String, _ command: String, file: String? = nil) -> UsageError {
    let names = all.flatMap { [$0.name, $0.alias].compactMap(\.self) }
    let dashes = file == nil ? "--" : ""
    let hint = nearestName(to: name, among: names).map { "; did you mean \(dashes)\($0)?" }
    return UsageError(
      "\(file.map { "\($0): " } ?? "")unknown setting \(dashes)\(name)"
        + (hint ?? "; see \(command) --help"))
  }
}

extension Words {
  /// Tells the words of one command apart.
  init<Configuration>(
    _ words: [String], settings: SettingNames<Configuration>, command: String
  ) throws(UsageError) {
    try self.init(
      words, isFlag: { settings[$0]?.isFlag }, unknown: { settings.unknown($0, command) })
  }
}

extension Setting {
  /// Whether it is a list of texts.
  var takesSeveral: Bool { placeholder.hasSuffix("…") }

  /// As in a line of usage: `--output <file>`, or `<file>` for a word without a name.
  var usage: String { roles.contains(.operand) ? operandUsage : "--\(name) \(placeholder)" }

  /// `<data.h5ad>`, in brackets where it can be left out.
  var operandUsage: String { roles.contains(.required) ? placeholder : "[\(placeholder)]" }
}

extension SettingValue {
  /// Whether nothing was given.
  var isMissing: Bool { self == .unset || self == .texts([]) }
}
