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
  /// The same outside of memory, where they were to be kept there.
  private let storedRows: [(rows: Range<Int>, counts: StoredCounts)]
  /// Where the values were: `X`, `layers/counts` ….
  public let source: MatrixSource
  /// Where the rows are, if not in memory.
  public let store: (any ByteStore)?
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
  ///   - scratch: the folder of a file in which counts are kept; nil: in memory.
  ///   - laneCount: lanes for so many rows.
  /// - Throws: `CollectiveFailure` with one line on what is wrong with the file, the same on every rank.
  public init(
    path: String, modality: String? = nil, source: MatrixSource?, kind: ValueKind,
    columns: [String]? = nil, attachments: Attachments = Attachments(),
    scratch: String? = nil,
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
    let nodeSize = scratch == nil ? 1 : world.splitByNode().size
    var (read, store) = try world.agree(on: "read \(path)") {
      let own = lanes.map(plan.rows(ofLane:))
      let store = try scratch.map {
        // Ranks of a node share its disk.
        try ScratchFile(in: $0, needing: nodeSize * opened.leastStoredBytes(own))
      }
      let read = try opened.read(own, kind, store)
      if let failure = store?.failure { throw failure }
      return (read, store)
    }
    read.statistics?.sum(with: world)
    let (summary, warnings) = try world.agree(on: "check \(path)") {
      try opened.summary(read.statistics)
    }
    self.summary = summary
    self.plan = plan
    self.lanes = lanes
    rows = zip(lanes, read.matrices).map { RowData(rows: plan.rows(ofLane: $0), matrix: $1) }
    storedRows = zip(lanes, read.stored).map { (plan.rows(ofLane: $0), $1) }
    self.source = opened.matrix.source
    self.store = store
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

extension FitData {
  /// The lanes of a model of these data, in memory or not.
  ///
  /// Local.
  /// - Throws: `ModelError` where a row cannot be modelled.
  public func lanes<Fitted: Model>(of model: Fitted) throws -> [Fitted.Lane] {
    try rows.map(model.lane(from:))
      + storedRows.map { try model.lane(rows: $0.rows, from: $0.counts) }
  }
}

/// Rows as they were read, lane by lane: in memory or outside, and what was seen of counts.
private struct ReadRows {
  var matrices: [RowMatrix] = []
  var stored: [StoredCounts] = []
  var statistics: ColumnStatistics?
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

  /// What the counts of these lanes take at the least, where the file says how many there are.
  func leastStoredBytes(_ lanes: [Range<Int>]) -> Int {
    guard matrix.layout != .dense, matrix.rowCount > 0 else { return 0 }
    let rows = lanes.reduce(0) { $0 + $1.count }
    let share = Double(columns.count) / Double(max(1, matrix.columnCount))
    let entries = Double(matrix.storedCount) * Double(rows) / Double(matrix.rowCount)
    return Int(2 * entries * share)
  }

  func read(_ lanes: [Range<Int>], _ kind: ValueKind, _ store: (any ByteStore)?) throws -> ReadRows
  {
    switch kind {
    case .counts:
      if let store {
        let (stored, statistics) = try matrix.counts(ofLanes: lanes, map: map) {
          StoredCounts($0, in: store)
        }
        return ReadRows(stored: stored, statistics: statistics)
      }
      let (counts, statistics) = try matrix.counts(ofLanes: lanes, map: map)
      return ReadRows(matrices: counts.map { .counts($0) }, statistics: statistics)
    case .reals:
      // All lanes of the rank at once: a compressed text is read from its beginning every time.
      let first = lanes.first?.lowerBound ?? 0
      let values = try matrix.reals(in: first..<(lanes.last?.upperBound ?? first), map: map)
      return ReadRows(
        matrices: lanes.map { lane in
          .reals(
            Matrix(
              rowCount: lane.count, columnCount: columns.count,
              elements: Array(
                values[
                  (lane.lowerBound - first) * columns.count..<(lane.upperBound - first)
                    * columns.count])))
        })
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
