/// A matrix in a file: cells × genes, sparse by rows or columns, or dense; checked, not yet read.
///
/// Its rows are read in slabs of a few MB, so that a rank needs memory for what it keeps and little more.
///
/// Local.
public struct StoredMatrix: Sendable {
  /// How the values lie in the file.
  public enum Layout: String, Sendable {
    /// Compressed sparse rows.
    case sparseRows = "csr_matrix"
    /// Compressed sparse columns.
    case sparseColumns = "csc_matrix"
    /// All values, row by row.
    case dense = "array"
  }

  /// The file that holds the matrix.
  public let file: AnnDataFile
  /// Which of its matrices.
  public let source: MatrixSource
  /// How the values lie.
  public let layout: Layout
  /// How many cells, the rows of the matrix.
  public var rowCount: Int { file.reading.rows?.count ?? storedRowCount }
  /// How many it has in the file.
  let storedRowCount: Int
  /// How many genes it has, or those of one kind of features where one was chosen.
  public var columnCount: Int { choice?.count ?? storedColumnCount }
  /// How many columns it has in the file, of all kinds.
  let storedColumnCount: Int
  /// Where those of one kind are among them; nil: all are taken.
  let choice: ColumnMap?
  /// What is odd but legal, a line each.
  public let warnings: [String]
  /// The start of each row (sparse columns: of each column), and the end; empty if dense.
  let pointers: [Int64]
  let content: Content

  /// What the values are read from.
  enum Content: Sendable {
    case dense(HDF5Dataset)
    case sparse(values: HDF5Dataset, indices: HDF5Dataset)
    case coordinates(any CoordinateMatrix)
  }

  /// Stored values: with zeros if dense.
  public var storedCount: Int {
    switch content {
    case .dense(let values), .sparse(let values, _): values.description.count
    case .coordinates: Int(pointers[storedRowCount])
    }
  }

  /// The stored type in words.
  public var typeText: String {
    switch content {
    case .dense(let values), .sparse(let values, _): values.description.kind.text
    case .coordinates: "text"
    }
  }

  /// An error about this matrix, or one of its arrays such as `/indices`.
  func error(_ array: String = "", _ problem: String) -> StorageError {
    file.error(source.description + array, problem)
  }

  /// A matrix of an AnnData file.
  init(
    _ file: AnnDataFile, _ hdf5: HDF5File, _ root: String, _ source: MatrixSource
  ) throws(StorageError) {
    let place = root + source.description
    try Self.requireThere(file, hdf5, source, place)
    var warnings: [String] = []
    layout = try Self.layout(hdf5, place, rows: file.storedRowCount, warnings: &warnings)
    let columnCount =
      source == .raw
      ? try DataFrameReader(hdf5, root + "raw/var").indexLength() : file.columnCount
    let expected = [file.storedRowCount, columnCount]
    guard columnCount <= Int32.max else {
      throw hdf5.error(place, "has \(columnCount) features, more than 2147483647")
    }
    let names = "the lengths of the indices of obs and \(file.tableOfColumns(source))"
    if layout == .dense {
      let values = try HDF5Dataset(hdf5, place)
      let shape = values.description.shape
      guard shape.count == 2 else {
        throw hdf5.error(place, "has \(shape.count) dimensions, expected 2 (cells × genes)")
      }
      guard shape == expected else {
        throw hdf5.error(place, "has the shape \(shape), expected \(expected) (\(names))")
      }
      content = .dense(try Self.numeric(values))
      pointers = []
    } else {
      let shape =
        hdf5.integers(place, "shape") ?? hdf5.integers(place, "h5sparse_shape") ?? expected
      guard shape == expected else {
        throw hdf5.error(place, "has the shape \(shape), expected \(expected) (\(names))")
      }
      (content, pointers) = try Self.sparse(
        hdf5, place, count: layout == .sparseRows ? expected[0] : expected[1],
        of: layout == .sparseRows ? "rows" : "columns")
    }
    self.file = file
    self.source = source
    storedRowCount = expected[0]
    storedColumnCount = columnCount
    choice = try Self.choice(file, source, columnCount)
    self.warnings = warnings
  }

  /// The matrix of a 10x file, whose columns are our rows.
  init(_ file: AnnDataFile, _ tenX: TenXFile) throws(StorageError) {
    let shape: [Int64] = try HDF5Dataset(tenX.file, tenX.group + "/shape").readAll()
    let expected = [file.columnCount, file.storedRowCount]
    guard shape.map({ Int($0) }) == expected else {
      throw tenX.file.error(
        tenX.group + "/shape",
        "is \(shape), expected \(expected) (the numbers of features and of barcodes)")
    }
    (content, pointers) = try Self.sparse(
      tenX.file, tenX.group, count: file.storedRowCount, of: "barcodes")
    self.file = file
    source = .main
    layout = .sparseRows
    storedRowCount = file.storedRowCount
    storedColumnCount = file.columnCount
    choice = try Self.choice(file, source, storedColumnCount)
    warnings = []
  }

  private static func choice(
    _ file: AnnDataFile, _ source: MatrixSource, _ count: Int
  ) throws(StorageError) -> ColumnMap? {
    try file.chosenColumns(of: source).map { ColumnMap(choosing: $0, of: count) }
  }

  /// Where the columns of the file go, if those that are taken go where the map says.
  func placing(_ map: ColumnMap?) -> ColumnMap {
    guard let choice else { return map ?? ColumnMap(identity: storedColumnCount) }
    return map?.after(choice) ?? choice
  }

  /// Whether a column of the file is of another kind than what is read.
  func leavesOut(_ column: Int) -> Bool { choice.map { $0.targets[column] < 0 } ?? false }

  /// The matrix of a text file.
  init(
    _ file: AnnDataFile, _ matrix: any CoordinateMatrix, _ source: MatrixSource = .main
  ) throws(StorageError) {
    content = .coordinates(matrix)
    pointers = matrix.pointers
    self.file = file
    self.source = source
    layout = .sparseRows
    storedRowCount = file.storedRowCount
    storedColumnCount = file.columnCount
    choice = try Self.choice(file, source, storedColumnCount)
    warnings = []
  }

  private static func sparse(
    _ file: HDF5File, _ place: String, count: Int, of what: String
  ) throws(StorageError) -> (Content, pointers: [Int64]) {
    let values = try numeric(HDF5Dataset(file, place + "/data"))
    let indices = try HDF5Dataset(file, place + "/indices")
    let pointers = try pointers(
      file, place, count: count, of: what, stored: values.length(), indices: indices)
    return (.sparse(values: values, indices: indices), pointers)
  }

  private static func numeric(_ values: HDF5Dataset) throws(StorageError) -> HDF5Dataset {
    switch values.description.kind {
    case .integer, .real, .boolean: return values
    case let kind: throw values.error("holds \(kind.text), expected numbers")
    }
  }

  private static func requireThere(
    _ file: AnnDataFile, _ hdf5: HDF5File, _ source: MatrixSource, _ place: String
  ) throws(StorageError) {
    switch hdf5.kind(place) {
    case .group, .dataset: break
    case .dangling:
      throw hdf5.error(place, "is a link to something that does not exist")
    case .foreign: throw hdf5.error(place, HDF5File.foreignLink)
    default:
      var there = file.layerNames.map { "layers/\($0)" }
      if file.isThere("X") { there.insert("X", at: 0) }
      if file.hasRaw { there.append("raw/X") }
      throw hdf5.error(
        place,
        there.isEmpty
          ? "is missing, and there is no layer and no raw/X"
          : "is missing. The file has: \(there.joined(separator: ", "))")
    }
  }

  // MARK: - Encodings

  private static func layout(
    _ file: HDF5File, _ place: String, rows: Int, warnings: inout [String]
  ) throws(StorageError) -> Layout {
    let isGroup = file.kind(place) == .group
    guard
      let type = file.text(place, "encoding-type")
        ?? file.text(place, "h5sparse_format").map({ $0 + "_matrix" })
    else {
      if !isGroup { return .dense }
      // Neither generation of encodings: the length of indptr tells rows from columns.
      let count = try HDF5Dataset(file, place + "/indptr").length()
      let layout = count == rows + 1 ? Layout.sparseRows : .sparseColumns
      warnings.append(
        "\(file.path): /\(place) has no encoding-type; read as \(layout.rawValue) because indptr has \(count) entries"
      )
      return layout
    }
    guard let layout = Layout(rawValue: type), (layout == .dense) != isGroup else {
      throw file.error(
        place,
        "has the encoding-type \(type)\(isGroup ? "" : " but is a dataset"), expected csr_matrix, csc_matrix or array"
      )
    }
    let known = layout == .dense ? "0.2.0" : "0.1.0"
    if let version = file.text(place, "encoding-version"), version != known, version != "0.1.0" {
      warnings.append(
        "\(file.path): /\(place) has the encoding-version \(version), written by a later anndata; read as \(known)"
      )
    }
    return layout
  }

  private static func pointers(
    _ file: HDF5File, _ place: String, count: Int, of what: String, stored: Int,
    indices: HDF5Dataset
  ) throws(StorageError) -> [Int64] {
    let dataset = try HDF5Dataset(file, place + "/indptr")
    for dataset in [dataset, indices] {
      guard case .integer = dataset.description.kind else {
        throw dataset.error("holds \(dataset.description.kind.text), expected integers")
      }
    }
    let length = try dataset.length()
    guard length == count + 1 else {
      throw dataset.error(
        "has \(length) entries, expected \(count + 1) (\(what) + 1). Was the file still being written?"
      )
    }
    let indexCount = try indices.length()
    guard indexCount == stored else {
      throw file.error(
        place + "/data",
        "has the length \(stored), expected \(indexCount) (the length of indices). Was the file still being written?"
      )
    }
    let pointers = try dataset.readAll(as: Int64.self)
    guard pointers[0] == 0 else { throw dataset.error("starts with \(pointers[0]), expected 0") }
    for position in 1..<pointers.count where pointers[position] < pointers[position - 1] {
      throw dataset.error(
        "decreases from \(pointers[position - 1]) to \(pointers[position]) at position \(position)")
    }
    guard pointers[count] == Int64(stored) else {
      throw dataset.error(
        "ends with \(pointers[count]), expected \(stored) (the stored values). Was the file still being written?"
      )
    }
    return pointers
  }
}
