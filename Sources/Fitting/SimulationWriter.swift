public import Collectives
public import Concurrency
public import Modeling
import Storage

/// Writes rows that are made on the fly, each rank its share: simulated data, samples of a fit.
public struct SimulationWriter {
  /// The file to write.
  public let path: String
  /// Whether it may be replaced.
  public let overwrite: Bool

  /// A writer to a path.
  public init(path: String, overwrite: Bool) {
    self.path = path
    self.overwrite = overwrite
  }

  /// Makes and writes the rows.
  ///
  /// Collective; the bytes of the file do not depend on ranks and threads.
  /// - Parameters:
  ///   - make: rows of a range, depending on the row numbers only.
  /// - Throws: `CollectiveFailure` where the file cannot be written.
  public func write(
    rowCount: Int, columns: Table, columnMatrices: [NamedMatrix] = [], kind: ValueKind = .counts,
    uns: StoredTree, on workers: Workers,
    with world: borrowing Communicator, make: @escaping @Sendable (Range<Int>) -> SimulatedRows
  ) throws(CollectiveFailure) {
    try world.requireOutputs([path], inputs: [], overwrite: overwrite)
    let share = Share(rowCount, columnCount: columns.count, world, on: workers, make)
    let names = share.names(with: world)
    let columnsOfRows = RowColumns.gathered(share.outputs, with: world)
    let writer = try world.agree(on: "create \(path)") {
      try AnnDataWriter(path, overwrite: overwrite, rank: world.rank)
    }
    if world.isRoot { writer.write(rows: Table(names: names, columns: columnsOfRows)) }
    writer.write(columns: columns)
    switch kind {
    case .counts:
      writer.writeCounts(
        "X", rowCount: rowCount, columnCount: columns.count, lanes: share.lanesOfCounts,
        with: world)
    case .reals:
      share.write(share.rows.flatMap(\.reals), width: columns.count, at: "X", writer, with: world)
    }
    for matrix in columnMatrices {
      writer.write(
        matrix.elements, shape: [columns.count, matrix.width], at: "varm/\(matrix.name)")
    }
    for (index, matrix) in RowColumns.shapes(share.outputs, with: world).enumerated() {
      share.write(
        share.outputs.flatMap { $0.matrices[index].elements }, width: matrix.width,
        at: "obsm/\(matrix.name)", writer, with: world)
    }
    writer.write(uns, at: "uns/distfit")
    try world.agree(on: "write \(path)") { try writer.finish() }
  }
}

/// The rows that one rank makes.
private struct Share {
  let plan: LanePlan
  let lanes: [Int]
  let ownRows: Range<Int>
  /// The rows of each lane, their counts taken out.
  let rows: [SimulatedRows]
  let counts: [CompressedCounts]
  /// What is known of the rows beside their values, lane by lane.
  let outputs: [RowOutput]

  /// Makes this rank's rows, a lane at a time on each thread.
  init(
    _ rowCount: Int, columnCount: Int, _ world: borrowing Communicator, on workers: Workers,
    _ make: @escaping @Sendable (Range<Int>) -> SimulatedRows
  ) {
    let plan = LanePlan(rowCount: rowCount, laneCount: max(1, min(rowCount, 256)))
    let lanes = Array(plan.lanes(ofRank: world.rank, of: world.size))
    var made = [SimulatedRows?](repeating: nil, count: lanes.count)
    var counts = [CompressedCounts?](repeating: nil, count: lanes.count)
    made.withUnsafeMutableBufferPointer { made in
      counts.withUnsafeMutableBufferPointer { counts in
        nonisolated(unsafe) let (made, counts) = (made, counts)
        workers.perform(lanes.count) { index in
          var rows = make(plan.rows(ofLane: lanes[index]))
          var builder = CompressedCounts.Builder(columnCount: columnCount)
          for (columns, values) in zip(rows.columnIndices, rows.counts) {
            guard (try? builder.appendRow(columns: columns, values: values)) != nil else {
              preconditionFailure("a simulator made a row with wrong columns")
            }
          }
          rows.columnIndices = []
          rows.counts = []
          counts[index] = builder.build()
          made[index] = rows
        }
      }
    }
    self.plan = plan
    self.lanes = lanes
    ownRows = plan.rows(ofRank: world.rank, of: world.size)
    rows = made.compactMap { $0 }
    self.counts = counts.compactMap { $0 }
    outputs = rows.map { RowOutput(columns: $0.table.columns, matrices: $0.matrices) }
  }

  /// The lanes' rows with their counts.
  var lanesOfCounts: [(rows: Range<Int>, counts: CompressedCounts)] {
    zip(lanes, counts).map { (plan.rows(ofLane: $0), $1) }
  }

  /// The names of everyone's rows at rank 0, of its own elsewhere.
  ///
  /// Collective.
  func names(with world: borrowing Communicator) -> [String] {
    let names = rows.flatMap(\.table.names)
    guard let all = world.gather(names.joined(separator: "\n")) else { return names }
    return all.filter { !$0.isEmpty }.flatMap { $0.split(separator: "\n").map(String.init) }
  }

  /// Writes a dense matrix of everyone's rows.
  ///
  /// Collective.
  func write(
    _ values: [Float], width: Int, at place: String, _ writer: AnnDataWriter,
    with world: borrowing Communicator
  ) {
    writer.writeRows(
      place, rowCount: plan.rowCount, width: width, ownRows: ownRows.isEmpty ? [] : [ownRows],
      with: world
    ) { range in
      let start = (range.lowerBound - ownRows.lowerBound) * width
      return Array(values[start..<start + range.count * width])
    }
  }
}

extension Communicator {
  /// Everyone's texts at rank 0; nil elsewhere.
  fileprivate borrowing func gather(_ text: String) -> [String]? { gather(text, at: 0) }
}
