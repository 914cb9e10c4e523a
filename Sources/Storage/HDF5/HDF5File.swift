import CDistfitHDF5
import Foundation

/// An open HDF5 file; closed with its last reference.
///
/// The shim lets one call in at a time, so that files may be used from any thread.
package final class HDF5File: Sendable {
  let identifier: distfit_id
  /// The file as the user named it.
  package let path: String

  /// The error number of the first write that failed, if this file is written; the file driver's to set.
  let writeFailure: WriteFailure?

  init(identifier: distfit_id, path: String, writeFailure: WriteFailure? = nil) {
    self.identifier = identifier
    self.path = path
    self.writeFailure = writeFailure
  }

  deinit { if writeFailure?.isClosed != true { distfit_hdf5_close(identifier) } }

  /// Throws if something could not be written so far, such as on a full disk.
  func requireWritten(_ place: String = "") throws(StorageError) {
    try writeFailure?.require(path, place)
  }

  /// Opens for reading.
  package static func reading(_ path: String) throws(StorageError) -> HDF5File {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw StorageError(file: path, problem: "no such file")
    }
    guard !isFolder.boolValue else {
      throw StorageError(file: path, problem: "is a folder, expected an HDF5 file")
    }
    var status = stat()
    guard stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
      throw StorageError(file: path, problem: "is a pipe, socket or device, expected an HDF5 file")
    }
    guard let start = FileManager.default.contents(atPath: path, first: 8) else {
      throw StorageError(file: path, problem: "cannot be read (check its permissions)")
    }
    if try PackedFile.holdsHDF5(path) {
      return try PackedFile.unpacked(path) { copy throws(StorageError) in try reading(copy) }
    }
    guard !start.isEmpty else {
      throw StorageError(
        file: path, problem: "is empty (0 bytes). Was the file still being written?")
    }
    let identifier = distfit_hdf5_open(path)
    guard identifier >= 0 else {
      let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
      throw StorageError(
        file: path,
        problem: start == signature
          ? "is truncated or damaged and not readable (\(hdf5Reason())). Copy or write it again"
          : "is not an HDF5 file (it does not start with the HDF5 signature)")
    }
    return HDF5File(identifier: identifier, path: path)
  }

  /// An error about an object in this file.
  package func error(_ place: String, _ problem: String) -> StorageError {
    StorageError(file: path, place: place.hasPrefix("/") ? place : "/" + place, problem: problem)
  }

  /// An error about an object in this file for which the library has a reason.
  func failure(_ place: String, _ problem: String, _ question: String = "") -> StorageError {
    let error = error(place, "\(problem): \(hdf5Reason())\(question)")
    return StorageError(
      file: path, place: error.place, problem: error.problem,
      systemCode: distfit_hdf5_error_number())
  }

  /// What a path leads to.
  package enum Kind: Sendable, Equatable {
    case missing, group, dataset, dangling, foreign, other
  }

  /// What is at a path.
  package func kind(_ place: String) -> Kind {
    switch Int(distfit_hdf5_kind(identifier, place)) {
    case Int(DISTFIT_GROUP): .group
    case Int(DISTFIT_DATASET): .dataset
    case Int(DISTFIT_DANGLING): .dangling
    case Int(DISTFIT_FOREIGN): .foreign
    case Int(DISTFIT_OTHER): .other
    default: .missing
    }
  }

  /// Where in the file an object lies: the same for all links to it.
  package func address(_ place: String) throws(StorageError) -> UInt64 {
    var address: UInt64 = 0
    guard distfit_hdf5_address(identifier, place, &address) >= 0 else {
      throw failure(place, "cannot be read")
    }
    return address
  }

  /// What to say of a link that leads into another file.
  package static let foreignLink =
    "is a link into another file, which distfit does not open. Write it into one file: read and save it with anndata"

  /// The names inside a group, in alphabetical order.
  package func names(in group: String) throws(StorageError) -> [String] {
    let texts = TextList()
    guard
      distfit_hdf5_names(
        identifier, group.isEmpty ? "/" : group, appendText,
        Unmanaged.passUnretained(texts).toOpaque()) >= 0
    else { throw failure(group, "cannot be listed") }
    return texts.texts
  }
}

/// Why the last call of this thread failed.
func hdf5Reason() -> String { String(cString: distfit_hdf5_error()) }

/// Collects the texts that the shim hands over one by one.
final class TextList {
  var texts: [String] = []
  /// Whether one of them is not UTF-8: names that differ could then become the same.
  var isDamaged = false
}

/// The shim's callback; the context is a `TextList`.
let appendText: distfit_text_callback = { context, bytes, length in
  guard let context, let bytes else { return }
  let list = Unmanaged<TextList>.fromOpaque(context).takeUnretainedValue()
  let raw = UnsafeRawBufferPointer(start: bytes, count: length)
  if let text = String(validating: raw, as: UTF8.self) {
    list.texts.append(text)
  } else {
    list.isDamaged = true
    list.texts.append(String(decoding: raw, as: UTF8.self))
  }
}

extension FileManager {
  /// The first bytes of a file; nil for a pipe, of which they would be gone, and for which one might wait for ever.
  func contents(atPath path: String, first count: Int) -> [UInt8]? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? handle.close() }
    do { return try handle.read(upToCount: count).map(Array.init) ?? [] } catch { return nil }
  }
}
