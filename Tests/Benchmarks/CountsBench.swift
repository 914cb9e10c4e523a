import Modeling
import Networks

/// How much memory compressed counts take.
enum CountsBench {
  /// Bytes per non-zero of the problem's minibatch, row pointers included.
  static func bytesPerNonZero(_ problem: BenchProblem) -> Double {
    var builder = CompressedCounts.Builder(columnCount: problem.genes)
    let values = problem.batch.values
    for row in 0..<problem.rows {
      let entries = values.entries(ofRow: row)
      do throws(CompressedCounts.RowError) {
        try builder.appendRow(
          columns: values.columns[entries], values: values.values[entries].map { UInt32($0) })
      } catch {
        preconditionFailure("the benchmark's own row cannot be compressed: \(error)")
      }
    }
    let counts = builder.build()
    return Double(counts.byteCount) / Double(max(counts.nonZeroCount, 1))
  }
}
