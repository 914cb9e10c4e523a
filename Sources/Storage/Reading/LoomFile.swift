import Modeling

/// The frame of a loom file: genes × cells, with attributes of both.
///
///     /matrix          genes × cells, dense        /layers/NAME     likewise
///     /row_attrs/…     one value for each gene     /col_attrs/…     one value for each cell
///
/// Source: loom file format 3, https://linnarssonlab.org/loompy/format/index.html
struct LoomFile: Sendable {
  let file: HDF5File
  let rows: Table
  let columns: Table
  let warnings: [String]

  /// Nil if this is no loom file.
  init?(_ file: HDF5File) throws(StorageError) {
    guard file.kind("matrix") == .dataset, file.kind("row_attrs") == .group,
      file.kind("col_attrs") == .group
    else { return nil }
    self.file = file
    let matrix = try HDF5Dataset(file, "matrix")
    let shape = matrix.description.shape
    guard shape.count == 2, shape[0] > 0, shape[1] > 0 else {
      throw matrix.error("has the shape \(shape), expected genes × cells, at least one of each")
    }
    var warnings: [String] = []
    let genes = try Self.table(
      file, "row_attrs", count: shape[0],
      names: ["Gene", "gene", "Accession", "GeneName", "var_names"],
      of: "gene", &warnings)
    rows = try Self.table(
      file, "col_attrs", count: shape[1],
      names: ["CellID", "cell_id", "obs_names", "Cell", "cell_names"], of: "cell", &warnings)
    let ids = genes.columns.map { column in
      column.name == "Accession" ? NamedColumn("gene_ids", column.column) : column
    }
    let (table, remarks) = FeatureTable.made(file.path, names: genes.names, columns: ids)
    columns = table
    self.warnings = warnings + remarks
    if let (name, first, second) = Duplicates.first(in: rows.names) {
      throw file.error(
        "col_attrs", "names the cell \(name) twice (cells \(first) and \(second))")
    }
  }

  /// The layers besides the matrix.
  var layerNames: [String] { (try? file.names(in: "layers")) ?? [] }

  private static func table(
    _ file: HDF5File, _ group: String, count: Int, names wanted: [String], of what: String,
    _ warnings: inout [String]
  ) throws(StorageError) -> Table {
    var names: [String]?
    var columns: [NamedColumn] = []
    let members = try file.names(in: group)
    let named = wanted.first(where: members.contains)
    for member in members {
      let place = "\(group)/\(member)"
      guard file.kind(place) == .dataset else { continue }
      let dataset = try HDF5Dataset(file, place)
      // Attributes of several numbers, such as an embedding, are no columns.
      guard dataset.description.shape.count == 1 else { continue }
      guard dataset.description.shape[0] == count else {
        throw dataset.error("has \(dataset.description.shape[0]) values, expected \(count)")
      }
      let column: Column
      switch dataset.description.kind {
      case .text:
        let texts = try dataset.readTexts()
        if member == named {
          names = texts
          continue
        }
        column = FeatureTable.categories(member, texts).column
      case .boolean: column = .flags(try dataset.readAll(as: HDF5Boolean.self).map(\.isTrue))
      case .integer: column = .integers(try dataset.readAll(as: Int64.self))
      case .real: column = .numbers(try dataset.readAll(as: Double.self))
      case .other: continue
      }
      columns.append(NamedColumn(member, column))
    }
    if names == nil {
      warnings.append(
        "\(file.path): /\(group) has no \(wanted[0]); a \(what) goes by its number")
    }
    return Table(names: names ?? (0..<count).map { "\(what)\($0)" }, columns: columns)
  }
}

/// One of the matrices of a loom file, read gene by gene.
struct LoomMatrix: CoordinateMatrix {
  let isSorted = false
  let pointers: [Int64]
  let sample: [(row: Int, column: Int, value: Double)]
  private let dataset: HDF5Dataset

  /// Genes that are read at once take some MB.
  private static let entries = 1 << 20

  init(_ loom: LoomFile, _ source: MatrixSource) throws(StorageError) {
    let place: String
    switch source {
    case .main: place = "matrix"
    case .layer(let name): place = "layers/\(name)"
    case .raw: throw loom.file.error("raw", "is missing: a loom file has a matrix and layers")
    }
    dataset = try HDF5Dataset(loom.file, place)
    switch dataset.description.kind {
    case .integer, .real, .boolean: break
    case let kind: throw dataset.error("holds \(kind.text), expected numbers")
    }
    let expected = [loom.columns.count, loom.rows.count]
    guard dataset.description.shape == expected else {
      throw dataset.error(
        "has the shape \(dataset.description.shape), expected \(expected) (genes × cells)")
    }
    var counts = [Int64](repeating: 0, count: loom.rows.count + 1)
    var sample: [(row: Int, column: Int, value: Double)] = []
    try Self.forEach(dataset) { row, column, value in
      counts[row + 1] += 1
      if sample.count < 16_384 { sample.append((row, column, value)) }
      return true
    }
    for row in 0..<loom.rows.count { counts[row + 1] += counts[row] }
    pointers = counts
    self.sample = sample
  }

  func forEachEntry(
    _ body: (_ row: Int, _ column: Int, _ value: Double) throws(StorageError) -> Bool
  ) throws(StorageError) {
    try Self.forEach(dataset, body)
  }

  private static func forEach(
    _ dataset: HDF5Dataset,
    _ body: (_ row: Int, _ column: Int, _ value: Double) throws(StorageError) -> Bool
  ) throws(StorageError) {
    let (genes, cells) = (dataset.description.shape[0], dataset.description.shape[1])
    let step = max(1, entries / cells)
    var slab = Slab<Double>()
    for first in stride(from: 0, to: genes, by: step) {
      let count = min(step, genes - first)
      try slab.read(dataset, start: [first, 0], count: [count, cells])
      for gene in 0..<count {
        for cell in 0..<cells {
          let value = slab.buffer[gene * cells + cell]
          guard value != 0 else { continue }
          guard try body(cell, first + gene, value) else { return }
        }
      }
    }
  }
}
