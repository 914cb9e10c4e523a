import Foundation
import Storage

/// Fits in a folder, such as a sweep's.
enum FitFolder {
  /// The fits at a path, those of a folder in the order of their paths.
  ///
  /// - Throws: `StorageError` where nothing is there.
  static func fits(at path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw StorageError(file: path, problem: "does not exist")
    }
    guard isFolder.boolValue else { return [path] }
    let inside = FileManager.default.enumerator(atPath: path)
    var found: [String] = []
    while let name = inside?.nextObject() as? String {
      if name.hasSuffix(".h5ad") || name.hasSuffix(".h5mu") { found.append("\(path)/\(name)") }
    }
    guard !found.isEmpty else { throw StorageError(file: path, problem: "has no fits in it") }
    return found.sorted()
  }
}
