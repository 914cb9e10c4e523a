import Foundation
import Modeling

/// Reads a group, with everything in it, as a tree.
struct TreeReader {
  let file: HDF5File

  init(_ file: HDF5File) { self.file = file }

  /// The tree at a path. Objects that a tree cannot hold (compound values, anndata's null) are left out.
  func read(_ place: String) throws(StorageError) -> StoredTree {
    guard let tree = try node(place, depth: 0) else {
      throw file.error(place, "holds neither numbers nor texts")
    }
    return tree
  }

  private func node(_ place: String, depth: Int) throws(StorageError) -> StoredTree? {
    guard depth < 64 else {
      throw file.error(place, "is nested more than 64 deep. Is the file damaged?")
    }
    switch file.kind(place) {
    case .group:
      var members: [String: StoredTree] = [:]
      for name in try file.names(in: place) {
        members[TreeNames.decoded(name)] = try node("\(place)/\(name)", depth: depth + 1)
      }
      return .group(members)
    case .dataset: return try leaf(HDF5Dataset(file, place))
    case .missing: throw file.error(place, "is missing")
    default: return nil
    }
  }

  private func leaf(_ dataset: HDF5Dataset) throws(StorageError) -> StoredTree? {
    let description = dataset.description
    if description.isNull { return nil }
    let shape = description.shape
    let isScalar = shape.isEmpty
    switch description.kind {
    case .text:
      let texts = try dataset.readTexts()
      return isScalar ? .string(texts.first ?? "") : .strings(texts)
    case .boolean:
      let values = try dataset.readAll(as: HDF5Boolean.self).map(\.isTrue)
      return isScalar ? .flag(values.first ?? false) : .flags(values)
    case .integer:
      let values = try dataset.readAll(as: Int64.self)
      return isScalar ? .integer(values.first ?? 0) : .integers(values, shape: shape)
    case .real(let bytes):
      if isScalar { return .number(try dataset.readAll(as: Double.self).first ?? 0) }
      return bytes <= 4
        ? .floats(try dataset.readAll(), shape: shape)
        : .doubles(try dataset.readAll(), shape: shape)
    case .other: return nil
    }
  }
}

/// Names of members in a file: HDF5 keeps `/` for itself and `.` for the group.
enum TreeNames {
  /// `/` becomes `%2F`, `%` becomes `%25`, a name of dots or none at all `%` and the rest.
  static func encoded(_ name: String) -> String {
    var text = name.replacingOccurrences(of: "%", with: "%25")
      .replacingOccurrences(of: "/", with: "%2F")
    if text == "." { text = "%2E" }
    if text.isEmpty { text = "%00" }
    return text
  }

  /// The name that ``encoded(_:)`` made this member's name from.
  static func decoded(_ name: String) -> String {
    guard name.contains("%") else { return name }
    return name.replacingOccurrences(of: "%00", with: "")
      .replacingOccurrences(of: "%2E", with: ".")
      .replacingOccurrences(of: "%2F", with: "/")
      .replacingOccurrences(of: "%25", with: "%")
  }
}
