public import Collectives
public import Modeling
public import Storage

/// Where data come from that belong to the rows of a fit, such as genotypes, and what of them takes part.
public protocol CompanionInput: Sendable {
  /// What they are, in a word for the record of the run: `genotypes`.
  static var name: String { get }
  /// The file that a user names for them.
  var file: String { get }
  /// All files that are read, the main one among them.
  var files: [String] { get }

  /// The columns of the data that take part because of them, by name; nil: all.
  ///
  /// Collective.
  /// - Throws: `CollectiveFailure` where the data lack what the choice needs, or nothing is left.
  func columns(
    of data: DataSource, with world: borrowing Communicator
  ) throws(CollectiveFailure) -> [String]?

  /// Adds them to what everyone knows about the data, and their content to its fingerprint.
  ///
  /// Collective.
  /// - Parameters:
  ///   - scratch: the folder where they are kept; nil: in memory.
  ///   - log: gets what is worth a word.
  /// - Throws: `CollectiveFailure` where a file is damaged or does not go with the rows.
  func add(
    to summary: inout DataSummary, of data: DataSource, scratch: String?,
    with world: borrowing Communicator, log: ProgressLog
  ) throws(CollectiveFailure)

  /// Adds their size to that of the data, without reading values.
  ///
  /// Local.
  /// - Parameters:
  ///   - matrix: of the data, in `file`.
  ///   - cache: what was looked up before, for other points of a sweep.
  /// - Throws: where a file is missing or damaged, or nothing in it takes part.
  func add(
    to shape: inout DataShape, of matrix: StoredMatrix, in file: AnnDataFile,
    cache: inout CompanionCache
  ) throws
}

extension CompanionInput {
  /// The main file alone, unless the kind of companion has more.
  public var files: [String] { [file] }
}

/// What was found out about files of companions: each is looked at once.
public struct CompanionCache {
  private var known: [String: any Sendable] = [:]

  /// A cache in which nothing is known yet.
  public init() {}

  /// What is known of a file, or what `look` finds.
  mutating func value<Value: Sendable>(of path: String, _ look: () throws -> Value) rethrows
    -> Value
  {
    if let value = known[path] as? Value { return value }
    let value = try look()
    known[path] = value
    return value
  }
}

/// How companions are read for those who have a fit and the name of a file.
enum CompanionReaders {
  /// - Throws: where the file is damaged; `ModelError` for a type that is never read from a file of its own.
  static func read(_ type: any Companion.Type, _ path: String) throws -> any Companion {
    for reader in all where reader.type == type { return try reader.read(path) }
    throw ModelError("\(path): there is no way to read \(type) from a file")
  }

  private static let all:
    [(type: any Companion.Type, read: @Sendable (String) throws -> any Companion)] = [
      (Genotypes.self, { try GenotypeFile.read($0).genotypes }),
      (Ancestry.self, { try AncestryFile.read($0) }),
    ]
}
