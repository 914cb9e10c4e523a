public import Modeling

/// An `.h5mu` file, open for reading: modalities, each an AnnData, and how their rows belong together.
///
/// Local.
public struct MuDataFile: Sendable {
  /// The file as the user named it.
  public var path: String { file.path }
  /// The modalities in the file's order.
  public let modalityNames: [String]
  /// Rows of the whole: cells that are in any modality.
  public let rowCount: Int
  private let file: HDF5File

  /// Opens a file.
  ///
  /// - Throws: `StorageError` where it has no modalities or no `obs`.
  public init(_ path: String) throws(StorageError) {
    file = try HDF5File.reading(path)
    guard file.kind("mod") == .group else {
      throw file.error("mod", "is missing. A MuData file has its modalities there")
    }
    let names = try file.texts("mod", "mod-order") ?? file.names(in: "mod")
    guard !names.isEmpty else { throw file.error("mod", "has no modalities") }
    for name in names where file.kind("mod/\(name)") != .group {
      throw file.error("mod/\(name)", "is missing, though mod-order lists it")
    }
    modalityNames = names
    rowCount = try DataFrameReader(file, "obs").indexLength()
    guard rowCount > 0 else { throw file.error("obs", "has no cells") }
  }

  /// One modality.
  ///
  /// - Throws: `StorageError` where there is none of that name, or it is no AnnData.
  public func modality(_ name: String) throws(StorageError) -> AnnDataFile {
    guard modalityNames.contains(name) else {
      throw file.error(
        "mod/\(name)", "is missing. The file has: \(modalityNames.joined(separator: ", "))")
    }
    return try AnnDataFile(anndata: file, root: "mod/\(name)/")
  }

  /// The `obs` of the whole: names and annotations of all rows.
  public func rows(warnings: inout [String]) throws(StorageError) -> Table {
    try DataFrameReader(file, "obs").table(warnings: &warnings)
  }

  /// For every row of the whole its row in a modality; nil where the modality does not have it.
  ///
  ///     obsmap/NAME: the row counted from 1, or 0          (mudata ≥ 0.1; found by name without it)
  ///
  /// - Throws: `StorageError` where a position lies beyond the modality, or two rows share one.
  public func positions(in modality: String) throws(StorageError) -> [Int?] {
    let part = try self.modality(modality)
    let place = "obsmap/\(modality)"
    guard file.kind(place) == .dataset else { return try positionsByName(part) }
    let dataset = try HDF5Dataset(file, place)
    let map: [Int64] = try dataset.readAll()
    guard map.count == rowCount else {
      throw dataset.error("has \(map.count) entries, expected \(rowCount) (the rows of obs)")
    }
    var isTaken = [Bool](repeating: false, count: part.rowCount)
    for (row, position) in map.enumerated() where position != 0 {
      guard position > 0, position <= part.rowCount else {
        throw dataset.error(
          "has the position \(position) for row \(row), expected 0 … \(part.rowCount) (the rows of /mod/\(modality))"
        )
      }
      guard !isTaken[Int(position) - 1] else {
        throw dataset.error("has the position \(position) twice (again in row \(row))")
      }
      isTaken[Int(position) - 1] = true
    }
    return map.map { $0 == 0 ? nil : Int($0) - 1 }
  }

  private func positionsByName(_ part: AnnDataFile) throws(StorageError) -> [Int?] {
    var ignored: [String] = []
    let names = try part.rows(warnings: &ignored).names
    let positions = Dictionary(
      zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    return try rows(warnings: &ignored).names.map { positions[$0] }
  }
}
