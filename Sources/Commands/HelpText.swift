import Modeling

/// The help of commands.
struct HelpText {
  private let command: String
  private let path: [String]

  /// Of the command with these names: `distfit`, `fit`, `dgd`.
  init(_ path: [String]) {
    self.path = path
    command = path.joined(separator: " ")
  }

  /// The help of a group and of everything in it: each command, option, default and sentence.
  static func everything(of root: CommandGroup) -> String {
    HelpText([root.name]).all(.group(root)).joined(separator: "\n")
  }

  private func all(_ tree: CommandTree) -> [String] {
    let own = ["## \(command)\n\n" + text(of: tree)]
    guard case .group(let group) = tree else { return own }
    return own + group.members.flatMap { HelpText(path + [$0.name]).all($0) }
  }

  /// The help of a command or group.
  func text(of tree: CommandTree) -> String {
    switch tree {
    case .group(let group): text(of: group)
    case .command(let called): text(of: called)
    case .choice(let choice): text(of: choice)
    }
  }

  private func text(of group: CommandGroup) -> String {
    let width = (group.members.map(\.name.count).max() ?? 0) + 4
    let members = group.members.map { member in
      let lines = wrapped(member.summary, indent: width)
      return "  \(member.name)" + lines.dropFirst(2 + member.name.count)
    }
    return overview(group.summary, group.discussion) + """
      USAGE: \(command) <command> …

      COMMANDS
      \(members.joined(separator: "\n"))

      \(command) <command> --help tells more.

      """
  }

  private func text<Called: Command>(of called: Called.Type) -> String {
    let settings = Invocation<Called>.settings
    return overview(Called.summary, Called.discussion) + "USAGE: \(usage(settings))\n"
      + sections(lines(settings))
  }

  /// What all kinds take first, then what each takes.
  private func text(of choice: CommandChoice) -> String {
    func help<Called: Command>(_ called: Called.Type) -> [Line] {
      lines(Invocation<Called>.settings)
    }
    func start<Called: Command>(_ called: Called.Type) -> String {
      overview(Called.summary, Called.discussion)
        + "USAGE: \(usage(Invocation<Called>.settings))\n"
    }
    let kinds = choice.kinds.map { (name: $0.name, lines: help($0.command)) }
    let common = kinds[0].lines.filter { line in kinds.allSatisfy { $0.lines.contains(line) } }
    let special = kinds.flatMap { name, lines in
      lines.filter { !common.contains($0) }.map {
        Line(heading: "OF \(name.uppercased())", text: $0.text)
      }
    }
    return start(choice.kinds[0].command) + sections(common + special)
  }

  // MARK: - Parts

  /// A setting's lines under a heading.
  private struct Line: Equatable {
    let heading: String
    let text: String
  }

  private func overview(_ summary: String, _ discussion: String) -> String {
    let paragraphs = discussion.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.isEmpty || $0.hasPrefix(" ") ? String($0) : wrapped(String($0), indent: 0)
    }
    return wrapped(summary, indent: 0) + "\n\n"
      + (discussion.isEmpty ? "" : paragraphs.joined(separator: "\n") + "\n\n")
  }

  private func usage<Options>(_ settings: [Setting<Options>]) -> String {
    let needed = settings.filter {
      $0.roles.contains(.operand) || $0.roles.contains(.required)
    }
    return ([command] + needed.map(\.usage) + ["[settings]"]).joined(separator: " ")
  }

  private func lines<Options: ModelConfiguration>(_ settings: [Setting<Options>]) -> [Line] {
    let defaults = Options()
    return settings.map { setting in
      let value = setting.value(in: defaults)
      let name = setting.isFlag ? "--[no-]\(setting.name)" : "--\(setting.name)"
      let head =
        setting.isFlag
        ? name
        : setting.roles.contains(.operand)
          ? "\(setting.placeholder), \(name)" : "\(name) \(setting.placeholder)"
      let ending =
        setting.roles.contains(.required)
        ? "" : value == .texts([]) || value == .unset ? "" : " (default: \(value))"
      return Line(
        heading: setting.heading ?? "SETTINGS",
        text: "  \(head)\(setting.alias.map { ", --\($0)" } ?? "")\n"
          + wrapped(setting.summary + ending, indent: 10))
    }
  }

  private func sections(_ lines: [Line]) -> String {
    var headings: [String] = []
    for line in lines where !headings.contains(line.heading) { headings.append(line.heading) }
    return headings.map { heading in
      "\n\(heading)\n"
        + lines.filter { $0.heading == heading }.map { $0.text + "\n" }.joined()
    }.joined()
  }
}

/// Breaks a text into lines of at most 78 characters.
private func wrapped(_ text: String, indent: Int) -> String {
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
  return (lines + [line]).joined(separator: "\n")
}
