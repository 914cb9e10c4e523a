public import Collectives
import LinearAlgebra
public import Modeling
public import Storage

/// The data of a fit as one rank holds them: the summary that everyone has, and the rows of its own lanes.
public struct FitData: Sendable {
  /// Names, annotations, statistics of the columns.
  public let summary: DataSummary
  /// How rows are cut into lanes.
  public let plan: LanePlan
  /// This rank's lanes.
  public let lanes: Range<Int>
  /// The rows of this rank's lanes, lane by lane.
  public let rows: [RowData]
  /// Where the values were: `X`, `layers/counts` ….
  public let source: MatrixSource
  /// Remarks for the log: which matrix was chosen, genes without counts ….
  public let notes: [String]

  /// Reads the rows of this rank's lanes, and what everyone needs to know.
  ///
  /// Collective.
  /// - Parameters:
  ///   - modality: of a MuData file; nil: the only one.
  ///   - source: where the values are; nil: where counts usually are.
  ///   - columns: the columns of a fitted model, found by name and brought into its order; nil: all as they are.
  ///   - attachments: matrices of `obsm` and `varm` to be read as well.
  ///   - laneCount: lanes for so many rows.
  /// - Throws: `CollectiveFailure` with one line on what is wrong with the file, the same on every rank.
  public init(
    path: String, modality: String? = nil, source: MatrixSource?, kind: ValueKind,
    columns: [String]? = nil, attachments: Attachments = Attachments(),
    laneCount: (_ rowCount: Int) -> Int, with world: borrowing Communicator
  ) throws(CollectiveFailure) {
    let decoders = world.defaultThreadCount()
    let opened = try world.agree(on: "open \(path)") {
      try Self.open(
        path, modality, source, kind, columns: columns, attachments, decoderCount: decoders)
    }
    let plan = LanePlan(
      rowCount: opened.rows.count, laneCount: max(1, laneCount(opened.rows.count)))
    let lanes = plan.lanes(ofRank: world.rank, of: world.size)
    var read = try world.agree(on: "read \(path)") {
      try opened.read(lanes.map(plan.rows(ofLane:)), kind)
    }
    read.statistics?.sum(with: world)
    let (summary, warnings) = try world.agree(on: "check \(path)") {
      try opened.summary(read.statistics)
    }
    self.summary = summary
    self.plan = plan
    self.lanes = lanes
    rows = zip(lanes, read.matrices).map { RowData(rows: plan.rows(ofLane: $0), matrix: $1) }
    self.source = opened.matrix.source
    notes = opened.notes + warnings
  }

  private static func open(
    _ path: String, _ modality: String?, _ source: MatrixSource?, _ kind: ValueKind,
    columns wanted: [String]?, _ attachments: Attachments, decoderCount: Int
  ) throws -> OpenedData {
    var file = try AnnDataFile(path, modality: modality)
    file.decoderCount = decoderCount
    var notes: [String] = []
    let matrix: StoredMatrix
    switch kind {
    case .counts:
      let found = try CountSource.matrix(of: file, asked: source)
      matrix = found.matrix
      if let note = found.note { notes.append(note) }
    case .reals: matrix = try file.matrix(source ?? .main)
    }
    notes += matrix.warnings
    let rows = try file.rows(warnings: &notes)
    var columns = try file.columns(of: matrix.source, warnings: &notes)
    guard rows.count > 0 else {
      throw StorageError(file: path, place: "obs", problem: "has no cells")
    }
    guard columns.count > 0 else {
      throw StorageError(file: path, place: "var", problem: "has no genes")
    }
    let attached = try AttachedMatrices(
      attachments, of: file, rowCount: rows.count, columnCount: columns.count)
    var map = ColumnMap(identity: columns.count)
    if let wanted {
      map = ColumnMap(wanted, from: columns.names)
      if map.missing.count == wanted.count {
        throw StorageError(
          file: path, place: "var",
          problem:
            "has none of the \(wanted.count) genes of the fit (first: \(wanted.first ?? "")); are the names of the same kind (symbols, Ensembl)?"
        )
      }
      if let first = map.missing.first {
        notes.append(
          "\(path): \(map.missing.count) of the fit's \(wanted.count) genes are not in the file and count as zero (first: \(first))"
        )
      }
      let places = Dictionary(zip(columns.names, 0...), uniquingKeysWith: { first, _ in first })
      let found = wanted.compactMap { places[$0] }
      columns = found.count == wanted.count ? columns.selecting(found) : Table(names: wanted)
    }
    return OpenedData(
      file: file, matrix: matrix, rows: rows, columns: columns, map: map, notes: notes,
      attached: attached)
  }
}

/// An open file: what every rank reads for itself.
private struct OpenedData {
  let file: AnnDataFile
  let matrix: StoredMatrix
  let rows: Table
  let columns: Table
  let map: ColumnMap
  let notes: [String]
  let attached: AttachedMatrices

  func read(
    _ lanes: [Range<Int>], _ kind: ValueKind
  ) throws -> (matrices: [RowMatrix], statistics: ColumnStatistics?) {
    switch kind {
    case .counts:
      let (counts, statistics) = try matrix.counts(ofLanes: lanes, map: map)
      return (counts.map { .counts($0) }, statistics)
    case .reals:
      // All lanes of the rank at once: a compressed text is read from its beginning every time.
      let first = lanes.first?.lowerBound ?? 0
      let values = try matrix.reals(in: first..<(lanes.last?.upperBound ?? first), map: map)
      return (
        lanes.map { lane in
          .reals(
            Matrix(
              rowCount: lane.count, columnCount: columns.count,
              elements: Array(
                values[
                  (lane.lowerBound - first) * columns.count..<(lane.upperBound - first)
                    * columns.count])))
        }, nil
      )
    }
  }

  func summary(_ statistics: ColumnStatistics?) throws -> (DataSummary, [String]) {
    if let statistics {
      var (summary, warnings) = try matrix.summary(
        rows: rows, columns: columns, statistics: statistics)
      attached.add(to: &summary)
      return (summary, warnings)
    }
    var fingerprint = Fingerprint()
    fingerprint.add(matrix.source.description)
    for name in rows.names + columns.names { fingerprint.add(name) }
    let nothing = [Double](repeating: 0, count: columns.count)
    var summary = DataSummary(
      rows: rows, columns: columns, columnTotals: nothing, columnMaxima: nothing,
      columnNonZeros: columns.names.map { _ in 0 }, fingerprint: fingerprint.description)
    attached.add(to: &summary)
    return (summary, [])
  }
}
