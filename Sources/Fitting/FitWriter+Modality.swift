import Modeling
public import Storage

extension FitWriter {
  /// The second modality, and what MuData says of both: the names of all, and where each is.
  func write(
    _ second: ModalityOutput, beside data: DataSummary, to writer: AnnDataWriter
  ) {
    writer.select(modality: second.name)
    writer.write(rows: second.rows)
    writer.write(columns: second.columns)
    writer.write(second.rowMatrices, in: "obsm")
    writer.write(second.columnMatrices, in: "varm")
    writer.select(modality: nil)
    let names = [second.mainName, second.name]
    let rows = MuDataIndex(of: [data.rows.names, second.rows.names], joined: true)
    writer.write(rows: Table(names: rows.names))
    writer.write(rows, of: names, map: "obsmap", masks: "obsm")
    writer.writeColumns(of: [data.columns.names, second.columns.names], names)
  }

  /// The modalities of the data: which of the common rows each has, its columns and what the fit says of them.
  func writeModalities(of data: DataSummary, _ shared: SharedOutput, to writer: AnnDataWriter) {
    precondition(shared.modality == nil, "modalities of the same rows and rows of another kind")
    let names = data.modalities.map(\.name)
    for (index, modality) in data.modalities.enumerated() {
      let output =
        shared.ofModalities.indices.contains(index) ? shared.ofModalities[index] : ColumnOutput()
      let own = (0..<data.rowCount).filter(modality.isPresent)
      writer.select(modality: modality.name)
      writer.write(rows: Table(names: own.map { data.rows.names[$0] }))
      writer.write(columns: modality.columns.adding(output.columns))
      writer.write(output.matrices, in: "varm")
    }
    writer.select(modality: nil)
    writer.write(MuDataIndex(presence: data), of: names, map: "obsmap", masks: "obsm")
    writer.writeColumns(of: data.modalities.map(\.columns.names), names)
  }
}

extension AnnDataWriter {
  /// Where each modality has the names of an index, as MuData says it: by place from 1, and by a mask.
  fileprivate func write(_ index: MuDataIndex, of names: [String], map: String, masks: String) {
    for (name, places) in zip(names, index.places) {
      write(.integers(places, shape: [places.count]), at: "\(map)/\(name)")
      write(.flags(places.map { $0 > 0 }), at: "\(masks)/\(name)")
    }
  }

  /// The common `var`.
  fileprivate func writeColumns(of columns: [[String]], _ names: [String]) {
    let index = MuDataIndex(of: columns, joined: false)
    write(columns: Table(names: index.names))
    write(index, of: names, map: "varmap", masks: "varm")
  }
}

extension AnnDataWriter {
  /// The common tables of a MuData file: the names of all modalities, and where each is.
  ///
  /// Local; rank 0 writes.
  public func writeCommon(rows: [[String]], columns: [[String]], of names: [String]) {
    select(modality: nil)
    let index = MuDataIndex(of: rows, joined: true)
    write(rows: Table(names: index.names))
    write(index, of: names, map: "obsmap", masks: "obsm")
    writeColumns(of: columns, names)
  }
}

/// The names of several modalities together, and for each the place in every one, from 1; 0 where it is not there.
private struct MuDataIndex {
  private(set) var names: [String] = []
  private(set) var places: [[Int64]]

  /// - Parameter joined: whether a name in several modalities stands for the same thing, as a cell's does; features of
  ///   two modalities are two whatever they are called.
  init(of lists: [[String]], joined: Bool) {
    places = lists.map { _ in [] }
    var known: [String: Int] = [:]
    for (list, own) in lists.enumerated() {
      for (index, name) in own.enumerated() {
        if joined, let place = known[name], places[list][place] == 0 {
          places[list][place] = Int64(index + 1)
          continue
        }
        known[name] = known[name] ?? names.count
        names.append(name)
        for other in places.indices { places[other].append(other == list ? Int64(index + 1) : 0) }
      }
    }
  }

  /// The rows of data, of which each modality has some, in the same order.
  init(presence data: DataSummary) {
    names = data.rows.names
    places = data.modalities.map { modality in
      var count: Int64 = 0
      return (0..<data.rowCount).map { row in
        guard modality.isPresent(row) else { return 0 }
        count += 1
        return count
      }
    }
  }
}
