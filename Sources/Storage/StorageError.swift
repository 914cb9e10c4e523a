import Foundation
public import Modeling

/// A file that cannot be used: which, where inside, what was found, what was expected, what to do.
///
///     counts.h5ad: /X/indptr has 10001 entries, expected 10241 (rows + 1). Was the file still being written?
public struct StorageError: SystemFailure, Sendable, Equatable, CustomStringConvertible {
  /// The file as the user named it.
  public let file: String
  /// The object inside, such as `/X/indptr`; empty where the whole file is meant.
  public let place: String
  /// The rest of the sentence.
  public let problem: String
  /// The operating system's number of the failure; 0 where it had no part in it.
  public let systemCode: Int32

  /// File, place and problem in one line.
  public var description: String {
    place.isEmpty ? "\(file): \(problem)" : "\(file): \(place) \(problem)"
  }

  /// An error about a file, or an object in it.
  public init(file: String, place: String = "", problem: String, systemCode: Int32 = 0) {
    self.file = file
    self.place = place
    self.problem = problem
    self.systemCode = systemCode
  }

  /// What the operating system said no to, its reason, and what to do where there is advice.
  package static func system(
    _ file: String, _ problem: String, code: Int32 = errno
  ) -> StorageError {
    let advice =
      switch code {
      case ENOSPC, EDQUOT: ". Free some space, or choose another folder"
      case EACCES, EROFS, EPERM: ". Choose a folder that you may write to"
      default: ""
      }
    return StorageError(
      file: file, problem: "\(problem): \(String(cString: strerror(code)))\(advice)",
      systemCode: code)
  }
}
