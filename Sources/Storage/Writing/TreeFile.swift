public import Modeling

/// A file of trees, each under a name with its checksum: a checkpoint.
///
/// What is read has the bits that were written, or is refused: a file cut off, changed or of another kind never
/// passes for a whole one.
///
/// Local, but for `TreeFileWriter.addParts`.
public struct TreeFile: Sendable {
  /// The file as the user named it.
  public var path: String { file.path }
  private let file: HDF5File

  /// Opens a file.
  ///
  /// - Parameter kind: what it was written as, such as `distfit checkpoint`.
  /// - Throws: `StorageError` where it is no HDF5 file, or of another kind or version.
  public init(_ path: String, kind: String) throws(StorageError) {
    file = try HDF5File.reading(path)
    guard let found = file.text("", "kind") else {
      throw StorageError(
        file: path, problem: "is no \(kind) (an HDF5 file, but without the attribute kind)")
    }
    guard found == kind else {
      throw StorageError(file: path, problem: "is a \(found), expected a \(kind)")
    }
    guard file.flag("", "complete") == true else {
      throw StorageError(
        file: path, problem: "is incomplete. Was the writing stopped? Use the one before")
    }
  }

  /// The names of the trees, in alphabetical order.
  public func names() throws(StorageError) -> [String] {
    try file.names(in: "").map(TreeNames.decoded)
  }

  /// One tree.
  ///
  /// - Throws: `StorageError` where it is missing, or not what was written.
  public func read(_ name: String) throws(StorageError) -> StoredTree {
    let place = TreeNames.encoded(name)
    guard let expected = file.text(place, "checksum") else {
      throw file.error(place, "is missing or has no checksum")
    }
    let tree = try TreeReader(file).read(place)
    guard tree.checksum == expected else {
      throw file.error(
        place,
        "is damaged: its checksum is \(tree.checksum), expected \(expected). Use the one before")
    }
    return tree
  }
}

/// Writes a file of trees that appears under its name when it is complete.
public final class TreeFileWriter {
  private let output: AtomicFile?
  private var file: HDF5File?
  /// The first thing that went wrong on this rank.
  public private(set) var failure: StorageError?

  /// Creates the file (rank 0; the others create nothing).
  ///
  /// Local.
  /// - Throws: `StorageError` where the folder cannot be written.
  public init(_ path: String, kind: String, rank: Int = 0) throws(StorageError) {
    guard rank == 0 else {
      output = nil
      return
    }
    let output = try AtomicFile(path, overwrite: true)
    self.output = output
    let file = try HDF5File.creating(output.temporary)
    self.file = file
    try file.write(attribute: "kind", kind, at: "")
  }

  /// Adds a tree (rank 0; the others do nothing).
  ///
  /// Local.
  public func add(_ tree: StoredTree, as name: String) {
    guard let file, failure == nil else { return }
    let place = TreeNames.encoded(name)
    do throws(StorageError) {
      // Not compressed: a checkpoint has to be quick, and trained weights hardly shrink.
      try ElementWriter(file: file).tree(tree, at: place, compressed: false)
      try file.write(attribute: "checksum", tree.checksum, at: place)
    } catch { failure = error }
  }

  /// Adds trees that are spread over the ranks, such as the lanes' states, as `PREFIX-NUMBER`.
  ///
  /// Collective. Eight parts a rank travel at once, so that rank 0 never holds all.
  /// - Parameters:
  ///   - parts: this rank's, by ascending number; the ranks' numbers ascend with the ranks.
  ///   - tree: makes the tree of one part.
  public func addParts<Ranks: RankGathering & ~Copyable>(
    _ prefix: String, _ parts: Range<Int>, of count: Int, with ranks: borrowing Ranks,
    tree: (Int) -> StoredTree
  ) {
    for first in stride(from: 0, to: count, by: 8) {
      let window = (first..<min(first + 8, count)).clamped(to: parts)
      var message = ChunkMessage()
      for part in window { message.add(chunk: part, row: 0, TreeBytes.encoded(tree(part))) }
      guard let messages = ranks.gather(message.bytes, at: 0) else { continue }
      for part in messages.flatMap({ ChunkMessage(bytes: $0).parts }) {
        add(TreeBytes.decoded(Array(part.bytes)), as: TreeFileWriter.partName(prefix, part.chunk))
      }
    }
  }

  /// The name of a part: `lane-00012`.
  public static func partName(_ prefix: String, _ number: Int) -> String {
    let digits = String(number)
    return prefix + "-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  /// Closes the file, flushes it to the disk and gives it its name (rank 0; the others do nothing).
  ///
  /// Local.
  /// - Throws: the first thing that went wrong since the file was created.
  public func finish() throws(StorageError) {
    defer { file = nil }
    guard let output else { return }
    do throws(StorageError) {
      if let failure { throw failure }
      guard let file = self.file.take() else { return }
      try file.write(attribute: "complete", [HDF5Boolean(true)], isScalar: true, at: "/")
      try file.finish()
      try output.commit()
    } catch {
      throw StorageError(file: output.path, place: error.place, problem: error.problem)
    }
  }
}

extension StoredTree {
  /// A hash over names, kinds, shapes and the bits of all values.
  var checksum: String {
    var fingerprint = Fingerprint()
    fingerprint.add(words: TreeBytes.encoded(self))
    return fingerprint.description
  }
}
