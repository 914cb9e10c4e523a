import Modeling

/// What a MuData file holds: several AnnData under `/mod`, and which of the common rows each has.
///
///     /mod/NAME          an AnnData
///     /obsmap/NAME       for each row of /obs its row in the modality, from 1; 0: not there
///
/// Source: MuData file format, https://mudata.readthedocs.io/stable/io/spec.html
struct Modalities {
  let file: HDF5File
  /// In the file's order.
  let names: [String]

  /// The modalities; nil where the file is no MuData file.
  ///
  /// - Throws: where it says that it is one, but has none.
  init?(_ file: HDF5File) throws(StorageError) {
    let isMuData = file.text("", "encoding-type") == "MuData"
    guard isMuData || (file.kind("mod") == .group && file.kind("X") == .missing) else { return nil }
    guard file.kind("mod") == .group else {
      throw file.error("mod", "is missing: a MuData file has its modalities there")
    }
    self.file = file
    let there = try file.names(in: "mod")
    let order = file.texts("mod", "mod-order") ?? there
    names = order.filter(there.contains) + there.filter { !order.contains($0) }
    guard !names.isEmpty else { throw file.error("mod", "is empty: there is no modality") }
  }

  /// The modality that was asked for, or the only one.
  ///
  /// - Throws: where there is none of this name, or several and none was asked for.
  func chosen(_ asked: String?) throws(StorageError) -> String {
    let list = names.joined(separator: ", ")
    guard let asked else {
      guard names.count == 1 else {
        throw file.error("mod", "has the modalities \(list). Choose one: --modality \(names[0])")
      }
      return names[0]
    }
    guard names.contains(asked) else {
      let hint = nearestName(to: asked, among: names).map { "; did you mean \($0)?" } ?? ""
      throw file.error("mod", "has no modality \(asked)\(hint). It has: \(list)")
    }
    return asked
  }

  /// For each row of a modality its row in the common `/obs`; nil where the file does not say.
  ///
  /// - Throws: where the map does not fit the modality.
  func commonRows(of name: String, rowCount: Int) throws(StorageError) -> [Int]? {
    let place = "obsmap/\(name)"
    guard file.kind("obs") == .group, file.kind(place) == .dataset else { return nil }
    let map: [Int64] = try HDF5Dataset(file, place).readAll()
    let count = try DataFrameReader(file, "obs").indexLength()
    guard map.count == count else {
      throw file.error(place, "has \(map.count) entries, expected \(count) (the rows of obs)")
    }
    var rows = [Int](repeating: -1, count: rowCount)
    for (row, own) in map.enumerated() where own != 0 {
      guard own > 0, own <= rowCount else {
        throw file.error(
          place, "points to row \(own) of the modality, expected 1…\(rowCount), or 0")
      }
      rows[Int(own) - 1] = row
    }
    return rows.contains(-1) ? nil : rows
  }

  /// The columns of the common `/obs` for the rows of a modality.
  func commonColumns(
    of name: String, rowCount: Int, warnings: inout [String]
  ) throws(StorageError) -> [NamedColumn] {
    guard let rows = try commonRows(of: name, rowCount: rowCount) else { return [] }
    return try DataFrameReader(file, "obs").table(warnings: &warnings).selecting(rows).columns
  }
}

extension AnnDataFile {
  /// The modalities of a MuData file, in its order; empty for all other files.
  ///
  /// - Throws: `StorageError` where the file cannot be opened.
  public static func modalities(of path: String) throws(StorageError) -> [String] {
    try ForeignFormat.refuse(path)
    guard try FileKind(path) == .hdf5 else { return [] }
    return try Modalities(HDF5File.reading(path))?.names ?? []
  }

  /// What the modalities of a MuData file share: `obs` of all rows, `obsm`, `uns`.
  ///
  /// - Throws: `StorageError` where the file is none, or has no common tables.
  public static func common(of path: String) throws(StorageError) -> AnnDataFile {
    try AnnDataFile(anndata: HDF5File.reading(path), root: "")
  }

  /// For each row of the common `obs` its row in a modality, −1 where it has none; nil where the two are the same.
  ///
  /// - Parameters:
  ///   - names: of the common rows.
  ///   - own: names of the modality's rows.
  /// - Throws: `StorageError` where the file's map does not fit, or the modality has rows that are not in `obs`.
  public static func places(
    of modality: String, in path: String, names: [String], own: [String]
  ) throws(StorageError) -> [Int]? {
    let file = try HDF5File.reading(path)
    var places = [Int](repeating: -1, count: names.count)
    if let common = try Modalities(file)?.commonRows(of: modality, rowCount: own.count) {
      for (row, place) in common.enumerated() { places[place] = row }
    } else {
      let common = Dictionary(zip(names, 0...), uniquingKeysWith: { first, _ in first })
      for (row, name) in own.enumerated() {
        guard let place = common[name], places[place] < 0 else {
          throw file.error(
            "mod/\(modality)/obs", "has the row \(name), which /obs does not have, or has once only"
          )
        }
        places[place] = row
      }
    }
    return places == Array(names.indices) ? nil : places
  }
}
