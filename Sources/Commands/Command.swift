public import Collectives
public import Modeling

/// What a person can ask of the program: a name, settings and what is done with them.
///
/// The settings are declared once (`Options.settings`) and serve as flags, words without a name, lines of a
/// run file and help. Every command also takes `--config`, `--quiet`, `--verbose`, those that print a result
/// `--format`.
public protocol Command: Sendable {
  /// What the command needs to know.
  associatedtype Options: ModelConfiguration

  /// The last word of its name: `rank-path` of `distfit prrr rank-path`.
  static var name: String { get }
  /// What it does, in one sentence.
  static var summary: String { get }
  /// What else help should say; empty unless the command says otherwise.
  static var discussion: String { get }
  /// Whether it prints a result, in one of several formats. No, unless the command says otherwise.
  static var printsResult: Bool { get }
  /// Members that a run file may have to say what it is for, such as `model`, with the value that they must have.
  static var runFileMarks: [String: String] { get }

  /// Does the work and ends with its status.
  ///
  /// - Throws: what went wrong, as one line.
  static func start(_ invocation: Invocation<Self>) throws -> ExitStatus
}

extension Command {
  /// Nothing more to say.
  public static var discussion: String { "" }
  /// No result is printed.
  public static var printsResult: Bool { false }
  /// A run file says nothing of what it is for.
  public static var runFileMarks: [String: String] { [:] }
}

/// A command that one process does alone, without MPI. Started on several ranks, the first does it and the others end.
public protocol LocalCommand: Command {
  /// Does the work.
  ///
  /// Local.
  static func run(_ options: Options, console: Console) throws -> ExitStatus
}

extension LocalCommand {
  /// Does the work on the first rank.
  public static func start(_ invocation: Invocation<Self>) throws -> ExitStatus {
    try invocation.startAlone(run)
  }
}

/// A command that all ranks do together.
public protocol RankedCommand: Command {
  /// Does the work.
  ///
  /// Collective.
  static func run(
    _ options: Options, console: Console, with world: borrowing Communicator
  ) throws -> ExitStatus
}

extension RankedCommand {
  /// Does the work on all ranks and ends the process.
  public static func start(_ invocation: Invocation<Self>) throws -> ExitStatus {
    invocation.startOnAllRanks(run)
  }
}

/// Words or settings that a command cannot take: what is wrong and what to do, in one line.
public struct UsageError: Error, Equatable, CustomStringConvertible {
  /// What is wrong and what to do, in one line.
  public let description: String

  /// An error with its line.
  public init(_ description: String) { self.description = description }
}
