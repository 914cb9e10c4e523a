/// Finds the raw counts in a file.
public enum CountSource {
  /// The matrix to fit a count model to: the one asked for, or else `X` if it holds counts, else
  /// `layers/counts`, else `raw/X` (with a note of the choice).
  ///
  /// Looks at a sample of the values (the first, middle and last thousands), the same on every rank; single
  /// bad values are found, and named, when the matrix is read.
  /// - Throws: `StorageError` where none of them holds counts.
  public static func matrix(
    of file: AnnDataFile, asked: MatrixSource? = nil
  ) throws(StorageError) -> (matrix: StoredMatrix, note: String?) {
    if let asked {
      let matrix = try file.matrix(asked)
      if let example = try matrix.exampleOfNoCount() { throw refusal(file, asked, example) }
      return (matrix, try matrix.noteOnRounding())
    }
    guard !file.isMissing("X") else {
      for source in usual(file) {
        if let matrix = try? file.matrix(source), try matrix.exampleOfNoCount() == nil {
          return (matrix, "\(file.path): there is no X; using \(source)")
        }
      }
      return (try file.matrix(.main), nil)
    }
    let main = try file.matrix(.main)
    guard let example = try main.exampleOfNoCount() else {
      return (main, try main.noteOnRounding())
    }
    for source in usual(file) {
      let matrix = try file.matrix(source)
      if try matrix.exampleOfNoCount() == nil {
        return (
          matrix,
          "\(file.path): X holds not counts (cell \(file.rowName(example.row)) has \(example.value)); using \(source)"
        )
      }
    }
    throw refusal(file, .main, example)
  }

  /// Where counts are kept by custom when X is normalised.
  private static func usual(_ file: AnnDataFile) -> [MatrixSource] {
    (file.isThere("layers/counts") ? [.layer("counts")] : []) + (file.hasRaw ? [.raw] : [])
  }

  private static func refusal(
    _ file: AnnDataFile, _ source: MatrixSource, _ example: StoredMatrix.Example
  ) -> StorageError {
    let advice = advice(file, besides: source)
    return file.error(
      source.description,
      "holds not counts: cell \(file.rowName(example.row)), gene \(file.columnName(example.column, of: source)) has \(example.value). Count models need raw counts (0, 1, 2, …)\(advice.isEmpty ? ", and no layer or raw/X has them; models with a setting --values take real numbers too" : advice)\(example.value > 0 ? adviceOnRounding : "")"
    )
  }

  /// What helps where counts have become decimals.
  static let adviceOnRounding =
    "; counts with decimals, as SoupX, CellBender or an EM write them, are taken by --round"

  /// `; the layer NAME looks like counts: --layer NAME`, or nothing.
  static func advice(_ file: AnnDataFile, besides source: MatrixSource) -> String {
    let others =
      [.main] + file.layerNames.map { MatrixSource.layer($0) } + (file.hasRaw ? [.raw] : [])
    for other in others where other != source {
      guard let matrix = try? file.matrix(other),
        let example = try? matrix.exampleOfNoCount() as StoredMatrix.Example??,
        example == nil
      else { continue }
      let flag =
        switch other {
        case .main: "X"
        case .layer(let name): name
        case .raw: "raw"
        }
      return "; \(other) looks like counts: use it by --layer \(flag)"
    }
    return ""
  }
}

extension StoredMatrix {
  /// A value that is no count.
  struct Example: Equatable {
    let row: Int
    let column: Int
    let value: Double
  }

  /// A value that shows the matrix not to be counts, judged by a sample: nil if fewer than one in twenty of
  /// the sampled values other than zero is negative, fractional or not finite.
  ///
  /// One odd value in a matrix of counts is an error to be named, not a reason to look elsewhere.
  func exampleOfNoCount() throws(StorageError) -> Example? {
    let sink = try probe()
    return sink.bad * 20 >= sink.seen && sink.bad > 0 ? sink.example : nil
  }

  /// A word about values that are not whole but are taken for counts; nil where none of the sampled ones is.
  func noteOnRounding() throws(StorageError) -> String? {
    guard let example = try probe().rounded else { return nil }
    return
      "\(file.path): \(source) has values that are not whole and are rounded, such as \(example.value) of cell \(file.rowName(example.row)), gene \(file.columnName(example.column, of: source))"
  }

  /// Looks at a sample of the values.
  private func probe() throws(StorageError) -> ProbeSink {
    var sink = ProbeSink(matrix: self)
    let rows = min(rowCount, max(1, 8192 / max(1, storedCount / rowCount)))
    switch (content, layout) {
    case (.coordinates(let market), _):
      for entry in market.sample where entry.value != 0 {
        sink.add(entry.row, entry.column, entry.value)
      }
    case (.sparse(let values, let indices), .sparseColumns):
      // Rows out of columns cost a pass over the file: look at columns' values instead.
      try probeColumns(values, indices, &sink)
    default:
      let middle = (rowCount - rows) / 2
      try visit([0..<rows], &sink)
      try visit([middle..<middle + rows], &sink)
      try visit([rowCount - rows..<rowCount], &sink)
    }
    return sink
  }

  private func probeColumns(
    _ values: HDF5Dataset, _ indices: HDF5Dataset, _ sink: inout ProbeSink
  ) throws(StorageError) {
    let count = min(storedCount, 8192)
    for start in Set([0, (storedCount - count) / 2, storedCount - count]).sorted() {
      let stored: [Double] = try values.read(start..<start + count)
      let rows: [Int32] = try indices.read(start..<start + count)
      var column = (pointers.firstIndex { $0 > start } ?? 1) - 1
      for (offset, value) in stored.enumerated() {
        while start + offset >= Int(pointers[column + 1]) { column += 1 }
        if value != 0 { sink.add(Int(rows[offset]), column, value) }
      }
    }
  }
}

/// Counts values that are no counts.
private struct ProbeSink: RowSink {
  let matrix: StoredMatrix
  var seen = 0
  var bad = 0
  var example: StoredMatrix.Example?
  /// One that is not whole, yet a count.
  var rounded: StoredMatrix.Example?

  mutating func add(_ row: Int, _ column: Int, _ value: Double) {
    guard !matrix.leavesOut(column) else { return }
    seen += 1
    let count = value.asCount ?? (matrix.file.reading.rounds ? value.asRoundedCount : nil)
    if let count {
      if rounded == nil, Double(count) != value {
        rounded = .init(row: row, column: column, value: value)
      }
      return
    }
    bad += 1
    example = example ?? .init(row: row, column: column, value: value)
  }

  mutating func add<Value: StoredValue>(
    row: Int, columns: UnsafeBufferPointer<Int32>, values: UnsafeBufferPointer<Value>
  ) throws(StorageError) {
    for position in values.indices where !values[position].isZero {
      add(row, Int(columns[position]), values[position].asDouble)
    }
  }
}
