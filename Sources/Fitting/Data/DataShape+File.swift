public import Modeling
public import Storage

extension DataShape {
  /// The shape of the data in a file, with what annotates its rows: no value is read.
  ///
  /// Local.
  /// - Parameters:
  ///   - source: where the values are; nil: where counts usually are.
  ///   - attachments: matrices of `obsm` to be read.
  /// - Throws: `StorageError` for a file that is not there or damaged.
  public static func read(
    _ path: String, source: MatrixSource?, kind: ValueKind, attachments: Attachments
  ) throws -> DataShape {
    let file = try AnnDataFile(path)
    let matrix =
      kind == .counts
      ? try CountSource.matrix(of: file, asked: source).matrix : try file.matrix(source ?? .main)
    var shape = DataShape(
      rowCount: matrix.rowCount, columnCount: matrix.columnCount, nonZeroCount: matrix.storedCount)
    var warnings: [String] = []
    shape.rows = try file.rows(warnings: &warnings)
    shape.rowMatrices = try AttachedMatrices(
      attachments, of: file, rowCount: shape.rowCount, columnCount: shape.columnCount
    ).rowMatrices
    return shape
  }
}
