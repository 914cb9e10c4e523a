public import Collectives
public import LinearAlgebra
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
    let plan = LanePlan(rowCount: rowCount, laneCount: max(1, min(rowCount, 256)))
    let lanes = Array(plan.lanes(ofRank: world.rank, of: world.size))
    var made = [SimulatedRows?](repeating: nil, count: lanes.count)
    var counts = [CompressedCounts?](repeating: nil, count: lanes.count)
    made.withUnsafeMutableBufferPointer { made in
      counts.withUnsafeMutableBufferPointer { counts in
        nonisolated(unsafe) let (made, counts) = (made, counts)
        workers.perform(lanes.count) { index in
          var rows = make(plan.rows(ofLane: lanes[index]))
          var builder = CompressedCounts.Builder(columnCount: columns.count)
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
    let rows = made.compactMap { $0 }
    let outputs = rows.map { RowOutput(columns: $0.table.columns, matrices: $0.matrices) }
    let ownRows = plan.rows(ofRank: world.rank, of: world.size)
    let columnsOfRows = RowColumns.gathered(outputs, with: world)
    var names = rows.flatMap(\.table.names)
    if let all = world.gather(names.joined(separator: "\n")) {
      names = all.filter { !$0.isEmpty }.flatMap { $0.split(separator: "\n").map(String.init) }
    }
    let writer = try world.agree(on: "create \(path)") {
      try AnnDataWriter(path, overwrite: overwrite, rank: world.rank)
    }
    if world.isRoot { writer.write(rows: Table(names: names, columns: columnsOfRows)) }
    writer.write(columns: columns)
    func writeDense(_ place: String, width: Int, _ values: [Float]) {
      writer.writeRows(
        place, rowCount: rowCount, width: width, ownRows: ownRows.isEmpty ? [] : [ownRows],
        with: world
      ) { range in
        let start = (range.lowerBound - ownRows.lowerBound) * width
        return Array(values[start..<start + range.count * width])
      }
    }
    switch kind {
    case .counts:
      writer.writeCounts(
        "X", rowCount: rowCount, columnCount: columns.count,
        lanes: zip(lanes, counts.compactMap { $0 }).map { (plan.rows(ofLane: $0), $1) },
        with: world)
    case .reals: writeDense("X", width: columns.count, rows.flatMap(\.reals))
    }
    for matrix in columnMatrices {
      writer.write(
        matrix.elements, shape: [columns.count, matrix.width], at: "varm/\(matrix.name)")
    }
    for (index, matrix) in RowColumns.shapes(outputs, with: world).enumerated() {
      writeDense(
        "obsm/\(matrix.name)", width: matrix.width, outputs.flatMap { $0.matrices[index].elements })
    }
    writer.write(uns, at: "uns/distfit")
    try world.agree(on: "write \(path)") { try writer.finish() }
  }
}

extension Communicator {
  /// Everyone's texts at rank 0; nil elsewhere.
  fileprivate borrowing func gather(_ text: String) -> [String]? { gather(text, at: 0) }
}
