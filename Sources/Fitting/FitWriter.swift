public import Collectives
public import Modeling
import Storage

/// Writes a fit as an AnnData file: what was read, plus what the model says.
///
///     obs, var      the input's columns and the model's
///     obsm, varm    the model's
///     uns/distfit   program, model, settings, history, parameters: all that is needed to use the fit
///
/// Where the model says something about pairs (`NetworkOutput`), `var` has the chosen columns only, and:
///
///     obsp, varp    graphs and matrices      X   the values they were learned from
///     uns/neighbors which graph of cells other programs take: `scanpy.tl.leiden(adata)` runs on it
///
/// The matrix of counts is not copied otherwise: the fit names its genes and cells. The bytes depend on the fit alone,
/// not on ranks, threads or time; what the run was (`run`) is kept apart, in `uns/distfit/run`.
public struct FitWriter {
  /// The file to write.
  public let path: String
  /// Whether an existing file may be replaced.
  public let overwrite: Bool

  /// A writer to a path.
  public init(path: String, overwrite: Bool) {
    self.path = path
    self.overwrite = overwrite
  }

  /// Fails now if a fit of these data could not be written to a file of this kind.
  ///
  /// Local.
  /// - Throws: `StorageError` where the data have several modalities and the file is no MuData file.
  func requireFit(for data: DataSummary) throws(StorageError) {
    guard data.modalities.count > 1, !isMuData else { return }
    let names = data.modalities.map(\.name).joined(separator: ", ")
    throw StorageError(
      file: path,
      problem: "cannot hold a fit of several modalities (\(names)): name a file that ends in .h5mu")
  }

  private var isMuData: Bool { path.lowercased().hasSuffix(".h5mu") }

  /// Writes the file.
  ///
  /// Collective.
  /// - Parameters:
  ///   - rows: the model's words on this rank's lanes, in their order.
  ///   - ownRows: the rows of this rank.
  ///   - uns: members of `uns/distfit`.
  /// - Throws: `CollectiveFailure` where the disk is full and the like; then nothing stands under the name.
  public func write(
    _ data: DataSummary, rows: [RowOutput], ownRows: Range<Int>, shared: SharedOutput,
    uns: StoredTree, with world: borrowing Communicator
  ) throws(CollectiveFailure) {
    let columns = RowColumns.gathered(rows, with: world)
    let second = isMuData ? shared.modality : nil
    let names =
      data.modalities.count > 1
      ? data.modalities.map(\.name) : second.map { [$0.mainName, $0.name] } ?? []
    let writer = try world.agree(on: "create \(path)") {
      try AnnDataWriter(
        path, overwrite: overwrite, rank: world.rank, modalities: names)
    }
    // Of several modalities the rows are common; beside rows of another kind they are one modality's.
    if data.modalities.count == 1 { writer.select(modality: second?.mainName) }
    if world.isRoot { writer.write(rows: data.rows.adding(columns)) }
    if data.modalities.count == 1 {
      let chosen = shared.networks.map { data.columns.selecting($0.chosenColumns) }
      writer.write(columns: (chosen ?? data.columns).adding(shared.columns))
    }
    for (index, matrix) in (RowColumns.shapes(rows, with: world)).enumerated() {
      let values = rows.flatMap { $0.matrices[index].elements }
      let width = matrix.width
      writer.writeRows(
        "obsm/\(matrix.name)", rowCount: data.rowCount, width: width,
        ownRows: ownRows.isEmpty ? [] : [ownRows], with: world
      ) { range in
        let start = (range.lowerBound - ownRows.lowerBound) * width
        return Array(values[start..<start + range.count * width])
      }
    }
    writer.write(shared.matrices, in: "varm")
    if let networks = shared.networks { write(networks, of: uns, to: writer) }
    writer.write(uns, at: "uns/distfit")
    if data.modalities.count > 1 {
      writeModalities(of: data, shared, to: writer)
    } else if let second {
      write(second, beside: data, to: writer)
    }
    try world.agree(on: "write \(path)") { try writer.finish() }
  }

  private func write(_ networks: NetworkOutput, of uns: StoredTree, to writer: AnnDataWriter) {
    func write(_ graphs: [NamedGraph], _ matrices: [NamedMatrix], in group: String) {
      for graph in graphs {
        writer.write(
          sparse: graph.weights, columns: graph.columns, rowStarts: graph.rowStarts,
          columnCount: graph.vertexCount, at: "\(group)/\(graph.name)")
      }
      writer.write(matrices, in: group)
    }
    write(networks.rowGraphs, networks.rowMatrices, in: "obsp")
    write(networks.columnGraphs, networks.columnMatrices, in: "varp")
    let values = networks.values
    writer.write(
      values.elements, shape: [values.elements.count / values.width, values.width], at: values.name)
    if let graph = networks.rowGraphs.first {
      writer.write(
        .group([
          "connectivities_key": .string(graph.name), "distances_key": .string("distances"),
          "params": .group(["method": uns["model"] ?? .string("distfit")]),
        ]), at: "uns/neighbors")
    }
  }
}

extension AnnDataWriter {
  /// Writes matrices into `obsm`, `varm`, `obsp` or `varp`. Local; rank 0 writes.
  func write(_ matrices: [NamedMatrix], in group: String) {
    for matrix in matrices {
      write(
        matrix.elements, shape: [matrix.elements.count / matrix.width, matrix.width],
        at: "\(group)/\(matrix.name)")
    }
  }
}

extension Table {
  /// The table with these columns, each in the place of one of its name or at the end.
  func adding(_ new: [NamedColumn]) -> Table {
    let names = Set(new.map(\.name))
    return Table(names: self.names, columns: columns.filter { !names.contains($0.name) } + new)
  }
}
