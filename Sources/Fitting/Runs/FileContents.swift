import Storage

/// What files hold, each read once as long as it stays as it is.
public final class FileContents {
  private var known: [String: FileContent] = [:]

  /// Nothing has been read.
  public init() {}

  /// What an input and the files that are read with it hold.
  ///
  /// Local.
  /// - Throws: `StorageError` where one cannot be read.
  func of(_ inputs: [String]) throws(StorageError) -> [FileContent] {
    var contents: [FileContent] = []
    for path in inputs.flatMap({ OutputCheck.files(of: $0).sorted() }) {
      contents.append(try of(path))
    }
    return contents
  }

  /// Whether a file holds what it did, or is gone.
  func isUnchanged(_ old: FileContent) -> Bool {
    guard let stamp = FileContent.Stamp(old.path), stamp != old.stamp else { return true }
    if let before = old.stamp, before.size != stamp.size { return false }
    return (try? of(old.path))?.checksum == old.checksum
  }

  private func of(_ path: String) throws(StorageError) -> FileContent {
    if let content = known[path], content.stamp == FileContent.Stamp(path) { return content }
    let content = try FileContent(path)
    known[path] = content
    return content
  }
}
