public import Modeling
public import Storage

extension DataShape {
  /// The shape of the data in a file, with what annotates its rows: no value is read.
  ///
  /// Of columns and companions only simple choices count, such as a chromosome; what else is left out shows when they
  /// are read.
  ///
  /// Local.
  /// - Parameters:
  ///   - request: what a model reads of them.
  ///   - companions: what is fitted along with the data.
  ///   - cache: what is known of companions' files, looked up or added.
  /// - Throws: `StorageError` for a file that is not there or damaged, or of which nothing takes part.
  public static func read(
    _ data: DataSource, for request: DataRequest, companions: [any CompanionInput],
    cache: inout CompanionCache
  ) throws -> DataShape {
    let opened = try OpenedData(data, request, decoderCount: 1)
    var shape = DataShape(
      rowCount: opened.rows.count,
      modalities: opened.modalities.map {
        .init(columnCount: $0.matrix.columnCount, nonZeroCount: $0.matrix.storedCount)
      })
    shape.rows = opened.rows
    shape.rowMatrices = opened.rowMatrices
    let first = opened.modalities[0]
    for companion in companions {
      try companion.add(to: &shape, of: first.matrix, in: first.file, cache: &cache)
    }
    return shape
  }
}
