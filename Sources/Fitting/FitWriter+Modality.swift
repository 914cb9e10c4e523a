import Modeling
import Storage

extension FitWriter {
  /// The second modality, and what MuData says of both: the names of all, and where each is.
  func write(
    _ second: ModalityOutput, beside data: DataSummary, to writer: AnnDataWriter
  ) {
    writer.select(modality: second.name)
    writer.write(rows: second.rows)
    writer.write(columns: second.columns)
    for (group, matrices) in [("obsm", second.rowMatrices), ("varm", second.columnMatrices)] {
      for matrix in matrices {
        writer.write(
          matrix.elements, shape: [matrix.elements.count / matrix.width, matrix.width],
          at: "\(group)/\(matrix.name)")
      }
    }
    writer.select(modality: nil)
    let rows = MuDataIndex(data.rows.names, second.rows.names)
    let columns = MuDataIndex(data.columns.names, second.columns.names)
    writer.write(rows: Table(names: rows.names))
    writer.write(columns: Table(names: columns.names))
    for (index, map, masks) in [(rows, "obsmap", "obsm"), (columns, "varmap", "varm")] {
      for (name, places) in [(second.mainName, index.first), (second.name, index.second)] {
        writer.write(.integers(places, shape: [places.count]), at: "\(map)/\(name)")
        writer.write(.flags(places.map { $0 > 0 }), at: "\(masks)/\(name)")
      }
    }
  }
}

/// The names of two modalities together, and for each the place in either, from 1; 0 where it is not there.
private struct MuDataIndex {
  private(set) var names: [String]
  private(set) var first: [Int64]
  private(set) var second: [Int64]

  init(_ one: [String], _ other: [String]) {
    names = one
    first = one.indices.map { Int64($0 + 1) }
    second = one.map { _ in 0 }
    let place = Dictionary(zip(one, 0...), uniquingKeysWith: { first, _ in first })
    for (index, name) in other.enumerated() {
      if let shared = place[name], second[shared] == 0 {
        second[shared] = Int64(index + 1)
      } else {
        names.append(name)
        first.append(0)
        second.append(Int64(index + 1))
      }
    }
  }
}
