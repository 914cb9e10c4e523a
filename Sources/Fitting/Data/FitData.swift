public import Collectives
public import Modeling
public import Storage
import Sums

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
  /// The rows of this rank's lanes outside of memory, where they were to be kept there.
  private let storedRows: [(rows: Range<Int>, counts: StoredCounts)]
  /// Where the values were: `X`, or `rna: X, atac: layers/counts` of several modalities.
  public let source: String
  /// Where the rows are, if not in memory.
  public let store: (any ByteStore)?
  /// Remarks for the log: which matrix was chosen, genes without counts ….
  public let notes: [String]

  /// Reads the rows of this rank's lanes, and what everyone needs to know.
  ///
  /// Collective.
  /// - Parameter laneCount: lanes for so many rows.
  /// - Throws: `CollectiveFailure` with one line on what is wrong with the file, the same on every rank.
  public init(
    of data: DataSource, as request: DataRequest, laneCount: (_ rowCount: Int) -> Int,
    with world: borrowing Communicator
  ) throws(CollectiveFailure) {
    let decoders = world.defaultThreadCount()
    let opened = try world.agree(on: "open \(data.path)") {
      try OpenedData(data, request, decoderCount: decoders)
    }
    let plan = LanePlan(
      rowCount: opened.rows.count, laneCount: max(1, laneCount(opened.rows.count)))
    let lanes = plan.lanes(ofRank: world.rank, of: world.size)
    let nodeSize = request.scratch == nil ? 1 : world.splitByNode().size
    var (read, store) = try world.agree(on: "read \(data.path)") {
      let own = lanes.map(plan.rows(ofLane:))
      let store = try request.scratch.map {
        // Ranks of a node share its disk.
        try ScratchFile(in: $0, needing: nodeSize * opened.leastStoredBytes(own))
      }
      let read = try opened.modalities.map { try $0.read(own, request.kind, store) }
      if let failure = store?.failure { throw failure }
      return (read, store)
    }
    for index in read.indices { read[index].statistics?.sum(with: world) }
    let content = world.sum(read.map(\.content.value)).map(ContentSum.init(sumOfRanks:))
    let (summary, warnings) = try world.agree(on: "check \(data.path)") {
      try opened.summary(read.map(\.statistics), content)
    }
    self.summary = summary
    self.plan = plan
    self.lanes = lanes
    let isStored = store != nil
    rows =
      isStored
      ? []
      : lanes.enumerated().map { index, lane in
        RowData(rows: plan.rows(ofLane: lane), matrices: read.map { $0.matrices[index] })
      }
    storedRows =
      isStored ? zip(lanes, read[0].stored).map { (plan.rows(ofLane: $0), $1) } : []
    source = opened.source
    self.store = store
    notes = opened.notes + warnings
  }

  /// The lanes of a model of these data, in memory or not.
  ///
  /// Local.
  /// - Throws: `ModelError` where a row cannot be modelled.
  public func lanes<Fitted: Model>(of model: Fitted) throws -> [Fitted.Lane] {
    try rows.map(model.lane(from:))
      + storedRows.map { try model.lane(rows: $0.rows, from: $0.counts) }
  }

  /// How large they are, for the log.
  var sizeText: String {
    let rows = "\(summary.rowCount) cells"
    let kind = summary.modalities[0].name.isEmpty ? "" : " of \(summary.modalities[0].name)"
    guard summary.modalities.count > 1 else {
      return
        "\(rows), \(summary.columnCount) genes\(kind), \(summary.nonZeroCount) non-zeros in \(source)"
    }
    let parts = summary.modalities.map { modality in
      let count = modality.presence.isEmpty ? summary.rowCount : modality.presence.count { $0 }
      let nonZeros = modality.columnNonZeros.reduce(0, +)
      return
        "\(modality.name) \(count) cells × \(modality.columns.count) features, \(nonZeros) non-zeros"
    }
    return "\(rows): \(parts.joined(separator: "; ")) (\(source))"
  }
}
