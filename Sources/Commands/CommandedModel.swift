public import Modeling

/// A model that has commands of its own: `distfit tblda …`. They stand in the model's folder.
public protocol CommandedModel: Model {
  /// What its commands do, in one sentence.
  static var commandSummary: String { get }
  /// Its commands, in the order of the help text.
  static var commands: [CommandTree] { get }
}

extension CommandedModel {
  /// Its commands under its name.
  public static var commandTree: CommandTree {
    .group(CommandGroup(name, commandSummary, commands))
  }
}
