import Foundation

/// What a file of counts is, by its first bytes where its name does not say so.
enum FileKind {
  case hdf5
  case market
  case text

  /// Endings of HDF5 files: what else is inside is damage.
  private static let hdf5Endings = [".h5ad", ".h5mu", ".h5", ".hdf5", ".loom"]

  /// The kind of a file or folder that is there; nil where there is none.
  init?(_ path: String) throws(StorageError) {
    if MarketFolder.isMeant(by: path) {
      self = .market
      return
    }
    let name = path.lowercased()
    if TextMatrix.isMeant(by: path) {
      // A table may hold a matrix of MatrixMarket, whatever it is called.
      self = try Self.beginsAsMarket(path) ? .market : .text
      return
    }
    guard FileManager.default.fileExists(atPath: path),
      !Self.hdf5Endings.contains(where: { name.hasSuffix($0) || name.hasSuffix($0 + ".gz") }),
      let start = FileManager.default.contents(atPath: path, first: 512), !start.isEmpty,
      !start.starts(with: PackedFile.hdf5Signature)
    else {
      self = .hdf5
      return
    }
    if start.starts(with: [0x1f, 0x8b]) {
      self = try PackedFile.holdsHDF5(path) ? .hdf5 : Self.beginsAsMarket(path) ? .market : .text
      return
    }
    let isText = start.allSatisfy { $0 >= 0x20 || [0x09, 0x0a, 0x0d].contains($0) }
    self = !isText ? .hdf5 : try Self.beginsAsMarket(path) ? .market : .text
  }

  private static func beginsAsMarket(_ path: String) throws(StorageError) -> Bool {
    guard FileManager.default.contents(atPath: path, first: 1) != nil else { return false }
    var text = try GzipText(path)
    for byte in "%%MatrixMarket".utf8 {
      guard try text.peek() == byte else { return false }
      text.advance()
    }
    return true
  }
}

/// HDF5 files that were packed as a whole: `.h5ad.gz`, as archives keep them.
enum PackedFile {
  static let hdf5Signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

  /// Whether a file is gzip around HDF5.
  static func holdsHDF5(_ path: String) throws(StorageError) -> Bool {
    guard FileManager.default.contents(atPath: path, first: 2) == [0x1f, 0x8b] else { return false }
    var text = try GzipText(path)
    for byte in hdf5Signature {
      guard try text.peek() == byte else { return false }
      text.advance()
    }
    return true
  }

  /// Unpacks a file into the folder for temporary files, lets `body` open it there, and takes its name away.
  static func unpacked<Result>(
    _ path: String, _ body: (String) throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    let name = (path as NSString).lastPathComponent
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "distfit-\(UUID().uuidString)")
    let copy = folder.appendingPathComponent(
      name.lowercased().hasSuffix(".gz") ? String(name.dropLast(3)) : name)
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try Data().write(to: copy)
      let file = try FileHandle(forWritingTo: copy)
      defer { try? file.close() }
      var bytes = try GzipText(path)
      while let piece = try bytes.nextPiece() { try file.write(contentsOf: piece) }
    } catch let error as StorageError {
      throw error
    } catch {
      throw StorageError(
        file: path,
        problem:
          "cannot be unpacked into \(folder.deletingLastPathComponent().path): \(error.localizedDescription)"
      )
    }
    do throws(StorageError) {
      try HDF5Check.require([copy.path])
    } catch {
      throw StorageError(file: path, place: error.place, problem: error.problem)
    }
    return try body(copy.path)
  }
}
