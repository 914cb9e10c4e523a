import Foundation

/// One line about a regression's iterations.
struct RegressionResult: Codable {
  let name: String
  let rows: Int
  let genes: Int
  let nonZeros: Int
  /// Median seconds of an iteration.
  let seconds: Double
  /// Median seconds of its bare products, measured alternately with it.
  let floor: Double
  /// The median of the single ratios.
  let ratio: Double
  /// Nanoseconds per row and gene.
  let nanoseconds: Double
  /// The most memory that the process has held so far.
  let peakBytes: Int
  /// Rows × genes in double precision: what is never there.
  let denseBytes: Int

  static func table(_ results: [RegressionResult], _ clock: BenchClock) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    func line(_ values: [String]) -> String {
      padded(values[0], 26) + values.dropFirst().map { padded($0, 11) }.joined()
    }
    var lines = [
      clock.processorTime ? "processor time" : "elapsed time",
      line([
        "", "rows", "genes", "non-zero", "ms", "floor", "ratio", "ns", "peak MB", "dense MB",
      ]),
    ]
    for result in results {
      let cells = Double(result.rows) * Double(result.genes)
      lines.append(
        line([
          result.name, "\(result.rows)", "\(result.genes)",
          String(format: "%.1f %%", 100 * Double(result.nonZeros) / cells),
          String(format: "%.1f", result.seconds * 1e3), String(format: "%.1f", result.floor * 1e3),
          String(format: "%.2f", result.ratio), String(format: "%.2f", result.nanoseconds),
          "\(result.peakBytes / 1_000_000)", "\(result.denseBytes / 1_000_000)",
        ]))
    }
    lines.append("ns: of a row and gene; dense: rows × genes in double precision")
    return lines.joined(separator: "\n")
  }
}
