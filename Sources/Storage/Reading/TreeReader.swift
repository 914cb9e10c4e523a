import Foundation
import Modeling

/// Reads a group, with everything in it, as a tree.
struct TreeReader {
  let file: HDF5File

  init(_ file: HDF5File) { self.file = file }

  /// The tree at a path. Objects that a tree cannot hold (compound values, anndata's null) are left out.
  func read(_ place: String) throws(StorageError) -> StoredTree {
    var walk = Walk()
    guard let tree = try node(place, &walk) else {
      throw file.error(place, "holds neither numbers nor texts")
    }
    return tree
  }

  /// What has been seen on the way: links may lead round in a circle, or branch until nobody comes to an end.
  private struct Walk {
    var groups: [UInt64] = []
    var objectCount = 0
    static let (deepest, mostObjects) = (64, 20_000)
  }

  private func node(_ place: String, _ walk: inout Walk) throws(StorageError) -> StoredTree? {
    walk.objectCount += 1
    guard walk.groups.count < Walk.deepest else {
      throw file.error(place, "is nested more than \(Walk.deepest) deep. Is the file damaged?")
    }
    guard walk.objectCount <= Walk.mostObjects else {
      throw file.error(
        place,
        "is one of more than \(Walk.mostObjects) objects. Do links lead there again and again?")
    }
    switch file.kind(place) {
    case .group:
      let address = try file.address(place)
      guard !walk.groups.contains(address) else {
        throw file.error(place, "is a link to a group that it lies in, which never ends")
      }
      walk.groups.append(address)
      defer { walk.groups.removeLast() }
      var members: [String: StoredTree] = [:]
      for name in try file.names(in: place) {
        members[TreeNames.decoded(name)] = try node("\(place)/\(name)", &walk)
      }
      return .group(members)
    case .dataset:
      let dataset = try HDF5Dataset(file, place)
      try require(dataset)
      return try leaf(dataset)
    case .foreign: throw file.error(place, HDF5File.foreignLink)
    case .missing: throw file.error(place, "is missing")
    default: return nil
    }
  }

  /// Refuses what is far larger than what the file holds of it: parameters of a fit are not all zeros.
  private func require(_ dataset: HDF5Dataset) throws(StorageError) {
    let description = dataset.description
    let (bytes, overflow) = description.count.multipliedReportingOverflow(
      by: max(8, description.elementBytes))
    let stored = description.storedBytes.multipliedReportingOverflow(by: 100).partialValue
    guard !overflow, bytes <= max(256 << 20, stored) else {
      throw dataset.error(
        "claims \(description.count) values, but the file holds \(description.storedBytes) bytes of them. Is it damaged?"
      )
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
