public import Modeling

/// Writes an `.h5ad` file together: rank 0 writes what all ranks have, and the rows that each rank brings.
///
/// The file appears under its name only when `finish` returns. Its bytes depend on what is written and in which
/// order, not on the number of ranks, the time or the machine.
///
///     let writer = try communicator.agree(on: "create the fit") { try AnnDataWriter("fit.h5ad", rank: …) }
///     writer.write(rows: obs); writer.write(columns: var)
///     writer.writeRows("obsm/X_dgd", width: 20, ownRows: […], with: communicator) { rows in … }
///     writer.write(tree, at: "uns/distfit")
///     try communicator.agree(on: "write the fit") { try writer.finish() }
///
/// A failure of rank 0 is kept, the rest of the writing is skipped, and `finish` throws it: no rank is left
/// waiting for another.
public final class AnnDataWriter {
  private let output: AtomicFile?
  private let isMuData: Bool
  private(set) var file: HDF5File?
  /// The first thing that went wrong on this rank.
  public private(set) var failure: StorageError?
  /// The group of the AnnData being written: empty, or `mod/NAME/`.
  private var root = ""

  private static let groups = ["layers", "obsm", "obsp", "uns", "varm", "varp"]

  /// Creates the file (rank 0; the others create nothing).
  ///
  /// Local.
  /// - Parameter modalities: empty for AnnData; the names in order for MuData.
  /// - Throws: `StorageError` where the name is taken and `overwrite` is false, or the folder cannot be written.
  public init(
    _ path: String, overwrite: Bool, rank: Int, modalities: [String] = []
  ) throws(StorageError) {
    isMuData = !modalities.isEmpty
    guard rank == 0 else {
      output = nil
      return
    }
    let output = try AtomicFile(path, overwrite: overwrite)
    self.output = output
    let file = try HDF5File.creating(
      output, userBlock: modalities.isEmpty ? 0 : MuDataSignature.size)
    self.file = file
    let writer = ElementWriter(file: file)
    if modalities.isEmpty {
      try file.mark("", "anndata", "0.1.0")
    } else {
      try file.mark("", "MuData", "0.1.0")
      try file.write(attribute: "encoder", "distfit", at: "/")
      try file.write(attribute: "axis", [Int64(0)], isScalar: true, at: "/")
      try file.createGroup("mod")
      try file.write(attribute: "mod-order", modalities, at: "mod")
      for name in ["obsmap", "varmap"] { try writer.group(name) }
    }
    for group in Self.groups where modalities.isEmpty || group != "layers" {
      try writer.group(group)
    }
    for modality in modalities {
      try file.createGroup("mod/\(modality)")
      try file.mark("mod/\(modality)", "anndata", "0.1.0")
      for group in Self.groups { try writer.group("mod/\(modality)/\(group)") }
    }
  }

  /// Whether a file of this name could be written: to fail before a fit rather than after it.
  ///
  /// Local.
  public static func requireWritable(_ path: String, overwrite: Bool) throws(StorageError) {
    try AtomicFile.requireWritable(path, overwrite: overwrite)
  }

  /// What follows goes into this modality; nil for the top of the file.
  public func select(modality: String?) { root = modality.map { "mod/\($0)/" } ?? "" }

  /// The path from the root of the file.
  func place(_ place: String) -> String { root + place }

  // MARK: - What every rank has

  /// Writes `obs`. Local; rank 0 writes.
  public func write(rows table: Table) { write { try $0.table(table, at: self.root + "obs") } }

  /// Writes `var`. Local; rank 0 writes.
  public func write(columns table: Table) { write { try $0.table(table, at: self.root + "var") } }

  /// Writes a tree, such as `uns/distfit`. Local; rank 0 writes.
  public func write(_ tree: StoredTree, at place: String) {
    write { try $0.tree(tree, at: self.root + place) }
  }

  /// Writes a dense array such as `varm/loadings`, row-major. Local; rank 0 writes.
  public func write(_ values: [Float], shape: [Int], at place: String) {
    write { try $0.array(values, shape: shape, at: self.root + place) }
  }

  /// Writes a sparse matrix that every rank has, such as `obsp/connectivities`. Local; rank 0 writes.
  ///
  /// - Parameters:
  ///   - rowStarts: where each row's entries start, and the end.
  ///   - columns: of the entries, ascending in each row.
  /// - Precondition: fewer than 2³¹ entries.
  public func write(
    sparse values: [Float], columns: [Int32], rowStarts: [Int], columnCount: Int, at place: String
  ) {
    write { writer in
      let place = self.root + place
      try writer.sparseGroup(rows: rowStarts.count - 1, columns: columnCount, at: place)
      try writer.file.write(values, shape: [values.count], at: place + "/data", compressed: true)
      try writer.file.write(
        columns, shape: [columns.count], at: place + "/indices", compressed: true)
      // Both kinds of index in the same type, as scipy wants them.
      try writer.file.write(
        rowStarts.map(Int32.init), shape: [rowStarts.count], at: place + "/indptr", compressed: true
      )
    }
  }

  /// Runs on rank 0 unless something failed before.
  func write(_ body: (ElementWriter) throws -> Void) {
    guard let file, failure == nil else { return }
    do {
      try body(ElementWriter(file: file))
    } catch {
      failure = error as? StorageError ?? StorageError(file: file.path, problem: "\(error)")
    }
  }

  // MARK: - Rows of every rank

  /// Writes a dense array whose rows are spread over the ranks, such as `obsm/X_dgd`, `layers/denoised` or `X`.
  ///
  /// Collective.
  /// - Parameters:
  ///   - rowCount: of everyone.
  ///   - width: numbers in a row.
  ///   - ownRows: this rank's rows, ascending; one range rather than several where they adjoin.
  ///   - values: the numbers of rows within one of these ranges, row-major; asked for in pieces of about 256 KB.
  public func writeRows<Ranks: RankGathering & ~Copyable>(
    _ place: String, rowCount: Int, width: Int, ownRows: [Range<Int>], with ranks: borrowing Ranks,
    values: @escaping (Range<Int>) -> [Float]
  ) {
    writeRows(
      RowWriting(
        rowCount: rowCount, width: width, isVector: false, ownRows: ownRows, values: values),
      place, ranks)
    write { try $0.file.mark(self.root + place, "array", "0.2.0") }
  }

  func writeRows<Element, Ranks: RankGathering & ~Copyable>(
    _ rows: RowWriting<Element>, _ place: String, _ ranks: borrowing Ranks
  ) {
    let failed = rows.run(to: failure == nil ? file : nil, at: root + place, with: ranks)
    if let failed, failure == nil { failure = failed }
  }

  /// Closes the file, flushes it to the disk and gives it its name (rank 0; the others do nothing).
  ///
  /// Local.
  /// - Throws: the first thing that went wrong since the file was created.
  public func finish() throws(StorageError) {
    defer { file = nil }
    if let failure { throw failure }
    guard let output, let file = self.file.take() else { return }
    try file.finish()
    if isMuData { try output.write(MuDataSignature.text.utf8) }
    try output.commit()
  }
}
