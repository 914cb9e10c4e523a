public import Modeling
import Storage

extension FittedFile {
  /// The file as a model sees it.
  public var contents: FitContents {
    Self.contents(of: file, rows: rows, columns: columns, parameters: fit)
  }

  private static func contents(
    of file: AnnDataFile, rows: Table, columns: Table, parameters: StoredTree
  ) -> FitContents {
    FitContents(
      path: file.path, rows: rows, columns: columns, parameters: parameters,
      matrix: { place in
        guard file.isThere(place) else {
          throw StorageError(file: file.path, place: place, problem: "is missing")
        }
        let (values, shape) = try file.array(place)
        guard let count = shape.first, count > 0, !values.isEmpty else {
          throw StorageError(file: file.path, place: place, problem: "is empty")
        }
        return NamedMatrix(
          String(place.split(separator: "/").last ?? ""), width: values.count / count,
          elements: values.map { Float($0) })
      },
      other: { path in
        try HDF5Check.require([path])
        let file = try AnnDataFile(path)
        var warnings: [String] = []
        return contents(
          of: file, rows: try file.rows(warnings: &warnings),
          columns: try file.columns(of: .main, warnings: &warnings),
          parameters: file.isThere("uns/distfit") ? try file.tree("uns/distfit") : .group([:]))
      },
      counts: { path, genes in
        let file = try AnnDataFile(path)
        let matrix = try CountSource.matrix(of: file, asked: nil).matrix
        var warnings: [String] = []
        let rows = try file.rows(warnings: &warnings)
        let columns = try file.columns(of: matrix.source, warnings: &warnings)
        let map = ColumnMap(genes, from: columns.names, or: columns.identifiers)
        if let first = map.missing.first {
          throw StorageError(
            file: path, place: "var",
            problem:
              "lacks \(map.missing.count) of the fit's \(genes.count) genes (first: \(first))")
        }
        let lanes = try matrix.counts(ofLanes: [0..<rows.count], map: map).lanes
        return (rows, lanes[0])
      },
      companion: { try CompanionReaders.read($0, $1) })
  }
}
