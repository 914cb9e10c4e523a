import Modeling

/// The frame of a 10x `.h5` file: barcodes and features, and the group that has them.
///
/// | | Cell Ranger 3 and later | Cell Ranger 2 |
/// |---|---|---|
/// | group | `matrix` | the genome's name |
/// | features | `features/{id,name,feature_type,genome}` | `genes`, `gene_names` |
/// | matrix | columns are barcodes: our rows | the same |
struct TenXFile: Sendable {
  let file: HDF5File
  let group: String
  let isOld: Bool
  let rows: Table
  let columns: Table
  let warnings: [String]

  /// Nil if this is no 10x file.
  init?(_ file: HDF5File) throws(StorageError) {
    guard file.kind("obs") == .missing, file.kind("mod") == .missing else { return nil }
    let groups = try file.names(in: "").filter {
      file.kind("\($0)/barcodes") == .dataset && file.kind("\($0)/indptr") == .dataset
    }
    guard let group = groups.contains("matrix") ? "matrix" : groups.first else { return nil }
    guard group == "matrix" || groups.count == 1 else {
      throw StorageError(
        file: file.path,
        problem:
          "has the genomes \(groups.joined(separator: ", ")), expected one. Write one of them to a file of its own"
      )
    }
    self.file = file
    self.group = group
    isOld = group != "matrix"
    let barcodes = try HDF5Dataset(file, group + "/barcodes").readTexts()
    rows = Table(names: barcodes)
    if isOld {
      guard file.kind(group + "/genes") == .dataset else {
        throw file.error(
          group + "/genes",
          "is missing. Is it a 10x file? Those of Cell Ranger 3 have a group matrix")
      }
      (columns, warnings) = try Self.table(
        file, names: group + "/gene_names", ids: group + "/genes", others: [:])
    } else {
      let features = group + "/features"
      guard file.kind(features) == .group else { throw file.error(features, "is missing") }
      (columns, warnings) = try Self.table(
        file, names: features + "/name", ids: features + "/id",
        others: ["feature_types": features + "/feature_type", "genome": features + "/genome"])
    }
    guard rows.count > 0 else { throw file.error(group + "/barcodes", "has no cells") }
    guard columns.count > 0 else { throw file.error(group, "has no features") }
  }

  private static func table(
    _ file: HDF5File, names: String, ids: String, others: [String: String]
  ) throws(StorageError) -> (Table, [String]) {
    let identifiers = try HDF5Dataset(file, ids).readTexts()
    let namesRead = try HDF5Dataset(file, names).readTexts()
    guard namesRead.count == identifiers.count else {
      throw file.error(
        names,
        "has \(namesRead.count) entries, expected \(identifiers.count) (the length of /\(ids))")
    }
    var columns = [NamedColumn("gene_ids", .strings(identifiers))]
    for (name, place) in others.sorted(by: { $0.key < $1.key }) where file.kind(place) == .dataset {
      let values = try HDF5Dataset(file, place).readTexts()
      guard values.count == identifiers.count else {
        throw file.error(place, "has \(values.count) entries, expected \(identifiers.count)")
      }
      columns.append(FeatureTable.categories(name, values))
    }
    return FeatureTable.made(file.path, names: namesRead, columns: columns)
  }
}

/// What the 10x formats have in common: genes with names that may come twice, and kinds of features.
enum FeatureTable {
  /// The table with names made unique, and a word about that.
  static func made(
    _ path: String, names: [String], columns: [NamedColumn]
  ) -> (Table, warnings: [String]) {
    var warnings: [String] = []
    let (unique, changed, first) = unique(names)
    if changed > 0 {
      warnings.append(
        "\(path): \(changed) feature names stand more than once (first: \(first)); -1, -2 … is appended to the later ones"
      )
    }
    return (Table(names: unique, columns: columns), warnings)
  }

  /// A text column as categories, in the order of the alphabet.
  static func categories(_ name: String, _ values: [String]) -> NamedColumn {
    guard let (codes, names) = Column.strings(values).asCategories else {
      return NamedColumn(name, .strings(values))
    }
    return NamedColumn(name, .categories(codes: codes, names: names, isOrdered: false))
  }

  /// As anndata's `var_names_make_unique`: NAME, NAME-1, NAME-2 …, skipping names that are taken.
  private static func unique(_ names: [String]) -> ([String], changed: Int, first: String) {
    var taken = Set(names)
    guard taken.count < names.count else { return (names, 0, "") }
    var seen: Set<String> = []
    var next: [String: Int] = [:]
    var changed = 0
    var first = ""
    let unique = names.map { name in
      if seen.insert(name).inserted { return name }
      if changed == 0 { first = name }
      changed += 1
      var number = next[name] ?? 1
      while taken.contains("\(name)-\(number)") { number += 1 }
      next[name] = number + 1
      taken.insert("\(name)-\(number)")
      return "\(name)-\(number)"
    }
    return (unique, changed, first)
  }
}
