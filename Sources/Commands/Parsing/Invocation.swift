public import Collectives
import Fitting
public import Modeling
import Storage

/// A command with its settings, from words and, before them, from a run file.
///
/// A later word wins; every word wins over the run file (`--config`), which wins over defaults.
public struct Invocation<Called: Command>: ModelConfiguration {
  /// What the command needs to know.
  public var options = Called.Options()
  var shared = EveryCommandOptions()
  var format = FormatOptions()

  /// A command with nothing but defaults.
  public init() {}

  /// The command's settings and those that all commands share.
  public static var settings: [Setting<Self>] {
    settings(of: \.options) + (Called.printsResult ? settings(of: \.format) : [])
      + settings(of: \.shared, under: "EVERY COMMAND")
  }

  /// Checks what no single setting can.
  public func validate() throws(SettingError) { try options.validate() }

  /// Reads the words of a command.
  ///
  /// - Parameter command: the command in words, for messages: `distfit fit dgd`.
  /// - Throws: `UsageError` naming the word, with the nearest setting's name.
  public init(words: [String], command: String) throws(UsageError) {
    self.init()
    let settings = SettingNames(Self.settings)
    let words = try Words(words, settings: settings, command: command)
    try self.init(words, settings, command: command)
  }

  init(
    _ words: Words, _ settings: SettingNames<Self>, command: String
  ) throws(UsageError) {
    self.init()
    if let path = words.named.last(where: { $0.name == "config" })?.text {
      try readRunFile(path, settings, command)
      shared.config = path
    }
    var givenBy: [String: String] = [:]
    for (setting, text) in try operands(words, settings, command) {
      try set(setting) { value throws(SettingError) in
        switch text {
        case .texts: try setting.set(text, in: &value)
        default: try setting.set(text.description, in: &value)
        }
      }
      givenBy[setting.name] = text.description
    }
    for word in words.named where word.name != "config" {
      guard let setting = settings[word.name] else { throw settings.unknown(word.name, command) }
      // Which of the two would be meant?
      if let other = givenBy[setting.name] {
        throw UsageError(
          "\(other) and --\(word.name) \(word.text) both name the \(setting.name); give them once")
      }
      try set(setting) { value throws(SettingError) in try setting.set(word.text, in: &value) }
    }
    for setting in settings.all
    where setting.roles.contains(.required) && setting.value(in: self).isMissing {
      throw UsageError("\(command) needs \(setting.usage): \(setting.summary)")
    }
    do { try validate() } catch { throw UsageError(error.description) }
  }

  private mutating func set(
    _ setting: Setting<Self>, _ body: (inout Self) throws(SettingError) -> Void
  ) throws(UsageError) {
    do { try body(&self) } catch { throw UsageError(error.description) }
  }

  /// The settings that words without a name give.
  private func operands(
    _ words: Words, _ settings: SettingNames<Self>, _ command: String
  ) throws(UsageError) -> [(setting: Setting<Self>, value: SettingValue)] {
    var rest = words.unnamed[...]
    var given: [(setting: Setting<Self>, value: SettingValue)] = []
    for setting in settings.all where setting.roles.contains(.operand) && !rest.isEmpty {
      if setting.takesSeveral {
        given.append((setting, .texts(Array(rest))))
        rest = []
      } else if let word = rest.popFirst() {
        given.append((setting, .text(word)))
      }
    }
    guard let word = rest.first else { return given }
    let takes = settings.all.filter { $0.roles.contains(.operand) }.map(\.operandUsage)
    throw UsageError(
      "unexpected \"\(word)\"; \(command) takes "
        + (takes.isEmpty ? "no word without a name" : takes.joined(separator: " ")))
  }

  private mutating func readRunFile(
    _ path: String, _ settings: SettingNames<Self>, _ command: String
  ) throws(UsageError) {
    for entry in try RunFile.assignments(path: path) where entry.name != "config" {
      if let mark = Called.runFileMarks[entry.name] {
        guard entry.value.description == mark else {
          throw UsageError("\(path): is for \(entry.name) \(entry.value), not \(mark)")
        }
        continue
      }
      guard let setting = settings[entry.name] else {
        throw settings.unknown(entry.name, command, file: path)
      }
      do {
        try setting.set(entry.value, in: &self)
      } catch {
        // A number in quotes is a number where one is wanted.
        guard case .text(let text) = entry.value, (try? setting.set(text, in: &self)) != nil else {
          throw UsageError("\(path): \(entry.name): \(error.problem)")
        }
      }
    }
  }

  // MARK: - Work

  /// Runs what one process does alone, without MPI, on the first rank.
  ///
  /// Local.
  public func startAlone(
    _ body: (Called.Options, Console) throws -> ExitStatus
  ) throws -> ExitStatus {
    guard Launcher.expectedRank == 0 else { return .success }
    Launcher.prepareAlone()
    try requireOutputs()
    try HDF5Check.require(files(.input))
    return try body(options, console(isSpeaking: true))
  }

  /// Runs what all ranks do together, and ends the process.
  ///
  /// Collective.
  public func startOnAllRanks(
    _ body: (Called.Options, Console, borrowing Communicator) throws -> ExitStatus
  ) -> Never {
    Launcher.prepareAlone()
    // By a child process, which MPI does not like once it runs.
    var damage: StorageError?
    if Launcher.expectedRank == 0 {
      do throws(StorageError) { try HDF5Check.require(files(.input)) } catch { damage = error }
    }
    let problem = damage
    Launcher.run { world in
      try world.agree(on: "check the output") {
        if world.isRoot { try requireOutputs() }
      }
      try world.agree(on: "check the input") { () throws(StorageError) in
        if world.isRoot, let problem { throw problem }
      }
      return try body(options, console(isSpeaking: world.isRoot), world)
    }
  }

  /// The files that settings of a role name.
  private func files(_ role: SettingRoles) -> [String] {
    Self.settings.filter { $0.roles.contains(role) }.flatMap { setting -> [String] in
      switch setting.value(in: self) {
      case .unset: []
      case .texts(let paths): paths
      case let path: [path.description]
      }
    }
  }

  private func console(isSpeaking: Bool) -> Console {
    Console(level: shared.level, format: format.format, isSpeaking: isSpeaking)
  }

  /// Checks, before anything is computed, that no file is written over another that is read, or by mistake.
  ///
  /// Local.
  private func requireOutputs() throws {
    func isOn(_ name: String) -> Bool {
      Self.settings.contains { $0.name == name && $0.value(in: self) == .flag(true) }
    }
    // A fit that is resumed goes on to replace what an earlier run may have written.
    try OutputCheck.require(
      files(.output), inputs: files(.input), overwrite: isOn("overwrite") || isOn("resume"))
  }
}
