import CDistfitHDF5
import Foundation

/// Writes a table line by line, fields between tabs; gzip where the name ends in `.gz`.
///
/// The file appears under its name only when `finish` returns.
///
/// Local.
public final class TableWriter {
  /// nil: standard output.
  private let output: AtomicFile?
  private var stream: UnsafeMutableRawPointer?
  private var buffer: [UInt8] = []

  /// Creates the file with its header.
  ///
  /// - Parameter path: nil for standard output.
  /// - Throws: `StorageError` where the name is taken and `overwrite` is false, or the folder cannot be written.
  public init(_ path: String?, header: [String], overwrite: Bool) throws(StorageError) {
    guard let path else {
      output = nil
      try append(header)
      return
    }
    let file = try AtomicFile(path, overwrite: overwrite)
    output = file
    stream = distfit_gzip_create(file.descriptor, path.lowercased().hasSuffix(".gz") ? 1 : 0)
    guard stream != nil else { throw .system(path, "cannot be created") }
    try append(header)
  }

  deinit { if let stream { _ = distfit_gzip_finish(stream) } }

  /// Adds a line.
  ///
  /// - Throws: `StorageError` where the disk is full and the like.
  public func append(_ fields: [String]) throws(StorageError) {
    for (index, field) in fields.enumerated() {
      if index > 0 { buffer.append(UInt8(ascii: "\t")) }
      buffer.append(contentsOf: field.utf8)
    }
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count > 1 << 20 { try flush() }
  }

  private func flush() throws(StorageError) {
    let isWritten =
      output == nil
      ? (try? FileHandle.standardOutput.write(contentsOf: Data(buffer))) != nil
      : distfit_gzip_write(stream, buffer, UInt32(buffer.count)) == 0
    guard isWritten else {
      throw .system(output?.path ?? "standard output", "cannot be written")
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Closes the file and gives it its name.
  ///
  /// - Throws: `StorageError` where the disk is full and the like; then nothing stands under the name.
  public func finish() throws(StorageError) {
    try flush()
    guard let output else { return }
    let status = distfit_gzip_finish(stream)
    stream = nil
    guard status == 0 else { throw .system(output.path, "cannot be written") }
    try output.commit()
  }
}
