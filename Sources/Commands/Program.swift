import Collectives
import Foundation
import Modeling

/// The program as a person sees it: a tree of commands, help, and one line for everything that is wrong.
public struct Program: Sendable {
  private let root: CommandGroup
  private let version: String

  /// A program.
  ///
  /// - Parameter root: its name, its summary and its commands.
  public init(_ root: CommandGroup, version: String) {
    self.root = root
    self.version = version
  }

  /// Does what the words say and ends the process.
  ///
  /// | | stdout or stderr | status |
  /// |---|---|---|
  /// | help, version | the text | 0 |
  /// | wrong words, settings that cannot be | one line, by the first rank | 64 |
  /// | a failure | one line, by the first rank | 2 |
  public func main(_ words: [String] = Array(CommandLine.arguments.dropFirst())) -> Never {
    do {
      exit(try run(words).rawValue)
    } catch {
      let status: ExitStatus = error is UsageError ? .usage : .failure
      if Launcher.expectedRank == 0 {
        FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
      } else {
        // mpirun ends all ranks as soon as one has failed: the first rank has to have spoken by then.
        Thread.sleep(forTimeInterval: 2)
      }
      exit(status.rawValue)
    }
  }

  private func run(_ words: [String]) throws -> ExitStatus {
    if words == ["--version"] { return say(version + "\n") }
    if words == ["help", "--all"] { return say(HelpText.everything(of: root)) }
    let isHelp = words.first == "help"
    return try descend(
      .group(root), Array(isHelp ? words.dropFirst() + ["--help"] : words[...]), [])
  }

  private func say(_ text: String) -> ExitStatus {
    if Launcher.expectedRank == 0 { FileHandle.standardOutput.write(Data(text.utf8)) }
    return .success
  }

  private func descend(
    _ tree: CommandTree, _ words: [String], _ above: [String]
  ) throws -> ExitStatus {
    let path = above + [tree.name]
    switch tree {
    case .group(let group):
      guard let word = words.first, word != "--help", word != "-h" else {
        return say(HelpText(path).text(of: tree))
      }
      guard let member = group.members.first(where: { $0.name == word }) else {
        throw unknown(word, group, path.joined(separator: " "))
      }
      return try descend(member, Array(words.dropFirst()), path)
    case .command(let command): return try start(command, tree, words, path)
    case .choice(let choice):
      let settings = choice.kinds.map { AnySettings($0.command) }
      let command = path.joined(separator: " ")
      let told = try Words(
        words, isFlag: { name in settings.lazy.compactMap { $0.isFlag(name) }.first },
        unknown: { settings[0].unknown($0, command) })
      if told.asksForHelp { return say(HelpText(path).text(of: tree)) }
      return try start(try choice.choose(told), tree, words, path)
    }
  }

  private func start<Called: Command>(
    _ command: Called.Type, _ tree: CommandTree, _ words: [String], _ path: [String]
  ) throws -> ExitStatus {
    let name = path.joined(separator: " ")
    let settings = SettingNames(Invocation<Called>.settings)
    let told = try Words(words, settings: settings, command: name)
    if told.asksForHelp { return say(HelpText(path).text(of: tree)) }
    return try Called.start(try Invocation<Called>(told, settings, command: name))
  }

  private func unknown(_ word: String, _ group: CommandGroup, _ command: String) -> UsageError {
    let names = group.members.map(\.name)
    let hint = nearestName(to: word, among: names).map { "did you mean \($0)?" }
    return UsageError(
      "\(command) has no command \"\(word)\"; "
        + (hint ?? "there are \(names.joined(separator: ", "))"))
  }
}

/// The names of a command's settings, whatever the command.
private struct AnySettings {
  let isFlag: (String) -> Bool?
  let unknown: (String, String) -> UsageError

  init<Called: Command>(_ command: Called.Type) {
    let settings = SettingNames(Invocation<Called>.settings)
    isFlag = { settings[$0]?.isFlag }
    unknown = { settings.unknown($0, $1) }
  }
}
