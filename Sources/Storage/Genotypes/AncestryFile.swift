import Foundation
public import Modeling

/// Ancestry as a table: shares of the donors and frequencies of the variants in one file.
///
///     kind     name       chromosome  position  counted_allele  other_allele  1        2
///     donor    NA18501                                                       0.93     0.07
///     variant  rs4240911  1           1355433   G               T             0.61     0.24
///
/// Frequencies are of the counted allele. Tabs, a header; `.gz` is read too, and tables of earlier versions, which lack the
/// columns between the name and the populations.
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
    var variants: [Variant] = []
    var shares: [Double] = []
    var frequencies: [Double] = []
    // Where the shares begin: after what describes variants, if that is there.
    let first = header.starts(with: columns) ? columns.count : 2
    let populationCount = header.count - first
    guard populationCount > 0 else {
      throw StorageError(file: path, place: "line 1", problem: "names no populations")
    }
    for (number, line) in lines.enumerated().dropFirst() where !line.isEmpty {
      let fields = fields(line)
      let values = fields.dropFirst(first).compactMap { Double($0) }
      guard fields.count == header.count, values.count == populationCount else {
        throw StorageError(
          file: path, place: "line \(number + 1)",
          problem:
            "is not a kind, a name\(first > 2 ? ", a place, alleles" : "") and \(populationCount) numbers"
        )
      }
      switch fields[0] {
      case "donor" where values.allSatisfy { $0 >= 0 } && values.contains { $0 > 0 }:
        donors.append(String(fields[1]))
        shares += values
      case "variant" where values.allSatisfy { $0 >= 0 && $0 <= 1 }:
        variants.append(variant(fields.prefix(first)))
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
      donors: donors, variants: variants, populationCount: populationCount, shares: shares,
      frequencies: frequencies)
  }

  private static let columns: [Substring] = [
    "kind", "name", "chromosome", "position", "counted_allele", "other_allele",
  ]

  private static func variant(_ fields: ArraySlice<Substring>) -> Variant {
    let words = fields.map(String.init)
    guard words.count == columns.count else { return Variant(name: words[1]) }
    return Variant(
      name: words[1], chromosome: words[2], position: Int64(words[3]) ?? 0, counted: words[4],
      other: words[5])
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
    var text = (columns + (1...J).map { "\($0)" }).joined(separator: "\t") + "\n"
    func add(_ kind: String, _ descriptions: [[String]], _ values: [Double]) {
      for (index, fields) in descriptions.enumerated() {
        let row = values[index * J..<(index + 1) * J].map { "\($0)" }
        text += ([kind] + fields + row).joined(separator: "\t") + "\n"
      }
    }
    add("donor", ancestry.donors.map { [$0, "", "", "", ""] }, ancestry.shares)
    add(
      "variant",
      ancestry.variants.map {
        [$0.name, $0.chromosome, $0.position > 0 ? "\($0.position)" : "", $0.counted, $0.other]
      }, ancestry.frequencies)
    try AtomicFile.write(text, to: path, overwrite: overwrite)
  }
}
