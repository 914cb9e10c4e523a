import Foundation
public import Modeling

/// Ancestry as a table: shares of the donors and frequencies of the variants in one file.
///
///     kind     name      1        2
///     donor    NA18501   0.93     0.07
///     variant  rs4240911 0.61     0.24
///
/// Tabs, a header; `.gz` is read too.
public enum AncestryFile {
  /// Reads a file.
  ///
  /// Local.
  /// - Throws: `StorageError` naming the line that is not as expected.
  public static func read(_ path: String) throws(StorageError) -> Ancestry {
    guard FileManager.default.fileExists(atPath: path) else {
      throw StorageError(file: path, problem: "does not exist")
    }
    let lines = try GzipText.lines(path)
    func fields(_ line: String) -> [Substring] {
      line.split(separator: "\t", omittingEmptySubsequences: false)
    }
    guard let header = lines.first.map(fields), header.count >= 3, header[0] == "kind" else {
      throw StorageError(
        file: path,
        problem:
          "has no ancestry: expected the header kind, name, 1, 2, … of distfit tblda ancestry"
      )
    }
    var donors: [String] = []
    var variants: [String] = []
    var shares: [Double] = []
    var frequencies: [Double] = []
    for (number, line) in lines.enumerated().dropFirst() where !line.isEmpty {
      let fields = fields(line)
      let values = fields.dropFirst(2).compactMap { Double($0) }
      guard fields.count == header.count, values.count == header.count - 2 else {
        throw StorageError(
          file: path, place: "line \(number + 1)",
          problem: "is not a kind, a name and \(header.count - 2) numbers")
      }
      switch fields[0] {
      case "donor" where values.allSatisfy { $0 >= 0 } && values.contains { $0 > 0 }:
        donors.append(String(fields[1]))
        shares += values
      case "variant" where values.allSatisfy { $0 >= 0 && $0 <= 1 }:
        variants.append(String(fields[1]))
        frequencies += values
      case "donor", "variant":
        throw StorageError(
          file: path, place: "line \(number + 1)", problem: "has numbers outside 0…1")
      default:
        throw StorageError(
          file: path, place: "line \(number + 1)",
          problem: "is of kind \"\(fields[0])\", expected donor or variant")
      }
    }
    guard !donors.isEmpty, !variants.isEmpty else {
      throw StorageError(file: path, problem: "has no donors or no variants")
    }
    return Ancestry(
      donors: donors, variants: variants, populationCount: header.count - 2, shares: shares,
      frequencies: frequencies)
  }

  /// Fails now if a file could not be written later.
  ///
  /// - Throws: `StorageError` where the name is taken or the folder cannot be written.
  public static func requireWritable(_ path: String, overwrite: Bool) throws(StorageError) {
    try AtomicFile.requireWritable(path, overwrite: overwrite)
  }

  /// Writes a file.
  ///
  /// Local.
  /// - Throws: `StorageError` where it exists and may not be replaced, or cannot be written.
  public static func write(
    _ ancestry: Ancestry, to path: String, overwrite: Bool
  ) throws(StorageError) {
    let J = ancestry.populationCount
    var text = "kind\tname\t" + (1...J).map(String.init).joined(separator: "\t") + "\n"
    func add(_ kind: String, _ names: [String], _ values: [Double]) {
      for (index, name) in names.enumerated() {
        let row = values[index * J..<(index + 1) * J].map { "\($0)" }.joined(separator: "\t")
        text += "\(kind)\t\(name)\t\(row)\n"
      }
    }
    add("donor", ancestry.donors, ancestry.shares)
    add("variant", ancestry.variants, ancestry.frequencies)
    try AtomicFile.write(text, to: path, overwrite: overwrite)
  }
}
