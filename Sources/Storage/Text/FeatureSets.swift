/// Named sets of features out of text files, plain or gzip.
///
/// Local.
public enum FeatureSets {
  /// A set of genes.
  public struct GeneSet: Sendable, Equatable {
    /// What the set is called, as in the first column.
    public let name: String
    /// Names of its genes.
    public let genes: [String]
  }

  /// A set of intervals.
  public struct RegionSet: Sendable {
    /// What the set is called: the fourth column, or the file's name.
    public let name: String
    /// From the first base, counted from 0, up to but not including the last.
    public let regions: [(chromosome: String, range: Range<Int>)]
  }

  /// A GMT file: name, description, genes, between tabs.
  ///
  /// - Throws: `StorageError` with the line of a set without genes; where there is no set.
  public static func gmt(_ path: String) throws(StorageError) -> [GeneSet] {
    var text = try DelimitedText(path, .tab)
    var sets: [GeneSet] = []
    while try text.next() {
      let fields = text.all
      let genes = fields.dropFirst(2).filter { !$0.isEmpty }
      guard !genes.isEmpty else {
        throw text.error("has no genes, expected a name, a description, then genes between tabs")
      }
      sets.append(GeneSet(name: fields[0], genes: genes))
    }
    guard !sets.isEmpty else { throw StorageError(file: path, problem: "has no gene sets") }
    return sets
  }

  /// A BED file: chromosome, start, end and, if there, the name of the set; all lines without names are one set
  /// with the file's name.
  ///
  /// - Throws: `StorageError` with the line that is no interval; where there is none.
  public static func bed(_ path: String) throws(StorageError) -> [RegionSet] {
    var text = try DelimitedText(path, .blanks)
    var names: [String] = []
    var regions: [String: [(chromosome: String, range: Range<Int>)]] = [:]
    let own = String(path.split(separator: "/").last ?? "regions")
    while try text.next() {
      if ["track", "browser"].contains(text[0]) || text[0].hasPrefix("#") { continue }
      guard text.count >= 3, let start = Int(text[1]), let end = Int(text[2]), start >= 0,
        start < end
      else {
        throw text.error("is no interval, expected a chromosome, a start and a later end")
      }
      let name = text.count > 3 ? text[3] : own
      if regions[name] == nil { names.append(name) }
      regions[name, default: []].append((text[0], start..<end))
    }
    guard !names.isEmpty else { throw StorageError(file: path, problem: "has no intervals") }
    return names.map { RegionSet(name: $0, regions: regions[$0] ?? []) }
  }

  /// Names, one a line: the first field of each.
  ///
  /// - Throws: `StorageError` where there is none.
  public static func names(_ path: String) throws(StorageError) -> [String] {
    var text = try DelimitedText(path, .usual(for: path))
    var names: [String] = []
    while try text.next() { names.append(text[0]) }
    guard !names.isEmpty else { throw StorageError(file: path, problem: "has no names") }
    return names
  }
}
