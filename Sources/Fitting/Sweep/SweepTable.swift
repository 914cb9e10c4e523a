import Foundation
import Modeling
import Storage

/// One line for each point of a sweep.
public struct SweepTable: Sendable {
  /// The names of the columns.
  public let header: [String]
  /// As many texts as columns, for each point in the order of the plan.
  public let rows: [[String]]

  /// A table of these texts.
  package init(header: [String], rows: [[String]]) {
    self.header = header
    self.rows = rows
  }

  /// Reads a sweep's folder: what is there now, also while the sweep goes on.
  ///
  /// Columns: point, the settings that vary, status (`done`, `failed`, `running`, `left`), attempts, seconds,
  /// ranks, the measures of the fits, message. Numbers that a point does not have are empty.
  ///
  /// - Throws: `SweepError` where points of the folder have other settings.
  public init(_ points: [SweepPoint], in folder: SweepFolder) throws(SweepError) {
    var reading = SweepReading(of: folder)
    var states: [SweepPointState] = []
    for point in points { states.append(try reading.state(of: point)) }
    var settings: [String] = []
    for name in points.flatMap(\.varied).map(\.name) where !settings.contains(name) {
      settings.append(name)
    }
    var measures: [String] = []
    for name in states.flatMap({ $0.verdict?.measures ?? [] }).map(\.name)
    where !measures.contains(name) {
      measures.append(name)
    }
    header =
      ["point"] + settings + ["status", "attempts", "seconds", "ranks"] + measures + ["message"]
    rows = zip(points, states).map { point, state in
      let outcome = state.verdict
      let status = outcome?.status.rawValue ?? (state.isRunning ? "running" : "left")
      var row = [point.name]
      row += settings.map { point.value(of: $0)?.description ?? "" }
      row += [status, String(state.attemptCount)]
      row += [outcome.map { String(format: "%.3f", $0.seconds) } ?? ""]
      row += [outcome.map { String($0.ranks) } ?? ""]
      row += measures.map { name in
        outcome?.measures.first { $0.name == name }.map { "\($0.value)" } ?? ""
      }
      row.append(outcome?.message ?? "")
      return row.map { $0.map { $0 == "\t" || $0 == "\n" ? " " : String($0) }.joined() }
    }
  }

  /// Tab-separated lines with a header.
  public var text: String {
    ([header] + rows).map { $0.joined(separator: "\t") + "\n" }.joined()
  }

  /// Writes the text under its name, all at once.
  ///
  /// - Throws: `SweepError` where the file cannot be written.
  public func write(to path: String) throws(SweepError) {
    do { try AtomicFile.write(text, to: path, overwrite: true) } catch {
      throw SweepError("\(error)")
    }
  }
}
