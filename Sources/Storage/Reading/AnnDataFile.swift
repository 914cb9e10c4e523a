import Foundation
public import Modeling

/// Data as AnnData has them, open for reading: an `.h5ad` file, a modality of an `.h5mu` file, a 10x `.h5` file, or
/// a folder with a MatrixMarket file and its names.
///
/// | What | Written by |
/// |---|---|
/// | `.h5ad`, `.h5mu` | anndata 0.7 or later: both generations of encodings |
/// | `.h5` | Cell Ranger 2, 3 and later, ARC |
/// | folder, or `.mtx`, `.mtx.gz` in one | Cell Ranger: `matrix.mtx`, `barcodes.tsv`, `features.tsv` or `genes.tsv`, plain or gzip; `labels.tsv` (a header, barcode first) becomes columns of `obs` |
/// | `.tsv`, `.txt`, `.csv`, `.gct`, also `.gz` | anyone: genes × samples or samples × genes with a header |
/// | `.loom` | loompy, velocyto |
///
/// Every rank opens the file for itself; nothing here communicates.
///
/// Local.
public struct AnnDataFile: Sendable {
  /// The file or folder as the user named it.
  public let path: String
  /// Cells: entries of the index of `obs`, or those of them that are read.
  public var rowCount: Int { reading.rows?.count ?? storedRowCount }
  /// Cells of the file.
  let storedRowCount: Int
  /// Genes: entries of the index of `var`, of all kinds.
  public let columnCount: Int
  /// The kind of features (`feature_types`) that is read of several in one matrix; nil: all.
  public let featureKind: String?
  /// How the file is read, where that is not left to it.
  public let reading: ReadingChoice
  /// Threads that decode compressed chunks of sparse matrices.
  public var decoderCount = 1
  /// Where the matrix and tables are read from.
  enum Content: Sendable {
    /// Groups `obs`, `var`, `X` … below a root: empty, or `mod/NAME/`.
    case anndata(HDF5File, root: String)
    case tenX(TenXFile)
    case market(MarketFolder)
    case text(TextMatrix)
    case loom(LoomFile)
  }
  let content: Content

  /// Opens a file.
  ///
  /// - Parameter modality: of a MuData file, or a kind of features (`feature_types`) of others; nil: the only one of a MuData
  ///   file; of others genes (Gene Expression) where they are among the kinds, all features where not; `all`: all.
  /// - Throws: `StorageError` where this is none of the formats, or something of its frame is missing.
  public init(
    _ path: String, modality: String? = nil, reading: ReadingChoice = ReadingChoice()
  ) throws(StorageError) {
    try ForeignFormat.refuse(path)
    switch try FileKind(path) {
    case .market:
      let folder = try MarketFolder(path)
      self.init(path, .market(folder), (folder.rows.count, folder.columns.count), modality, reading)
    case .text:
      let text = try TextMatrix(path, orientation: reading.orientation)
      self.init(path, .text(text), (text.rows.count, text.columns.count), modality, reading)
    case .hdf5, nil:
      let file = try HDF5File.reading(path)
      if let modalities = try Modalities(file) {
        let name = try modalities.chosen(modality)
        try self.init(anndata: file, root: "mod/\(name)/", reading: reading)
        _ = try modalities.commonRows(of: name, rowCount: storedRowCount)
        return
      }
      if let tenX = try TenXFile(file) {
        self.init(path, .tenX(tenX), (tenX.rows.count, tenX.columns.count), modality, reading)
      } else if let loom = try LoomFile(file) {
        self.init(path, .loom(loom), (loom.rows.count, loom.columns.count), modality, reading)
      } else {
        try self.init(anndata: file, root: "", kind: modality, reading: reading)
      }
    }
    try requireFeatureKind()
  }

  private init(
    _ path: String, _ content: Content, _ size: (rows: Int, columns: Int), _ kind: String?,
    _ reading: ReadingChoice
  ) {
    self.path = path
    self.content = content
    (storedRowCount, columnCount) = size
    featureKind = kind
    self.reading = reading
  }

  init(
    anndata file: HDF5File, root: String, kind: String? = nil,
    reading: ReadingChoice = ReadingChoice()
  ) throws(StorageError) {
    for name in ["obs", "var"] {
      switch file.kind(root + name) {
      case .group: break
      case .foreign: throw file.error(root + name, HDF5File.foreignLink)
      case .dataset:
        throw file.error(
          root + name,
          "is a compound table as anndata before 0.7 wrote it. Open and save the file with a current anndata"
        )
      default:
        throw file.error(
          root + name, "is missing. An AnnData file has obs, var and X; a 10x file a group matrix")
      }
    }
    let rowCount = try DataFrameReader(file, root + "obs").indexLength()
    let columnCount = try DataFrameReader(file, root + "var").indexLength()
    guard rowCount > 0 else { throw file.error(root + "obs", "has no cells") }
    guard columnCount > 0 else { throw file.error(root + "var", "has no features") }
    self.init(file.path, .anndata(file, root: root), (rowCount, columnCount), kind, reading)
  }

  /// An error about something in this file.
  func error(_ place: String, _ problem: String) -> StorageError {
    switch content {
    case .anndata(let file, let root): file.error(root + place, problem)
    case .tenX(let tenX): tenX.file.error(tenX.group, problem)
    case .market(let folder): StorageError(file: folder.matrixPath, problem: problem)
    case .text(let text): StorageError(file: text.path, problem: problem)
    case .loom(let loom): loom.file.error(place, problem)
    }
  }

  // MARK: - What is in the file

  /// In words: `AnnData`, `10x (Cell Ranger 3)`, `MatrixMarket`.
  public var format: String {
    switch content {
    case .anndata(_, let root): root.isEmpty ? "AnnData" : "MuData"
    case .tenX(let tenX): tenX.isOld ? "10x (Cell Ranger 2)" : "10x (Cell Ranger 3)"
    case .market: "MatrixMarket"
    case .text: "text"
    case .loom: "loom"
    }
  }

  /// The names of the layers.
  public var layerNames: [String] {
    if case .loom(let loom) = content { return loom.layerNames }
    return members("layers")
  }
  /// Whether there is a `raw/X`.
  public var hasRaw: Bool { isThere("raw/X") }
  /// The names in a group such as `obsm`, `obsp`, `uns`; empty where there is none.
  public func members(_ group: String) -> [String] {
    guard case .anndata(let file, let root) = content, file.kind(root + group) == .group else {
      return []
    }
    return (try? file.names(in: root + group)) ?? []
  }

  /// Whether there is something, such as `obsm/X_pca`.
  public func isThere(_ place: String) -> Bool {
    guard case .anndata(let file, let root) = content else { return place == "X" }
    let kind = file.kind(root + place)
    return kind == .group || kind == .dataset
  }

  /// Whether nothing has that name, not even a broken link.
  func isMissing(_ place: String) -> Bool {
    guard case .anndata(let file, let root) = content else { return place != "X" }
    return file.kind(root + place) == .missing
  }

  /// The encoding of an object in words, for `inspect`: `csr_matrix 0.1.0`, `array 0.2.0 (32-bit …) [500, 2000]`.
  public func encoding(of place: String) -> String {
    guard case .anndata(let file, let root) = content else { return format }
    let type = file.text(root + place, "encoding-type")
    let version = file.text(root + place, "encoding-version")
    var words = [type, version].compactMap { $0 }.filter { !$0.isEmpty }
    if let dataset = try? HDF5Dataset(file, root + place) {
      words.append("\(dataset.description.kind.text) \(dataset.description.shape)")
    }
    return words.isEmpty ? "no encoding" : words.joined(separator: " ")
  }

  // MARK: - Matrices and others

  /// One of the matrices: its layout, shape and type are checked, its values not yet.
  public func matrix(_ source: MatrixSource) throws(StorageError) -> StoredMatrix {
    switch content {
    case .anndata(let file, let root): return try StoredMatrix(self, file, root, source)
    case .tenX(let tenX):
      try requireMain(source)
      return try StoredMatrix(self, tenX)
    case .market(let folder):
      try requireMain(source)
      return try StoredMatrix(self, MarketMatrix(folder))
    case .text(let text):
      try requireMain(source)
      return try StoredMatrix(self, text)
    case .loom(let loom):
      return try StoredMatrix(self, LoomMatrix(loom, source), source)
    }
  }

  private func requireMain(_ source: MatrixSource) throws(StorageError) {
    guard source == .main else {
      throw StorageError(
        file: path, place: "/\(source)", problem: "is missing: a \(format) file has one matrix, X")
    }
  }

  /// A dense array of numbers such as `obsm/X_pca`, row-major as doubles, with its shape.
  public func array(_ place: String) throws(StorageError) -> (values: [Double], shape: [Int]) {
    guard case .anndata(let file, let root) = content else { throw noneOf(place) }
    let dataset = try HDF5Dataset(file, root + place)
    switch dataset.description.kind {
    case .integer, .real: break
    case let kind: throw dataset.error("holds \(kind.text), expected numbers")
    }
    return (try dataset.readAll(), dataset.description.shape)
  }

  /// A dense array with a row for every cell, such as `obsm/X_pca`: those that are read.
  public func rowArray(_ place: String) throws(StorageError) -> (values: [Double], shape: [Int]) {
    let (values, shape) = try array(place)
    guard let rows = reading.rows, shape.first == storedRowCount else { return (values, shape) }
    let width = values.count / max(1, storedRowCount)
    return (
      rows.flatMap { values[$0 * width..<($0 + 1) * width] }, [rows.count] + shape.dropFirst()
    )
  }

  /// What a group such as `uns/distfit` holds.
  public func tree(_ place: String) throws(StorageError) -> StoredTree {
    guard case .anndata(let file, let root) = content else { throw noneOf(place) }
    return try TreeReader(file).read(root + place)
  }

  private func noneOf(_ place: String) -> StorageError {
    StorageError(file: path, place: "/\(place)", problem: "is missing: a \(format) file has none")
  }
}
