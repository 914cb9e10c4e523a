import Concurrency
import Foundation
import Modeling
import Models
import Probability
import Sums

/// Cells of any number, made straight into compressed counts from keyed random numbers: the counts of a droplet
/// experiment in their density and sizes, without structure.
struct BenchCells {
  let rowCount: Int
  let geneCount: Int
  let density: Double

  /// What everyone knows about the data.
  var summary: DataSummary {
    let nothing = [Double](repeating: 0, count: geneCount)
    return DataSummary(
      rows: Table(names: Array(repeating: "", count: rowCount)),
      columns: Table(names: Array(repeating: "", count: geneCount)), columnTotals: nothing,
      columnMaxima: nothing, columnNonZeros: nothing.map { Int($0) }, fingerprint: "benchmark")
  }

  /// The rows of each lane.
  func lanes(_ laneCount: Int, on workers: Workers) -> [RowData] {
    let plan = LanePlan(rowCount: rowCount, laneCount: laneCount)
    var lanes = [RowData?](repeating: nil, count: laneCount)
    lanes.withUnsafeMutableBufferPointer { lanes in
      nonisolated(unsafe) let lanes = lanes
      workers.perform(laneCount) { lane in
        let rows = plan.rows(ofLane: lane)
        lanes[lane] = RowData(rows: rows, matrix: .counts(counts(rows)))
      }
    }
    return lanes.compactMap { $0 }
  }

  /// The rows of one lane.
  func lane(_ lane: Int, of laneCount: Int) -> RowData {
    let rows = LanePlan(rowCount: rowCount, laneCount: laneCount).rows(ofLane: lane)
    return RowData(rows: rows, matrix: .counts(counts(rows)))
  }

  private func counts(_ rows: Range<Int>) -> CompressedCounts {
    var builder = CompressedCounts.Builder(columnCount: geneCount)
    builder.reserve(
      rows: rows.count, nonZeros: Int(Double(rows.count * geneCount) * density * 1.01))
    let rate = 1 / log1p(-density)
    for row in rows {
      var stream = RandomSource(seed: 1).stream("benchmark cell", index: row)
      var columns: [Int32] = []
      var values: [UInt32] = []
      // Steps from one non-zero to the next are geometric.
      var gene = Int(log(stream.uniformOpen()) * rate)
      while gene < geneCount {
        columns.append(Int32(gene))
        values.append(UInt32(min(1 / stream.uniformOpen(), 300)))
        gene += 1 + Int(log(stream.uniformOpen()) * rate)
      }
      do {
        try builder.appendRow(columns: columns, values: values)
      } catch {
        preconditionFailure("the benchmark's own cell cannot be compressed: \(error)")
      }
    }
    return builder.build()
  }
}

/// A team of one that counts what would be sent.
struct CountingTeam: Team {
  final class Counter {
    var messages = 0
    var bytes = 0
    /// Of the last message.
    var lastBytes = 0

    func count(_ size: Int) {
      messages += 1
      bytes += size
      lastBytes = size
    }
  }

  let counter = Counter()

  func addUp(_ integers: UnsafeMutableBufferPointer<Int64>) {
    counter.count(integers.count * MemoryLayout<Int64>.stride)
  }

  func maximum(_ values: inout [Double]) {
    counter.count(values.count * MemoryLayout<Int64>.stride)
  }
}
