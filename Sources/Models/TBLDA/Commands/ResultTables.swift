import Collectives
import Commands
import Concurrency
import Foundation
import Storage

/// Nine significant digits.
func digits(_ value: Double) -> String { String(format: "%.9g", value) }

/// A probability from its logarithm, also below the smallest number: `3.1e-412`.
func probabilityText(log value: Double) -> String {
  if value.isNaN { return "nan" }
  if value > -690 { return String(format: "%.9g", exp(value)) }
  guard value.isFinite else { return "0" }
  let decimal = value / log(10)
  let exponent = decimal.rounded(.down)
  return String(format: "%.6fe%d", pow(10, decimal - exponent), Int(exponent))
}

extension Report.Value {
  /// A number that a person reads with nine significant digits.
  static func digits(_ value: Double) -> Report.Value {
    .number(value, String(format: "%.9g", value))
  }
}

extension Console {
  /// Shows a table, or writes it into the file that was asked for.
  func show(_ rows: [[Report.Value]], columns: [String], or file: OptionalFile) throws {
    guard let path = file.path else {
      var report = Report()
      report.addTable("rows", columns: columns, rows: rows)
      return show(report)
    }
    let writer = try TableWriter(path, header: columns, overwrite: file.overwrite)
    for row in rows { try writer.append(row.map(\.words)) }
    try writer.finish()
  }
}

extension Workers {
  /// As many threads as were asked for, or as this process has cores.
  static func local(_ threadCount: Int?) -> Workers {
    Workers(threadCount: threadCount ?? Launcher.coreCount)
  }
}
