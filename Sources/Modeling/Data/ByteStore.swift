/// Bytes outside of memory, for data that are gone over piece by piece: appended once, then read anywhere.
///
/// Neither writing nor reading fails for those who call it, so that steps of models need no errors: what
/// cannot be read comes as zeros, and the store keeps the first failure, for which the ground looks after
/// every step and ends the fit on every rank.
public protocol ByteStore: Sendable {
  /// Adds bytes at the end.
  ///
  /// Local; by one thread.
  /// - Returns: where they begin.
  func append(_ bytes: [UInt8]) -> Int

  /// Bytes that were added; zeros where they cannot be read.
  ///
  /// Local; by any number of threads.
  func read(_ range: Range<Int>) -> [UInt8]

  /// What went wrong first; nil while nothing has.
  var failure: ModelError? { get }
}

extension [any ByteStore] {
  /// - Throws: what went wrong first in one of the stores.
  public func requireGood() throws(ModelError) {
    for store in self { if let failure = store.failure { throw failure } }
  }
}
