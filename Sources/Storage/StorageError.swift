/// A file that cannot be used: which, where inside, what was found, what was expected, what to do.
///
///     counts.h5ad: /X/indptr has 10001 entries, expected 10241 (rows + 1). Was the file still being written?
public struct StorageError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file as the user named it.
  public let file: String
  /// The object inside, such as `/X/indptr`; empty where the whole file is meant.
  public let place: String
  /// The rest of the sentence.
  public let problem: String

  /// File, place and problem in one line.
  public var description: String {
    place.isEmpty ? "\(file): \(problem)" : "\(file): \(place) \(problem)"
  }

  /// An error about a file, or an object in it.
  public init(file: String, place: String = "", problem: String) {
    self.file = file
    self.place = place
    self.problem = problem
  }
}
