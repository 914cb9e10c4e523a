public import Modeling

/// An `.h5ad` file (or one modality of an `.h5mu` file), open for reading.
///
/// Written by anndata 0.7 or later: both generations of encodings are understood. Every rank opens the file
/// for itself; nothing here communicates.
///
/// Local.
public struct AnnDataFile: Sendable {
  /// The file as the user named it.
  public var path: String { file.path }
  /// Cells: entries of the index of `obs`.
  public let rowCount: Int
  /// Genes: entries of the index of `var`.
  public let columnCount: Int
  let file: HDF5File
  /// The group that holds it: empty, or `mod/NAME`.
  let root: String

  /// Opens a file.
  ///
  /// - Parameter modality: of a MuData file.
  /// - Throws: `StorageError` where this is no HDF5 file, or one without `obs` and `var`.
  public init(_ path: String, modality: String? = nil) throws(StorageError) {
    try self.init(HDF5File.reading(path), root: modality.map { "mod/\($0)/" } ?? "")
  }

  init(_ file: HDF5File, root: String) throws(StorageError) {
    self.file = file
    self.root = root
    for name in ["obs", "var"] {
      switch file.kind(root + name) {
      case .group: break
      case .dataset:
        throw file.error(
          root + name,
          "is a compound table as anndata before 0.7 wrote it. Open and save the file with a current anndata"
        )
      case .missing where file.kind("mod") == .group && root.isEmpty:
        throw file.error(
          root + name,
          "is missing, but there are modalities under /mod. Choose one, or name the file .h5mu")
      case .missing where root.isEmpty && file.kind("matrix") == .group:
        throw file.error(root + name, "is missing; this is a 10x file: name it .h5")
      default: throw file.error(root + name, "is missing. An AnnData file has obs, var and X")
      }
    }
    rowCount = try DataFrameReader(file, root + "obs").indexLength()
    columnCount = try DataFrameReader(file, root + "var").indexLength()
    guard rowCount > 0 else { throw file.error(root + "obs", "has no cells") }
    guard columnCount > 0 else { throw file.error(root + "var", "has no features") }
  }

  // MARK: - What is in the file

  /// The names of the layers.
  public var layerNames: [String] { members("layers") }
  /// Whether there is a `raw/X`.
  public var hasRaw: Bool { isThere("raw/X") }
  /// The names in a group such as `obsm`, `obsp`, `uns`; empty where there is none.
  public func members(_ group: String) -> [String] {
    guard file.kind(root + group) == .group else { return [] }
    return (try? file.names(in: root + group)) ?? []
  }

  /// Whether there is something, such as `obsm/X_pca`.
  public func isThere(_ place: String) -> Bool {
    let kind = file.kind(root + place)
    return kind == .group || kind == .dataset
  }

  /// The columns of `obs`, `var` or `raw/var` by name, in the file's order, without reading them.
  public func columnNames(of table: String) throws(StorageError) -> [String] {
    try DataFrameReader(file, root + table).columnNames()
  }

  /// The encoding of an object in words, for `inspect`: `csr_matrix 0.1.0`, `array 0.2.0 (32-bit …) [500, 2000]`.
  public func encoding(of place: String) -> String {
    let type = file.text(root + place, "encoding-type")
    let version = file.text(root + place, "encoding-version")
    var words = [type, version].compactMap { $0 }.filter { !$0.isEmpty }
    if let dataset = try? HDF5Dataset(file, root + place) {
      words.append("\(dataset.description.kind.text) \(dataset.description.shape)")
    }
    return words.isEmpty ? "no encoding" : words.joined(separator: " ")
  }

  // MARK: - Tables

  /// `obs`: cell names and their annotations, all of them.
  public func rows(warnings: inout [String]) throws(StorageError) -> Table {
    try DataFrameReader(file, root + "obs").table(warnings: &warnings)
  }

  /// `var`, or `raw/var` for the raw matrix: gene names and their annotations, all of them.
  public func columns(
    of source: MatrixSource = .main, warnings: inout [String]
  ) throws(StorageError) -> Table {
    try DataFrameReader(file, root + tableOfColumns(source)).table(warnings: &warnings)
  }

  /// One column of `obs` or `var`.
  public func column(_ name: String, of table: String) throws(StorageError) -> Column {
    try DataFrameReader(file, root + table).column(name)
  }

  /// The name of one row, for messages.
  func rowName(_ row: Int) -> String { name(row, in: "obs") }

  /// The name of one column, for messages.
  func columnName(_ column: Int, of source: MatrixSource) -> String {
    name(column, in: tableOfColumns(source))
  }

  private func name(_ index: Int, in table: String) -> String {
    (try? DataFrameReader(file, root + table).name(index)) ?? "number \(index)"
  }

  func tableOfColumns(_ source: MatrixSource) -> String { source == .raw ? "raw/var" : "var" }

  // MARK: - Matrices

  /// One of the matrices: its layout, shape and type are checked, its values not yet.
  public func matrix(_ source: MatrixSource) throws(StorageError) -> StoredMatrix {
    try StoredMatrix(self, source)
  }

  /// A dense array of numbers such as `obsm/X_pca`, row-major as doubles, with its shape.
  public func array(_ place: String) throws(StorageError) -> (values: [Double], shape: [Int]) {
    let dataset = try HDF5Dataset(file, root + place)
    switch dataset.description.kind {
    case .integer, .real: break
    case let kind: throw dataset.error("holds \(kind.text), expected numbers")
    }
    return (try dataset.readAll(), dataset.description.shape)
  }

  /// What a group such as `uns/distfit` holds.
  public func tree(_ place: String) throws(StorageError) -> StoredTree {
    try TreeReader(file).read(root + place)
  }
}
