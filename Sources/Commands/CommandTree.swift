/// A command, several under one name, or one of several by what the words say.
public indirect enum CommandTree: Sendable {
  /// A single command.
  case command(any Command.Type)
  /// Commands under a name: `distfit tblda …`.
  case group(CommandGroup)
  /// One of several commands of the same name, whose settings differ.
  case choice(CommandChoice)
}

/// Commands under one name.
public struct CommandGroup: Sendable {
  /// The word before those of its commands.
  public let name: String
  /// What they do, in one sentence.
  public let summary: String
  /// What else help should say.
  public let discussion: String
  /// The commands, in the order of the help text.
  public let members: [CommandTree]

  /// A group of commands, in the order of the help text.
  public init(
    _ name: String, _ summary: String, discussion: String = "", _ members: [CommandTree]
  ) {
    self.name = name
    self.summary = summary
    self.discussion = discussion
    self.members = members
  }
}

/// A command of which there are several kinds, such as one for each model: what kind is meant, the words say.
public struct CommandChoice: Sendable {
  /// The kinds, all of one name, by what help calls them.
  public let kinds: [Kind]
  /// The kind that the words mean.
  public let choose: @Sendable (Words) throws -> any Command.Type

  /// One of the kinds.
  public struct Kind: Sendable {
    /// What it is for: a model's name.
    public let name: String
    /// What is done for it.
    public let command: any Command.Type

    /// A kind of a name.
    public init(_ name: String, _ command: any Command.Type) {
      self.name = name
      self.command = command
    }
  }

  /// A choice.
  ///
  /// - Precondition: there is a kind.
  public init(_ kinds: [Kind], choose: @escaping @Sendable (Words) throws -> any Command.Type) {
    precondition(!kinds.isEmpty)
    self.kinds = kinds
    self.choose = choose
  }
}

extension CommandTree {
  /// The name of the command or group.
  public var name: String {
    switch self {
    case .command(let command): command.name
    case .group(let group): group.name
    case .choice(let choice): choice.kinds[0].command.name
    }
  }

  /// What it does, in one sentence.
  var summary: String {
    switch self {
    case .command(let command): command.summary
    case .group(let group): group.summary
    case .choice(let choice): choice.kinds[0].command.summary
    }
  }
}
